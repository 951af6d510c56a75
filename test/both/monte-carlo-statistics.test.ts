/**
 * The statistics of Monte Carlo dropout against their definitions in double precision, in two passes over all outputs.
 * The same for outputs in arrays and in GPUBuffers.
 */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { carriers } from '#carriers'
import type { Engine } from '../../src/engine.js'
import {
  type MonteCarloOptions,
  monteCarlo,
  type OutputKind,
  type Prediction,
} from '../../src/monte-carlo/index.js'
import type { Carry } from '../support/carriers'
import { expectSameBits } from '../support/compare'
import { ODD_VALUES } from '../support/inputs'
import { expectMoments, judgeMoments, randomOutputs } from '../support/moments'

/** WGSL grants a log an absolute error of 2^-21 near 1, and float32 sums add as much again for a hundred classes. */
const ENTROPY_TOLERANCE = 2e-6
/** WGSL grants exp(d) an error of 3 + 2 |d| units in the last place of what is below 1. */
const PROBABILITY_TOLERANCE = 2e-6

describe.each(carriers)('outputs in $name', (carrier) => {
  let engine: Engine
  let carry: Carry
  beforeEach(async () => {
    carry = carrier.start()
    engine = await carrier.open()
  })
  afterEach(() => engine.destroy())

  /** What a network says together that gives these outputs one after the other. */
  const run = (
    outputs: readonly Float32Array[],
    options: Partial<MonteCarloOptions> = {},
  ): Promise<Prediction> =>
    monteCarlo<OutputKind>(engine, {
      samples: outputs.length,
      seed: 1,
      forward: ({ step }) => carry(outputs[step]),
      ...options,
    })

  describe('mean and variance', () => {
    test.each([
      { samples: 2, length: 1 },
      { samples: 3, length: 13 },
      { samples: 17, length: 1001 },
      { samples: 1000, length: 5 },
    ])('of $samples outputs of $length values are those of the definition', async ({ samples, length }) => {
      const outputs = randomOutputs(samples, length, samples, (u) => 4 * u - 2)
      expectMoments(await run(outputs), outputs)
    })

    test.each([1e4, -1e4, 3e6])('keep the spread of values around %d', async (offset) => {
      const outputs = randomOutputs(500, 9, 3, (u) => offset + u * Math.abs(offset) * 1e-5)
      expectMoments(await run(outputs), outputs)
    })

    test('of one output are that output, to the bit, and a variance of 0', async () => {
      const [output] = randomOutputs(1, 9, 4, (u) => u * 1e-3)
      const result = await run([output])
      const none = new Float32Array(9)
      expect(result).toEqual({ samples: 1, mean: output, variance: none, std: none })
    })

    test('of equal outputs are that output, to the bit, and a variance of 0', async () => {
      const [output] = randomOutputs(1, 9, 5, (u) => u * 1e5)
      const result = await run(new Array(300).fill(output))
      const none = new Float32Array(9)
      expect(result).toEqual({ samples: 300, mean: output, variance: none, std: none })
    })

    test('of empty outputs are empty', async () => {
      const empty = new Float32Array(0)
      expect(await run([empty, empty])).toEqual({ samples: 2, mean: empty, variance: empty, std: empty })
    })

    test('a value that comes and goes counts as often as it came', async () => {
      const outputs = [0, 2, 0, 2].map((value) => Float32Array.of(value, 1))
      const result = await run(outputs)
      expect([...result.mean]).toEqual([1, 1])
      expect([...result.variance]).toEqual([1, 0])
    })
  })

  describe('values that are not finite count as in NumPy', () => {
    const { NaN: nan, POSITIVE_INFINITY: infinite } = Number
    test.each([
      { values: [1, nan, 2], mean: nan },
      { values: [nan, 1, 2], mean: nan },
      { values: [1, 2, nan], mean: nan },
      { values: [1, infinite, 2], mean: infinite },
      { values: [infinite, 1, 2], mean: infinite },
      { values: [1, 2, -infinite], mean: -infinite },
      { values: [infinite, infinite, 0], mean: infinite },
      { values: [infinite, -infinite, 1], mean: nan },
      { values: [1, infinite, nan], mean: nan },
      { values: [infinite], mean: infinite },
    ])('$values: the mean is $mean, the variance NaN', async ({ values, mean }) => {
      const result = await run(values.map((value) => Float32Array.of(5, value, 5)))
      expect([...result.mean]).toEqual([5, mean, 5])
      expect([...result.variance]).toEqual([0, nan, 0])
      expect([...result.std]).toEqual([0, nan, 0])
    })
  })

  describe('mean and variance are infinite only where they do not fit', () => {
    /** Zeros, but for one value. */
    const outlier = (value: number, at: number, samples: number) =>
      Array.from({ length: samples }, (_, sample) => (sample === at ? value : 0))
    test.each([
      { name: 'the square of an outlier in the first sample', values: outlier(1e20, 0, 1000) },
      { name: 'the square of an outlier in the second sample', values: outlier(-1e20, 1, 1000) },
      { name: 'the square of an outlier amid the samples', values: outlier(1e20, 500, 1000) },
      { name: 'the sum of the squares', values: Array.from({ length: 100 }, (_, i) => 1.5e19 * (-1) ** i) },
      { name: 'the sum of the values', values: new Array(100).fill(3e38) },
      { name: 'a difference of values', values: [3e38, -3e38, 3e38, -3e38] },
      { name: 'the variance', values: [1e20, -1e20, 0] },
    ])('$name overflows', async ({ values }) => {
      const outputs = values.map((value) => Float32Array.of(value))
      const expected = judgeMoments(outputs)
      const { mean, variance, std } = await run(outputs)
      expect(Math.abs(mean[0] - expected.mean[0])).toBeLessThanOrEqual(1e-6 * Math.sqrt(expected.variance[0]))
      expect(std[0] / Math.sqrt(expected.variance[0]) || 1).toBeCloseTo(1, 6)
      const fits = Math.fround(expected.variance[0])
      expect(Number.isFinite(fits) ? variance[0] / fits || 1 : variance[0]).toBeCloseTo(
        Number.isFinite(fits) ? 1 : fits,
        6,
      )
    })

    test('a variance of small values does not underflow before its time', async () => {
      const outputs = Array.from({ length: 200 }, (_, i) => Float32Array.of(1e-18 * (i % 2)))
      expect((await run(outputs)).variance[0] / 2.5e-37).toBeCloseTo(1, 5)
    })
  })

  describe('kept samples', () => {
    const bits = Uint32Array.from(ODD_VALUES, (value) => value.bits)
    const odd = new Float32Array(bits.buffer)
    const outputs = [odd, odd.toReversed(), new Float32Array(odd.length)]

    test('are the outputs of all samples, one after the other, to the bit', async () => {
      const { keptSamples } = await run(outputs, { keepSamples: true })
      const whole = outputs.flatMap((output) => [...new Uint32Array(output.buffer)])
      expectSameBits(keptSamples as Float32Array, Uint32Array.from(whole))
    })

    test('are there only if asked for', async () => {
      expect(Object.keys(await run(outputs, { keepSamples: false }))).toEqual(Object.keys(await run(outputs)))
      expect((await run(outputs, { quantiles: [0.5] })).keptSamples).toBeUndefined()
    })

    test('so far can be read in progress', async () => {
      const seen: (number | undefined)[] = []
      const onProgress: MonteCarloOptions['onProgress'] = async ({ read }) => {
        seen.push((await read()).keptSamples?.length)
      }
      await run(outputs, { keepSamples: true, onProgress })
      expect(seen).toEqual([1, 2, 3].map((samples) => samples * odd.length))
    })
  })

  describe('quantiles', () => {
    /** numpy.quantile([4, 1, 3, 2], [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1]) */
    const OF_FOUR = [1, 1.15, 1.75, 2.5, 3.25, 3.85, 4]

    test('are those of numpy.quantile, of each element', async () => {
      const outputs = [4, 1, 3, 2].map((value) => Float32Array.of(value, -10 * value))
      const { quantiles } = await run(outputs, { quantiles: [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1] })
      const negative = OF_FOUR.toReversed().map((value) => -10 * value)
      const expected = OF_FOUR.flatMap((value, q) => [value, negative[q]])
      expect([...(quantiles as Float32Array)]).toEqual(expected.map((value) => expect.closeTo(value, 5)))
    })

    test('of one sample are that sample', async () => {
      const { quantiles } = await run([Float32Array.of(7, -0.5)], { quantiles: [0.9, 0.1] })
      expect([...(quantiles as Float32Array)]).toEqual([7, -0.5, 7, -0.5])
    })

    test('of an element that is NaN in a sample are NaN, and infinite values have their place', async () => {
      const [nan, infinite] = [Number.NaN, Number.POSITIVE_INFINITY]
      const outputs = [
        [nan, infinite, 1],
        [1, infinite, -infinite],
        [2, 0, 3],
      ].map((values) => Float32Array.from(values))
      const { quantiles } = await run(outputs, { quantiles: [0.5, 1] })
      expect([...(quantiles as Float32Array)]).toEqual([nan, infinite, 1, nan, infinite, 3])
    })

    test('of logits are those of the probabilities', async () => {
      const outputs = randomOutputs(9, 6, 7, (u) => 6 * u)
      const options = { outputs: 'logits', classes: 3, quantiles: [0.25, 1] } as const
      const { quantiles } = await run(outputs, options)
      const probabilities = outputs.map((output) => softmax(output, 3))
      const ofElement = (i: number) => probabilities.map((p) => p[i]).sort((a, b) => a - b)
      const expected = [2, 8].flatMap((place) => [0, 1, 2, 3, 4, 5].map((i) => ofElement(i)[place]))
      expect([...(quantiles as Float32Array)]).toEqual(expected.map((value) => expect.closeTo(value, 6)))
    })
  })

  describe('of gaussian heads', () => {
    /** Rows of two targets: two means, two log variances. */
    const sampled = randomOutputs(30, 3 * 4, 11, (u) => 4 * u - 2)

    test('the variance of the means is epistemic, the mean of the variances aleatoric, their sum the variance', async () => {
      const result = await run(sampled, { outputs: 'gaussian', targets: 2 })
      const { aleatoricVariance, epistemicVariance } = result
      const of = judgeMoments(sampled)
      const spreads = judgeMoments(sampled.map((output) => Array.from(output, Math.exp)))
      ;[0, 1, 4, 5, 8, 9].forEach((element, target) => {
        const [aleatoric, epistemic] = [spreads.mean[element + 2], of.variance[element]]
        expect(result.mean[target]).toBeCloseTo(of.mean[element], 5)
        expect(aleatoricVariance?.[target]).toBeCloseTo(aleatoric, 4)
        expect(epistemicVariance?.[target]).toBeCloseTo(epistemic, 5)
        expect(result.variance[target]).toBeCloseTo(aleatoric + epistemic, 4)
        expect(result.std[target]).toBeCloseTo(Math.sqrt(aleatoric + epistemic), 4)
      })
      expect(result.mean).toHaveLength(6)
    })

    test('one target is a mean and a log variance', async () => {
      const outputs = [Float32Array.of(1, 0), Float32Array.of(3, Math.log(3))]
      const { mean, variance, aleatoricVariance, epistemicVariance } = await run(outputs, {
        outputs: 'gaussian',
      })
      const values = [mean, aleatoricVariance, epistemicVariance, variance].map((array) => array?.[0])
      expect(values).toEqual([2, 2, 1, 3].map((value) => expect.closeTo(value, 5)))
    })

    test.each([
      { log: Number.NEGATIVE_INFINITY, variance: 0 },
      { log: -1000, variance: 0 },
      { log: 1000, variance: Number.POSITIVE_INFINITY },
      { log: Number.POSITIVE_INFINITY, variance: Number.POSITIVE_INFINITY },
      { log: Number.NaN, variance: Number.NaN },
    ])('a log variance of $log is a variance of $variance', async ({ log, variance }) => {
      const outputs = [log, log].map((value) => Float32Array.of(1, value))
      const result = await run(outputs, { outputs: 'gaussian' })
      expect(result.aleatoricVariance?.[0]).toBe(variance)
      expect(result.mean[0]).toBe(1)
    })
  })

  describe('stop when settled', () => {
    /** Sample s of a value that is 0 or 1 in turn: its variance is 1/4. */
    const inTurn = (samples: number) => Array.from({ length: samples }, (_, i) => Float32Array.of(i % 2, 5))
    /** Just above and below sqrt(0.25 / (n - 1)). */
    const above = (samples: number) => 1.001 * Math.sqrt(0.25 / (samples - 1))
    const below = (samples: number) => 0.999 * Math.sqrt(0.25 / (samples - 1))

    test.each([
      { max: 1000, tolerance: above(16), taken: 16, settled: true },
      { max: 1000, tolerance: below(16), taken: 32, settled: true },
      { max: 1000, tolerance: above(32), taken: 32, settled: true },
      { max: 1000, tolerance: above(64), taken: 64, settled: true },
      { max: 1000, tolerance: above(40), taken: 64, settled: true },
      { max: 100, tolerance: above(100), taken: 100, settled: true },
      { max: 100, tolerance: below(100), taken: 100, settled: false },
      { max: 5, tolerance: above(4), taken: 5, settled: true },
      { max: 1, tolerance: 1e9, taken: 1, settled: false },
    ])('at most $max samples within $tolerance take $taken', async ({ max, tolerance, taken, settled }) => {
      const outputs = inTurn(max)
      const result = await run(outputs, { samples: { max, tolerance } })
      expect([result.samples, result.settled]).toEqual([taken, settled])
      expect(result).toEqual({ ...(await run(outputs.slice(0, taken))), settled })
    })

    test('networks that agree are settled at once, and a NaN never is', async () => {
      const samples = { max: 40, tolerance: 1e-6 }
      const equal = new Array(40).fill(Float32Array.of(1, 2))
      expect(await run(equal, { samples })).toMatchObject({ samples: 16, settled: true })
      const broken = new Array(40).fill(Float32Array.of(1, Number.NaN))
      expect(await run(broken, { samples })).toMatchObject({ samples: 40, settled: false })
    })

    test('the mutual information has to settle too: its standard error is that of the divergences', async () => {
      // The standard error of the mean is 0.4 / sqrt(n - 1), that of the divergences larger while p is rare.
      const rows = Array.from({ length: 256 }, (_, i) => (i % 8 === 7 ? [0.001, 0.999] : [0.999, 0.001]))
      const outputs = rows.map((row) => Float32Array.from(row))
      const errorsAt = (count: number) => {
        const taken = rows.slice(0, count)
        const mean = (upTo: number, i: number) =>
          rows.slice(0, upTo).reduce((sum, row) => sum + row[i], 0) / upTo
        const divergences = taken.map((row, sample) =>
          row.reduce((sum, p, i) => sum + p * Math.log(p / mean(sample + 1, i)), 0),
        )
        const error = (values: number[]) => {
          const { variance } = judgeMoments(values.map((value) => [value]))
          return Math.sqrt(variance[0] / (count - 1))
        }
        return { ofMean: error(taken.map(([p]) => p)), ofDivergence: error(divergences) }
      }
      const { ofMean, ofDivergence } = errorsAt(64)
      expect(ofDivergence).toBeGreaterThan(1.2 * ofMean)
      const kind = { outputs: 'probabilities', classes: 2 } as const
      const takes = async (tolerance: number) =>
        (await run(outputs, { ...kind, samples: { max: 256, tolerance } })).samples
      expect(await takes(1.001 * ofDivergence)).toBe(64)
      expect(await takes(0.999 * ofDivergence)).toBe(128)
    })
  })

  describe('of probabilities', () => {
    const ofRows = (...passes: number[][]) =>
      run(
        passes.map((row) => Float32Array.from(row)),
        { outputs: 'probabilities', classes: passes[0].length },
      )

    test('a network that is always certain has zero entropy of every kind', async () => {
      const result = await ofRows([0, 1, 0], [0, 1, 0], [0, 1, 0])
      expectEntropies(result, [{ predictive: 0, expected: 0, mutual: 0 }])
      expect([...result.mean]).toEqual([0, 1, 0])
    })

    test('a network that never knows has the entropy of its classes, and networks agree on it', async () => {
      for (const classes of [2, 3, 10, 100]) {
        const row = new Array(classes).fill(1 / classes)
        const entropy = Math.log(classes)
        expectEntropies(await ofRows(row, row), [{ predictive: entropy, expected: entropy, mutual: 0 }])
      }
    })

    test('for networks certain of different classes, mutual information is the entropy of their votes', async () => {
      const result = await ofRows([1, 0, 0], [0, 0, 1])
      expectEntropies(result, [{ predictive: Math.LN2, expected: 0, mutual: Math.LN2 }])
      const votes = await ofRows([1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 0, 1])
      const entropy = 2 * Math.LN2 - 0.75 * Math.log(3)
      expectEntropies(votes, [{ predictive: entropy, expected: 0, mutual: entropy }])
    })

    test('networks that lean to different classes disagree by what is left', async () => {
      const lean = -(0.9 * Math.log(0.9) + 0.1 * Math.log(0.1))
      const result = await ofRows([0.9, 0.1], [0.1, 0.9])
      expectEntropies(result, [{ predictive: Math.LN2, expected: lean, mutual: Math.LN2 - lean }])
    })

    test('the variation ratio is the share of samples without the class of most votes', async () => {
      const sure = (index: number) => [0, 1, 2].map((i) => (i === index ? 0.8 : 0.1))
      const ratio = async (...votes: number[]) => (await ofRows(...votes.map(sure))).variationRatio?.[0]
      expect(await ratio(1, 1, 1)).toBe(0)
      expect(await ratio(0, 2)).toBe(0.5)
      expect(await ratio(0, 1, 2, 2, 2)).toBeCloseTo(0.4, 6)
      // A tie within a sample goes to the first class.
      expect((await ofRows([0.4, 0.4, 0.2], [0.4, 0.4, 0.2], sure(1))).variationRatio?.[0]).toBeCloseTo(
        1 / 3,
        6,
      )
    })

    test.each([Number.NaN, Number.POSITIVE_INFINITY])(
      'a probability of %d makes the entropies of its row NaN, and of no other',
      async (wrong) => {
        const [row, broken] = [Float32Array.of(0.5, 0.5, 0.5, 0.5), Float32Array.of(0.5, wrong, 0.5, 0.5)]
        for (const outputs of [
          [row, broken],
          [broken, row],
        ]) {
          const result = await run(outputs, { outputs: 'probabilities', classes: 2 })
          const { predictiveEntropy, expectedEntropy, mutualInformation, variationRatio } = result
          expect([...result.mean]).toEqual([0.5, wrong, 0.5, 0.5])
          for (const values of [predictiveEntropy, expectedEntropy, mutualInformation, variationRatio]) {
            expect(values?.[0]).toBeNaN()
            expect(values?.[1]).not.toBeNaN()
          }
        }
      },
    )

    test('each row of a batch has its own entropies', async () => {
      const outputs = randomOutputs(20, 7 * 5, 6, (u) => u)
      for (const output of outputs) normalize(output, 5)
      const result = await run(outputs, { outputs: 'probabilities', classes: 5 })
      expectMoments(result, outputs)
      expectEntropies(result, judgeEntropies(outputs, 5))
    })

    test('one class is always sure', async () => {
      const result = await run([Float32Array.of(1, 1)], { outputs: 'probabilities', classes: 1 })
      expectEntropies(result, [
        { predictive: 0, expected: 0, mutual: 0 },
        { predictive: 0, expected: 0, mutual: 0 },
      ])
    })
  })

  describe('of logits', () => {
    const expectLogits = async (logits: Float32Array[], classes: number) => {
      const result = await run(logits, { outputs: 'logits', classes })
      const probabilities = logits.map((output) => softmax(output, classes))
      expectMoments(result, probabilities, PROBABILITY_TOLERANCE)
      expectEntropies(result, judgeEntropies(probabilities, classes))
    }

    test.each([
      { rows: 1, classes: 10 },
      { rows: 9, classes: 3 },
      { rows: 200, classes: 7 },
      { rows: 2, classes: 101 },
    ])('they are those of the softmax: $rows rows of $classes classes', async ({ rows, classes }) => {
      await expectLogits(
        randomOutputs(12, rows * classes, rows, (u) => 20 * u - 10),
        classes,
      )
    })

    test('scores far beyond the range of exp are handled', async () => {
      await expectLogits([Float32Array.of(1e4, 1e4 - 1, -3e38, 0), Float32Array.of(-1e4, 3e38, 0, 1)], 4)
    })

    test.each([
      { name: 'NaN first', row: [Number.NaN, 1, 2] },
      { name: 'NaN last', row: [1, 2, Number.NaN] },
      { name: '+Infinity', row: [1, Number.POSITIVE_INFINITY, 2] },
      { name: '-Infinity alone', row: new Array(3).fill(Number.NEGATIVE_INFINITY) },
    ])('a row with $name is NaN, in whichever sample, and the others are as they were', async ({ row }) => {
      const good = [0.5, 1, -2]
      const [whole, broken] = [
        [...good, ...good],
        [...row, ...good],
      ].map((values) => Float32Array.from(values))
      for (const outputs of [
        [broken, whole, whole],
        [whole, broken, whole],
      ]) {
        const { samples, ...arrays } = await run(outputs, { outputs: 'logits', classes: 3 })
        const expected = await run([whole, whole, whole], { outputs: 'logits', classes: 3 })
        for (const [name, values] of Object.entries(arrays) as ['mean', Float32Array][]) {
          const half = values.length / 2
          expect([...values.subarray(0, half)], name).toEqual(new Array(half).fill(Number.NaN))
          expect([...values.subarray(half)], name).toEqual([...expected[name].subarray(half)])
        }
      }
    })

    test('scores of -Infinity are classes of probability 0', async () => {
      const result = await run(new Array(2).fill(Float32Array.of(0, Number.NEGATIVE_INFINITY, 0)), {
        outputs: 'logits',
        classes: 3,
      })
      expect([...result.mean]).toEqual([0.5, 0, 0.5])
      expectEntropies(result, [{ predictive: Math.LN2, expected: Math.LN2, mutual: 0 }])
    })

    test('equal scores are the uniform distribution', async () => {
      for (const score of [0, -500, 3e38]) {
        const result = await run([new Float32Array(8).fill(score)], { outputs: 'logits', classes: 8 })
        const entropy = Math.log(8)
        expectEntropies(result, [{ predictive: entropy, expected: entropy, mutual: 0 }])
      }
    })
  })
})

interface Entropies {
  predictive: number
  expected: number
  mutual: number
}

function judgeEntropies(outputs: readonly ArrayLike<number>[], classes: number): Entropies[] {
  const { mean } = judgeMoments(outputs)
  const rowOf = (output: ArrayLike<number>, row: number) =>
    Array.from({ length: classes }, (_, i) => output[row * classes + i])
  return Array.from({ length: mean.length / classes }, (_, row) => {
    const predictive = entropy(rowOf(mean, row))
    const expected = outputs.reduce((sum, output) => sum + entropy(rowOf(output, row)), 0) / outputs.length
    return { predictive, expected, mutual: predictive - expected }
  })
}

function entropy(p: readonly number[]): number {
  return -p.reduce((sum, value) => sum + (value > 0 ? value * Math.log(value) : 0), 0)
}

function expectEntropies(result: Prediction, rows: readonly Entropies[]): void {
  const { predictiveEntropy, expectedEntropy, mutualInformation } = result
  for (const values of [predictiveEntropy, expectedEntropy, mutualInformation]) {
    expect(values).toHaveLength(rows.length)
    expect(values?.every((value) => value >= 0)).toBe(true)
  }
  rows.forEach(({ predictive, expected, mutual }, row) => {
    const near = (got: number | undefined, wanted: number, what: string) =>
      expect(Math.abs(Number(got) - wanted), `${what} of row ${row}`).toBeLessThanOrEqual(ENTROPY_TOLERANCE)
    near(predictiveEntropy?.[row], predictive, 'predictive entropy')
    near(expectedEntropy?.[row], expected, 'expected entropy')
    near(mutualInformation?.[row], mutual, 'mutual information')
  })
}

function softmax(logits: Float32Array, classes: number): number[] {
  return Array.from(logits, (logit, i) => {
    const start = i - (i % classes)
    const row = logits.subarray(start, start + classes)
    const largest = Math.max(...row)
    return Math.exp(logit - largest) / row.reduce((sum, other) => sum + Math.exp(other - largest), 0)
  })
}

function normalize(values: Float32Array, classes: number): void {
  for (let start = 0; start < values.length; start += classes) {
    const row = values.subarray(start, start + classes)
    const total = row.reduce((sum, value) => sum + value, 0)
    for (let i = 0; i < classes; i++) row[i] /= total
  }
}
