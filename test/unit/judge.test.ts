import { describe, expect, test } from 'vitest'
import { expectSameBits } from '../support/compare'
import { goldenGenerator, goldenMasks, goldenOutputs } from '../support/golden'
import {
  judgeDropout,
  judgeFlags,
  judgeMask,
  judgeNoiseShape,
  judgeThreefry,
  judgeValue,
} from '../support/judge'

/** A judge that is wrong would condemn what is right: it has to give the golden answers itself. */
describe('the judge', () => {
  test.each(goldenGenerator)(
    'gives the published answer of the generator for counter $counter',
    ({ counter, key, out }) => {
      expectSameBits(judgeThreefry([...counter], [...key]), out)
    },
  )

  test.each(goldenMasks)('gives the golden mask: $name', ({ draw, words }) => {
    expectSameBits(judgeMask(draw), words, { packed: true })
  })

  test.each(goldenOutputs)('gives the golden output: $name', ({ draw, x, y }) => {
    expectSameBits(judgeDropout(x, draw), y, { shape: draw.shape })
  })

  test('aligns a shorter noise shape to the right and fills in open entries', () => {
    expect(judgeNoiseShape({ shape: [4, 2, 3], noiseShape: [null] })).toEqual([1, 1, 3])
    expect(judgeNoiseShape({ shape: [4, 2, 3], noiseShape: [-1, 1] })).toEqual([1, 2, 1])
    expect(judgeNoiseShape({ shape: [4, 2, 3], noiseShape: null })).toEqual([4, 2, 3])
    expect(judgeNoiseShape({ shape: [4, 2, 3], noiseShape: [] })).toEqual([1, 1, 1])
  })

  test('draws cells beyond 2^39 that are not those of 2^39 cells before', () => {
    const draw = { shape: [256], rate: 0.5, seed: 1 }
    expect(judgeFlags({ ...draw, cellOffset: 2 ** 39 })).not.toEqual(judgeFlags(draw))
    expect(judgeFlags({ ...draw, cellOffset: 2 ** 40 })).not.toEqual(
      judgeFlags({ ...draw, cellOffset: 2 ** 39 }),
    )
  })

  test('continues one window in the next, across 2^39 too', () => {
    const draw = { shape: [200], rate: 0.3, seed: 1, cellOffset: 2 ** 39 - 77 }
    const next = judgeFlags({ ...draw, shape: [100], cellOffset: draw.cellOffset + 100 })
    expect(judgeFlags(draw).slice(100)).toEqual(next)
  })

  test('rounds a product once', () => {
    // 1 + 2^-23 times float32(1 / 0.9) = 9320676 / 2^23: exactly 9320677.11... / 2^23, so one step above the scale.
    expect(judgeValue(0x3f800001, true, 0.1)).toBe(0x3f8e38e5)
    expect(judgeValue(0x3f800000, true, 0.1)).toBe(0x3f8e38e4)
  })
})
