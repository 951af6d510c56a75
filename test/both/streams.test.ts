/** Seed, stream, call and window: what changes a mask, what does not, and how the backward pass finds it again. */

import { describe, expect, test } from 'vitest'
import { backends } from '#backends'
import { useSession } from '../support/backends'
import { expectSameBits, floats } from '../support/compare'
import { input } from '../support/inputs'
import { type Draw, judgeDropout, judgeFlags } from '../support/judge'
import { unpacked } from '../support/unpacked'

const draw = { shape: [300], rate: 0.5, seed: 7, stream: 1, step: 3 }

describe.each(backends)('$name', (backend) => {
  const session = useSession(backend)

  test('the same seed, stream and step give the same mask again', async () => {
    expectSameBits(await session().mask(draw), await session().mask(draw), { packed: true })
  })

  test.each<{ name: string; change: Partial<Draw> }>([
    { name: 'the next seed', change: { seed: 8 } },
    { name: 'the high word of the seed', change: { seed: 7 + 2 ** 32 } },
    { name: 'the top bit of the seed', change: { seed: 7n + 2n ** 63n } },
    { name: 'the next stream', change: { stream: 2 } },
    { name: 'the top bit of the stream', change: { stream: 1 + 2 ** 31 } },
    { name: 'the next call', change: { step: 4 } },
    { name: 'the high word of the call', change: { step: 3 + 2 ** 32 } },
    { name: 'the top bit of the call', change: { step: 3n + 2n ** 63n } },
    { name: 'the next window', change: { cellOffset: 300 } },
    { name: 'a window 2^32 cells further', change: { cellOffset: 2 ** 32 } },
    { name: 'a window 2^39 cells further', change: { cellOffset: 2 ** 39 } },
  ])('$name gives another mask, with about half of the flags changed', async ({ change }) => {
    const before = unpacked(await session().mask(draw), 300)
    const after = unpacked(await session().mask({ ...draw, ...change }), 300)
    const changed = after.filter((flag, i) => flag !== before[i]).length
    expect(changed).toBeGreaterThan(100)
    expect(changed).toBeLessThan(200)
  })

  test('a number and a bigint of the same value are the same seed and the same step', async () => {
    const numbers = await session().mask({ ...draw, seed: 2 ** 53 - 1, step: 2 ** 40 })
    const bigints = await session().mask({ ...draw, seed: 2n ** 53n - 1n, step: 2n ** 40n })
    expectSameBits(numbers, bigints, { packed: true })
  })

  test('stream, step and cellOffset default to 0', async () => {
    const short = await session().mask({ shape: [300], rate: 0.5, seed: 7 })
    const long = await session().mask({ shape: [300], rate: 0.5, seed: 7, stream: 0, step: 0, cellOffset: 0 })
    expectSameBits(short, long, { packed: true })
  })

  test.each([1, 5, 31, 32, 33, 100, 127, 128, 129, 512, 777])(
    'a window that starts at cell %i is that slice of the whole mask',
    async (start) => {
      const whole = unpacked(await session().mask({ ...draw, shape: [1200], rate: 0.3 }), 1200)
      const window = await session().mask({ ...draw, shape: [300], rate: 0.3, cellOffset: start })
      expect(unpacked(window, 300)).toEqual(whole.slice(start, start + 300))
    },
  )

  test('shards of a batch give the slices of the whole batch', async () => {
    const whole = { ...draw, shape: [8, 5, 9], noiseShape: [8, 1, 9] }
    const x = input(whole.shape, 4)
    const y = judgeDropout(x, whole)
    for (const shard of [0, 1, 2, 3]) {
      const part = { ...draw, shape: [2, 5, 9], noiseShape: [2, 1, 9], cellOffset: 18 * shard }
      const got = await session().dropout(floats(x.slice(90 * shard, 90 * shard + 90)), part)
      expectSameBits(got, y.subarray(90 * shard, 90 * shard + 90), {
        shape: part.shape,
        what: `shard ${shard}`,
      })
    }
  })

  test('the last cells below 2^53 can be drawn', async () => {
    const last = { ...draw, shape: [200], cellOffset: 2 ** 53 - 1 - 200 }
    expect([...unpacked(await session().mask(last), 200)]).toEqual([...judgeFlags(last)])
  })

  test('the gradient of a dropout is the dropout of the gradient', async () => {
    // For y = dropout(x), dy/dx is the scale where x was kept and 0 elsewhere: what the op makes of ones.
    const dy = input([300], 9)
    const dx = await session().dropout(floats(dy), draw)
    const derivative = await session().dropout(new Float32Array(300).fill(1), draw)
    const expected = Float32Array.from(floats(dy), (value, i) => (derivative[i] ? value * derivative[i] : 0))
    expectSameBits(dx, expected)
  })

  describe('overlapping calls', () => {
    test('each of several overlapping calls gets its own result', async () => {
      const draws = [0, 1, 2, 3, 4, 5].map((step): Draw => {
        const length = 50 + 333 * step
        return step % 2 === 0
          ? { ...draw, shape: [length], step, rate: 0.1 + step / 10 }
          : { ...draw, shape: [3, length], noiseShape: [3, 1], step }
      })
      const inputs = draws.map(({ shape, step }) => input(shape, Number(step), 'rare'))
      const results = await Promise.all(draws.map((each, i) => session().dropout(floats(inputs[i]), each)))
      const masks = await Promise.all(draws.map((each) => session().mask(each)))
      draws.forEach((each, i) => {
        expectSameBits(results[i], judgeDropout(inputs[i], each), { shape: each.shape, what: `step ${i}` })
        const flags = judgeFlags(each)
        expect(unpacked(masks[i], flags.length), `mask of step ${i}`).toEqual(flags)
      })
    })
  })
})
