/**
 * The statistics of Monte Carlo dropout against their definitions in double precision, in two passes over all outputs.
 * The same for outputs in arrays and in GPUBuffers.
 */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { carriers } from '#carriers'
import type { Engine } from '../../src/engine.js'
import { type MonteCarloOptions, monteCarlo, type Prediction } from '../../src/monte-carlo/index.js'
import type { Carry } from '../support/carriers'
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
  const run = (outputs: readonly Float32Array[], options: Partial<MonteCarloOptions> = {}) =>
    monteCarlo(engine, {
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
