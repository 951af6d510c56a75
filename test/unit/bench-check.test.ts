/** The benchmark's checker accepts a dropout, and nothing else. */

import { dropout } from 'noiseshape/cpu'
import { describe, expect, test } from 'vitest'
import { dropoutCases } from '../../bench/cases.js'
import { checkBits, checkDropout } from '../../bench/check.js'
import { checkAgreement, checkPrediction, createChecks } from '../../bench/monte-carlo/check.js'
import type { Prediction } from '../../bench/monte-carlo/predictor.js'
import { createTally } from '../../bench/monte-carlo/tally.js'
import type { Network } from '../../bench/networks/network.js'
import { patternOf, size } from '../../bench/noise-cells.js'
import { createInput } from '../../bench/run.js'
import { samples as expected } from '../../models/digits/expected.json'

const elementwise = { shape: [40, 50], noiseShape: [40, 50], rate: 0.25 }
const spatial = { shape: [8, 30, 40], noiseShape: [8, 1, 40], rate: 0.25 }

/** A good result, then changed. */
function check(setting: typeof elementwise, change: (y: Float32Array, x: Float32Array) => Float32Array) {
  const x = createInput(size(setting.shape))
  return checkDropout(x, change(dropout(x, { ...setting, seed: 1 }), x), setting)
}

describe('checkDropout', () => {
  test.each([elementwise, spatial])('accepts a dropout of $shape with noise shape $noiseShape', (setting) => {
    expect(check(setting, (y) => y)).toBeUndefined()
  })

  test('accepts a scale that is rounded differently', () => {
    expect(check(elementwise, (y) => y.map((value) => value * (1 + 1e-6)))).toBeUndefined()
  })

  test.each([
    ['a copy', (_y: Float32Array, x: Float32Array) => x, 'neither 0 nor'],
    ['kept values without the scale', (y: Float32Array) => y.map((v) => v * 0.75), 'neither 0 nor'],
    ['a kept value that is off', (y: Float32Array) => y.map((v) => v * 1.0001), 'neither 0 nor'],
    ['a NaN', (y: Float32Array) => y.fill(Number.NaN, 7, 8), 'element 7 is NaN'],
    ['all zeros', (y: Float32Array) => y.fill(0), 'standard deviations off'],
    [
      'nothing dropped',
      (_y: Float32Array, x: Float32Array) => x.map((v) => v / 0.75),
      'standard deviations off',
    ],
    ['a part', (y: Float32Array) => y.slice(1), '1999 elements, not 2000'],
    ['nothing', () => new Float32Array(), '0 elements'],
  ])('refuses %s', (_name, change, complaint) => {
    expect(check(elementwise, change)).toContain(complaint)
  })

  test('refuses a cell that is kept in one place and dropped in another', () => {
    const plain = (_y: Float32Array, x: Float32Array) =>
      dropout(x, { shape: spatial.shape, rate: spatial.rate, seed: 1 })
    expect(check(spatial, plain)).toContain('kept in one place and dropped in another')
  })

  test('refuses another rate', () => {
    const x = createInput(size(elementwise.shape))
    const y = dropout(x, { ...elementwise, rate: 0.5, seed: 1 }).map((value) => value * (0.5 / 0.75))
    expect(checkDropout(x, y, elementwise)).toContain('standard deviations off')
  })
})

test('checkBits distinguishes the two zeros and accepts equal NaNs', () => {
  expect(checkBits(Float32Array.of(1, Number.NaN), Float32Array.of(1, Number.NaN))).toBeUndefined()
  expect(checkBits(Float32Array.of(0), Float32Array.of(-0))).toContain('element 0')
  expect(checkBits(Float32Array.of(0), Float32Array.of(0, 0))).toContain('1 elements, not 2')
})

test.each([
  { shape: [4, 6], noiseShape: [4, 6], pattern: { outer: 1, shared: 1, inner: 24 } },
  { shape: [2, 3, 4], noiseShape: [2, 1, 4], pattern: { outer: 2, shared: 3, inner: 4 } },
  { shape: [2, 3, 5, 5], noiseShape: [2, 3, 1, 1], pattern: { outer: 6, shared: 25, inner: 1 } },
  { shape: [7, 9], noiseShape: [1, 9], pattern: { outer: 1, shared: 7, inner: 9 } },
])('the pattern of $shape with noise shape $noiseShape', ({ shape, noiseShape, pattern }) => {
  expect(patternOf(shape, noiseShape)).toEqual(pattern)
})

test('every case has a pattern, a unique name, and a size that is a multiple of four', () => {
  for (const { shape, noiseShape } of dropoutCases) {
    const { outer, shared, inner } = patternOf(shape, noiseShape)
    expect(outer * shared * inner).toBe(size(shape))
    expect(size(shape) % 4).toBe(0)
  }
  expect(new Set(dropoutCases.map(({ name }) => name)).size).toBe(dropoutCases.length)
})

test('a pattern with two separate shared runs is refused', () => {
  expect(() => patternOf([2, 3, 4], [1, 3, 1])).toThrow('not neighbours')
})

test('the input has values of both signs, 0.5 to 1.5 in size', () => {
  const x = createInput(10_000)
  expect(x.every((value) => Math.abs(value) >= 0.5 && Math.abs(value) < 1.5)).toBe(true)
  const negative = x.filter((value) => value < 0).length
  expect(negative).toBeGreaterThan(4000)
  expect(negative).toBeLessThan(6000)
})

describe('checkPrediction', () => {
  const rows = [33, 3]
  const { probability, mutualInformation } = expected

  /** PyTorch's statistics of 100 samples, then changed. */
  function check(change: (prediction: Prediction) => Partial<Prediction>, samples = 100) {
    const prediction = {
      mean: Float32Array.from(rows.flatMap((row) => probability.mean[row])),
      variance: Float32Array.from(rows.flatMap((row) => probability.sdOfOnePass[row].map((sd) => sd ** 2))),
      mutualInformation: Float32Array.from(rows, (row) => mutualInformation.mean[row]),
    }
    return checkPrediction({ ...prediction, ...change(prediction) }, rows, samples)
  }

  test('accepts a prediction', () => {
    expect(check(() => ({}))).toBeUndefined()
  })

  test.each<[string, (prediction: Prediction) => Partial<Prediction>, string]>([
    [
      'samples that are all the same',
      ({ variance }) => ({ variance: variance.map(() => 0) }),
      'the variance of all rows is 0',
    ],
    [
      'a twofold spread',
      ({ variance }) => ({ variance: variance.map((v) => v * 4) }),
      'the variance of all rows is',
    ],
    ['logits', ({ mean }) => ({ mean: mean.map((p) => Math.log(p + 0.01)) }), 'the mean probability of 0'],
    ['another image', ({ mean }) => ({ mean: mean.toReversed() }), 'the mean probability of'],
    [
      'a NaN',
      ({ mean }) => ({ mean: mean.map((p, i) => (i === 12 ? Number.NaN : p)) }),
      'of 2 in row 1 is NaN',
    ],
    [
      'no disagreement',
      () => ({ mutualInformation: new Float32Array(2) }),
      'the mutual information of row 0 is 0',
    ],
    ['one row of two', ({ mean }) => ({ mean: mean.slice(10) }), '1, 2, 2 rows, not 2'],
  ])('refuses %s', (_, change, said) => {
    expect(check(change)).toContain(said)
  })

  test('allows less with more samples', () => {
    const off = ({ mean }: Prediction) => ({ mean: mean.map((p, i) => (i === 8 ? p + 0.1 : p)) })
    expect(check(off, 100)).toBeUndefined() // the standard error is 0.35 / 10
    expect(check(off, 10_000)).toContain('the mean probability of 8 in row 0')
  })
})

test('the tally of samples has mean, variance and mutual information of their probabilities', () => {
  // Two samples of two rows of two classes. Row 0: certain both times, of different classes; row 1: equally uncertain both times.
  const tally = createTally(2, 2)
  tally.add(new Float32Array([200, 0, 5, 5]))
  tally.add(new Float32Array([0, 200, -7, -7]))
  const { mean, variance, mutualInformation } = tally.read()
  expect([...mean]).toEqual([0.5, 0.5, 0.5, 0.5])
  expect([...variance]).toEqual([0.25, 0.25, 0, 0])
  expect(mutualInformation[0]).toBeCloseTo(Math.log(2), 6)
  expect(mutualInformation[1]).toBeCloseTo(0, 6)
})

describe('predictions are compared with each other', () => {
  const samples = 100
  /** Two classes in one row; the probabilities of each sample are 0.6 and 0.4, give or take 0.1. */
  const prediction = (changes: Partial<Prediction> = {}): Prediction => ({
    mean: Float32Array.of(0.6, 0.4),
    variance: Float32Array.of(0.01, 0.01),
    mutualInformation: Float32Array.of(0.02),
    ...changes,
  })
  const agreement = (changes: Partial<Prediction>) =>
    checkAgreement(prediction(changes), { name: 'the first', prediction: prediction() }, samples)

  test('means may differ by six standard errors of their difference, which is 0.085 here', () => {
    expect(agreement({ mean: Float32Array.of(0.68, 0.32) })).toBeUndefined()
    expect(agreement({ mean: Float32Array.of(0.69, 0.31) })).toMatch(/^mean probability 0 is 0.68.*the first/)
  })

  test('variance and mutual information may differ by a factor of three', () => {
    expect(agreement({ variance: Float32Array.of(0.028, 0.028) })).toBeUndefined()
    expect(agreement({ variance: Float32Array.of(0.032, 0.032) })).toContain('the variance of all rows')
    expect(agreement({ variance: new Float32Array(2) })).toContain('the variance of all rows is 0')
    expect(agreement({ mutualInformation: Float32Array.of(0.006) })).toContain('the mutual information')
    expect(agreement({ mutualInformation: Float32Array.of(Number.NaN) })).toContain('the mutual information')
  })

  describe('with the first that is right', () => {
    const network = { rows: 1, classes: 2 } as Network
    const other = prediction({ mean: Float32Array.of(0.4, 0.6) })
    const still = { variance: new Float32Array(2), mutualInformation: new Float32Array(1) }

    test('a wrong one is not the first', () => {
      const check = createChecks(network, samples)
      expect(check({ name: 'broken', role: 'ours' }, prediction({ mean: Float32Array.of(1, 1) }))).toContain(
        'add up to 2',
      )
      expect(check({ name: 'short', role: 'ours' }, prediction({ mean: Float32Array.of(1) }))).toContain(
        'rows',
      )
      expect(check({ name: 'ours', role: 'ours' }, prediction())).toBeUndefined()
      expect(check({ name: 'other', role: 'peer' }, other)).toContain('that of ours')
    })

    test('one run without dropout has no variance, and probabilities that dropout may give', () => {
      const check = createChecks(network, samples)
      check({ name: 'ours', role: 'ours' }, prediction())
      const baseline = { name: 'one run', role: 'baseline' } as const
      expect(check(baseline, prediction({ mean: Float32Array.of(0.9, 0.1), ...still }))).toBeUndefined()
      expect(
        check(baseline, prediction({ mean: Float32Array.of(-0.1, 1.1), ...still })),
        'more than six standard deviations off',
      ).toContain('probability 0')
    })
  })
})
