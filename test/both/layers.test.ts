/** The noise shapes that the documentation shows, with the counts a reader can work out by hand. */

import { describe, expect, test } from 'vitest'
import { backends } from '#backends'
import { type Session, type Spatial, useSession } from '../support/backends'
import { expectSameBits, floats, patterns } from '../support/compare'
import { input } from '../support/inputs'
import { type Draw, judgeDropout, judgeFlags, type NoiseShape } from '../support/judge'

describe.each(backends)('$name', (backend) => {
  const session = useSession(backend)

  test('plain dropout of [2, 2, 2] flips 8 coins: any count from 0 to 8 is zeroed', async () => {
    const zeroed = await zeroedCounts(session(), undefined, 300)
    expect([...zeroed.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(zeroed.get(4)).toBeGreaterThan(zeroed.get(0) as number)
  })

  test('noise shape [1, 2, 2] flips 4 coins: 0, 2, 4, 6 or 8 elements are zeroed, never 1 or 5', async () => {
    const zeroed = await zeroedCounts(session(), [1, 2, 2], 150)
    expect([...zeroed.keys()].sort()).toEqual([0, 2, 4, 6, 8])
  })

  test('noise shape [2, 1, 1] flips 2 coins: 0, 4 or 8 elements are zeroed', async () => {
    const zeroed = await zeroedCounts(session(), [2, 1, 1], 50)
    expect([...zeroed.keys()].sort()).toEqual([0, 4, 8])
  })

  test('noise shape [k, 1, 1, n] keeps or drops each [l, m] map as a whole', async () => {
    const [k, l, m, n] = [6, 5, 4, 7]
    const y = await session().dropout(new Float32Array(k * l * m * n).fill(1), {
      shape: [k, l, m, n],
      noiseShape: [k, 1, 1, n],
      rate: 0.5,
      seed: 3,
    })
    let dropped = 0
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < n; j++) {
        const map = Array.from({ length: l * m }, (_, position) => y[(i * l * m + position) * n + j])
        expect(new Set(map).size, `map of example ${i}, channel ${j}`).toBe(1)
        expect([0, 2]).toContain(map[0])
        if (map[0] === 0) dropped++
      }
    }
    expect(dropped).toBeGreaterThan(0)
    expect(dropped).toBeLessThan(k * n)
  })

  test('one mask for the whole batch: noise shape [1, features] treats every row alike', async () => {
    const draw = { shape: [9, 40], noiseShape: [1, null], rate: 0.5, seed: 12 }
    const y = await session().dropout(new Float32Array(360).fill(1), draw)
    const [first, ...others] = Array.from({ length: 9 }, (_, row) => [...y.subarray(40 * row, 40 * row + 40)])
    for (const row of others) expect(row).toEqual(first)
    expect(new Set(first)).toEqual(new Set([0, 2]))
  })

  test('DropPath: noise shape [b, 1, 1] keeps or drops whole examples', async () => {
    const draw = { shape: [40, 3, 5], noiseShape: [null, 1, 1], rate: 0.25, seed: 8 }
    const y = await session().dropout(new Float32Array(600).fill(3), draw)
    const examples = Array.from({ length: 40 }, (_, b) => new Set(y.subarray(15 * b, 15 * b + 15)))
    for (const values of examples) expect(values.size).toBe(1)
    expect(new Set(examples.flatMap((values) => [...values]))).toEqual(new Set([0, 4]))
  })

  test('all elements of a noise cell share its flag, and each cell has its own', async () => {
    const draw = { shape: [4, 6, 5, 8], noiseShape: [1, 6, 1, 8], rate: 0.4, seed: 99 }
    const y = await session().dropout(new Float32Array(960).fill(1), draw)
    const flags = judgeFlags(draw)
    y.forEach((value, element) => {
      const cell = (Math.floor(element / 40) % 6) * 8 + (element % 8)
      expect(value > 0, `element ${element}`).toBe(flags[cell] === 1)
    })
  })

  if (backend.makesArrays) spatialLayers(session)
})

function spatialLayers(session: () => Session): void {
  describe('spatial layers', () => {
    const SPATIAL = [
      { layer: 'spatialDropout1D', shape: [3, 5, 7], format: undefined, noiseShape: [3, 1, 7] },
      { layer: 'spatialDropout1D', shape: [3, 5, 7], format: 'channelsLast', noiseShape: [3, 1, 7] },
      { layer: 'spatialDropout1D', shape: [3, 7, 5], format: 'channelsFirst', noiseShape: [3, 7, 1] },
      { layer: 'spatialDropout2D', shape: [2, 4, 3, 6], format: undefined, noiseShape: [2, 1, 1, 6] },
      { layer: 'spatialDropout2D', shape: [2, 4, 3, 6], format: 'channelsLast', noiseShape: [2, 1, 1, 6] },
      { layer: 'spatialDropout2D', shape: [2, 6, 4, 3], format: 'channelsFirst', noiseShape: [2, 6, 1, 1] },
      { layer: 'spatialDropout3D', shape: [2, 3, 2, 3, 5], format: undefined, noiseShape: [2, 1, 1, 1, 5] },
      {
        layer: 'spatialDropout3D',
        shape: [2, 3, 2, 3, 5],
        format: 'channelsLast',
        noiseShape: [2, 1, 1, 1, 5],
      },
      {
        layer: 'spatialDropout3D',
        shape: [2, 5, 3, 2, 3],
        format: 'channelsFirst',
        noiseShape: [2, 5, 1, 1, 1],
      },
    ] as const

    test.each(SPATIAL)(
      '$layer of $shape, $format, draws $noiseShape',
      async ({ layer, shape, format, noiseShape }) => {
        const x = input(shape, 5)
        const call = { rate: 0.4, seed: 21, stream: 4, step: 2n, cellOffset: 6 }
        const options: Spatial = { shape, ...call, dataFormat: format }
        const y = await arraysOf(session())[layer](floats(x), options)
        expectSameBits(y, judgeDropout(x, { shape, noiseShape, ...call }), { shape })
      },
    )

    test.each([
      { layer: 'spatialDropout1D', shape: [4, 3] },
      { layer: 'spatialDropout1D', shape: [4, 3, 2, 1] },
      { layer: 'spatialDropout2D', shape: [4, 3, 2] },
      { layer: 'spatialDropout3D', shape: [4, 3, 2, 1] },
    ] as const)('$layer refuses a tensor of shape $shape', async ({ layer, shape }) => {
      const x = new Float32Array(shape.reduce((a: number, b) => a * b, 1))
      const run = async () => arraysOf(session())[layer](x, { shape, rate: 0.5, seed: 1 })
      await expect(run()).rejects.toThrow(RangeError)
      await expect(run()).rejects.toThrow(/rank/)
    })
  })
}

/** How often each count of zeroed elements was seen on ones of shape [2, 2, 2], at rate 0.5 and over many seeds. */
async function zeroedCounts(session: Session, noiseShape: NoiseShape, seeds: number) {
  const counts = new Map<number, number>()
  for (let seed = 0; seed < seeds; seed++) {
    const draw: Draw = { shape: [2, 2, 2], noiseShape, rate: 0.5, seed }
    const y = await session.dropout(new Float32Array(8).fill(1), draw)
    const zeroed = patterns(y).filter((bits) => bits === 0).length
    counts.set(zeroed, (counts.get(zeroed) ?? 0) + 1)
    expect(
      patterns(y).every((bits) => bits === 0 || bits === 0x40000000),
      `seed ${seed}: ${y}`,
    ).toBe(true)
  }
  return counts
}

function arraysOf(session: Session) {
  if (!session.arrays) throw new Error('this backend has no spatial layers')
  return session.arrays
}
