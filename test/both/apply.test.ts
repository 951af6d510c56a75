/** What becomes of each kind of float32, kept and dropped, at ordinary and extreme rates. */

import { describe, expect, test } from 'vitest'
import { backends } from '#backends'
import { useSession } from '../support/backends'
import { expectSameBits, floats, patterns } from '../support/compare'
import { input, ODD_VALUES } from '../support/inputs'
import { judgeDropout, judgeFlags } from '../support/judge'

/** Enough copies of a value that some are kept and some dropped, alone and beside ordinary values. */
const COPIES = 64

/** Drawn with seed 42: the 32-bit numbers of these cells are 0 and 2^32 - 1 (found by trying 2^34 cells). */
const CELL_OF_ZERO = 5146326573
const CELL_OF_ALL_ONES = 12401829777

describe.each(backends)('$name', (backend) => {
  const session = useSession(backend)

  describe.each(ODD_VALUES)('$name', ({ bits, doubled }) => {
    test('kept at rate 0.5 it is doubled by the float32 rules, dropped it is +0', async () => {
      const draw = { shape: [COPIES], rate: 0.5, seed: 5 }
      const y = patterns(await session().dropout(floats(new Uint32Array(COPIES).fill(bits)), draw))
      const expected = Uint32Array.from(judgeFlags(draw), (kept) => (kept ? doubled : 0))
      expect(new Set(judgeFlags(draw))).toEqual(new Set([0, 1]))
      expectSameBits(y, expected, { shape: draw.shape })
    })

    test('a single one among ordinary values affects no other value', async () => {
      for (let place = 0; place < 9; place++) {
        const draw = { shape: [9], rate: 0.1, seed: place }
        const x = input([9], place)
        x[place] = bits
        expectSameBits(await session().dropout(floats(x), draw), judgeDropout(x, draw), { shape: [9] })
      }
    })

    test('rate 0 returns it unchanged', async () => {
      const x = new Uint32Array(9).fill(bits)
      expectSameBits(await session().dropout(floats(x), { shape: [9], rate: 0, seed: 5 }), x)
    })

    test('rate 1 makes it +0', async () => {
      const x = new Uint32Array(9).fill(bits)
      expectSameBits(await session().dropout(floats(x), { shape: [9], rate: 1, seed: 5 }), new Uint32Array(9))
    })

    test('a flag that it shares with others treats it alike', async () => {
      const draw = { shape: [8, 6], noiseShape: [8, 1], rate: 0.5, seed: 2 }
      const flags = judgeFlags(draw)
      const expected = Uint32Array.from({ length: 48 }, (_, i) => (flags[Math.floor(i / 6)] ? doubled : 0))
      const y = await session().dropout(floats(new Uint32Array(48).fill(bits)), draw)
      expectSameBits(y, expected, { shape: draw.shape })
    })
  })

  test('a value that stands in the same place of every four is found there', async () => {
    for (const { bits, doubled } of ODD_VALUES) {
      for (let place = 0; place < 4; place++) {
        const isOdd = (i: number) => i % 4 === place
        const x = Uint32Array.from({ length: 16 }, (_, i) => (isOdd(i) ? bits : 0x3f800000))
        const draw = { shape: [16], rate: 0.5, seed: place }
        const flags = judgeFlags(draw)
        const expected = x.map((_, i) => (flags[i] ? (isOdd(i) ? doubled : 0x40000000) : 0))
        expectSameBits(await session().dropout(floats(x), draw), expected, { what: `place ${place}` })
      }
    }
  })

  test('rate 2^-33 keeps every cell and, with scale 1, changes nothing but subnormals', async () => {
    const x = Uint32Array.from(ODD_VALUES, ({ bits }) => bits)
    const flushed = x.map((bits) => ((bits & 0x7f800000) === 0 ? bits & 0x80000000 : bits))
    const y = await session().dropout(floats(x), { shape: [x.length], rate: 2 ** -33, seed: 1 })
    expectSameBits(y, flushed)
  })

  test('rate 1 - 2^-33 drops every cell of a small tensor', async () => {
    const x = Uint32Array.from(ODD_VALUES, ({ bits }) => bits)
    const y = await session().dropout(floats(x), { shape: [x.length], rate: 1 - 2 ** -33, seed: 1 })
    expectSameBits(y, new Uint32Array(x.length))
  })

  test('a cell whose number is 0 is kept as long as anything is: at rate 1 - 2^-33, not at 1 - 2^-34', async () => {
    const draw = { shape: [3], seed: 42, cellOffset: CELL_OF_ZERO - 1 }
    const x = Float32Array.of(1, 1, 1)
    const barely = await session().dropout(x, { ...draw, rate: 1 - 2 ** -33 })
    expect([...barely]).toEqual([0, 2 ** 33, 0])
    expect([...(await session().mask({ ...draw, rate: 1 - 2 ** -33 }))]).toEqual([0b010])
    expect([...(await session().dropout(x, { ...draw, rate: 1 - 2 ** -34 }))]).toEqual([0, 0, 0])
    expect([...(await session().mask({ ...draw, rate: 1 - 2 ** -34 }))]).toEqual([0])
  })

  test('a cell whose number is 2^32 - 1 is dropped as soon as anything is: at rate 2^-32, not at 2^-33', async () => {
    const draw = { shape: [3], seed: 42, cellOffset: CELL_OF_ALL_ONES - 1 }
    const x = Float32Array.of(1, 1, 1)
    expect([...(await session().dropout(x, { ...draw, rate: 2 ** -32 }))]).toEqual([1, 0, 1])
    expect([...(await session().mask({ ...draw, rate: 2 ** -32 }))]).toEqual([0b101])
    expect([...(await session().dropout(x, { ...draw, rate: 2 ** -33 }))]).toEqual([1, 1, 1])
    expect([...(await session().mask({ ...draw, rate: 2 ** -33 }))]).toEqual([0b111])
  })

  test('every exponent is scaled with one rounding, at rates whose scale is not a power of two', async () => {
    for (const rate of [0.1, 1 / 3, 0.7, 0.999]) {
      const draw = { shape: [3000], rate, seed: 77 }
      const x = input(draw.shape, 31, 'any bits')
      expectSameBits(await session().dropout(floats(x), draw), judgeDropout(x, draw), {
        what: `rate ${rate}`,
      })
    }
  })

  test('products around the largest float overflow to a signed infinity exactly where rounding says so', async () => {
    for (const rate of [0.1, 0.3, 0.5, 0.75, 0.95, 1 - 2 ** -20]) {
      const edge = floats(Uint32Array.of(0x7f7fffff))[0] * (1 - rate)
      const nearest = patterns(Float32Array.of(edge))[0]
      const x = Uint32Array.from(
        { length: 400 },
        (_, i) => nearest - 5 + (i % 10) + (i % 3 === 0 ? 2 ** 31 : 0),
      )
      const draw = { shape: [400], rate, seed: 6 }
      expectSameBits(await session().dropout(floats(x), draw), judgeDropout(x, draw), {
        what: `rate ${rate}`,
      })
    }
  })

  test('a view into a larger array is read from its start to its end only', async () => {
    const whole = input([500], 8, 'rare')
    const view = floats(whole).subarray(101, 352)
    const draw = { shape: [251], rate: 0.5, seed: 1 }
    const expected = judgeDropout(whole.slice(101, 352), draw)
    expectSameBits(await session().dropout(view, draw), expected, { shape: [251] })
  })

  test('the result is a new array, also where nothing is dropped', async () => {
    const x = new Float32Array(8).fill(1)
    const y = await session().dropout(x, { shape: [8], rate: 0, seed: 1 })
    y.fill(5)
    expect([...x]).toEqual([1, 1, 1, 1, 1, 1, 1, 1])
  })

  test('the input is not altered', async () => {
    const x = input([100], 3, 'half')
    const before = x.slice()
    await session().dropout(floats(x), { shape: [100], rate: 0.5, seed: 1 })
    expectSameBits(x, before)
  })
})
