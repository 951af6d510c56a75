/** Mean and variance of many outputs by their definitions, and a check against them. */

import { expect } from 'vitest'
import type { Prediction } from '../../src/monte-carlo/index.js'

/** In units of the values' spread: some units of 2^-24. A mean's own rounding comes on top. */
const MEAN_TOLERANCE = 1e-6
const VARIANCE_TOLERANCE = 2e-6

/** Outputs of `of(u)`, u uniform in [0, 1), from a seeded generator (xorshift32). */
export function randomOutputs(samples: number, length: number, seed: number, of: (u: number) => number) {
  let state = (seed * 2654435761 + 1013904223) >>> 0 || 1
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  return Array.from({ length: samples }, () => Float32Array.from({ length }, () => of(next())))
}

/** Mean and population variance of each element, by their definitions in double precision. */
export function judgeMoments(outputs: readonly ArrayLike<number>[]) {
  const overPasses = (of: (value: number, i: number) => number) =>
    Array.from(
      outputs[0],
      (_, i) => outputs.reduce((sum, output) => sum + of(output[i], i), 0) / outputs.length,
    )
  const mean = overPasses((value) => value)
  return { mean, variance: overPasses((value, i) => (value - mean[i]) ** 2) }
}

/** `atLeast`: an absolute error that is allowed besides, where the values themselves are computed. */
export function expectMoments(result: Prediction, outputs: readonly ArrayLike<number>[], atLeast = 0): void {
  const { mean, variance } = judgeMoments(outputs)
  expect(result.samples).toBe(outputs.length)
  expect(result.mean).toHaveLength(mean.length)
  expect(result.variance).toHaveLength(mean.length)
  expect(result.std).toHaveLength(mean.length)
  mean.forEach((expected, i) => {
    const spread = Math.sqrt(variance[i])
    const tolerance = MEAN_TOLERANCE * spread + 2 ** -23 * Math.abs(expected) + atLeast
    expect(Math.abs(result.mean[i] - expected), `mean[${i}]`).toBeLessThanOrEqual(tolerance)
    const most = VARIANCE_TOLERANCE * variance[i] + 2 * spread * atLeast + atLeast ** 2
    expect(Math.abs(result.variance[i] - variance[i]), `variance[${i}]`).toBeLessThanOrEqual(most)
    const mostOfStd = VARIANCE_TOLERANCE * spread + atLeast
    expect(Math.abs(result.std[i] - spread), `std[${i}]`).toBeLessThanOrEqual(mostOfStd)
  })
}
