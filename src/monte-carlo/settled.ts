/** Stopping when settled: at which counts it is asked, and the standard errors that are compared with the tolerance. */

import { type Accumulation, MOMENTS, rowLayout, type Sums, varianceOf } from './statistics.js'

/** The first count at which it is asked: with fewer samples, a standard error is too uncertain itself. */
const FIRST_CHECK = 16

/**
 * The number of samples at which it is asked next, after `done` of them: 16, 32, 64, ... and the last. The options alone
 * decide this, so that the same seed gives the same number of samples on every machine.
 */
export function nextCheck(done: number, max: number): number {
  let check = FIRST_CHECK
  while (check <= done) check *= 2
  return Math.min(check, max)
}

/**
 * The largest standard error of a mean, and with classes of a mutual information. NaN if one of them is, so that they
 * never seem settled. One sample has an infinite standard error.
 *
 * Of a mean, it is the root of variance / (samples - 1). The mutual information is the mean over the samples of the
 * divergence of their probabilities from the mean probabilities, KL(p || mean of p); its standard error is that of this
 * mean, where each divergence is from the mean up to its sample.
 */
export function standardErrorOf({ samples, moments, rows }: Sums, accumulation: Accumulation): number {
  const { outputs, rowLength } = accumulation
  const layout = rowLayout(accumulation)
  let largest = 0
  for (let at = 0; at < moments.length; at += MOMENTS.size) {
    const isVariance = outputs === 'gaussian' && (at / MOMENTS.size) % rowLength >= rowLength / 2
    if (!isVariance) largest = Math.max(largest, varianceOf(moments, at))
  }
  for (let at = layout.divergence; at < rows.length; at += layout.size) {
    largest = Math.max(largest, varianceOf(rows, at))
  }
  return samples > 1 ? Math.sqrt(largest / (samples - 1)) : Number.POSITIVE_INFINITY
}
