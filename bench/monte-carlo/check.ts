/** Checks a Monte Carlo prediction against PyTorch's for the same images and as many samples. */

import { samples as expected } from '../../models/digits/expected.json'
import type { Prediction } from './predictor.js'

/** Standard errors that a mean may be off. `expected.bound` says 5, which none of 1000 experiments exceeded. */
const Z_LIMIT = 6
/** The most that the variance of all rows may differ from PyTorch's, as a factor: for a plain digit it comes from few samples. */
const VARIANCE_RATIO = 2

/**
 * Checks means and mutual information against PyTorch's, within sampling error, and that the variance is about the same.
 *
 * @param rows the image of each row, as its index in models/digits/samples.json
 */
export function checkPrediction(
  { mean, variance, mutualInformation }: Prediction,
  rows: readonly number[],
  samples: number,
): string | undefined {
  const { probability, bound } = expected
  const classes = probability.mean[0].length
  const sizes = [mean.length / classes, variance.length / classes, mutualInformation.length]
  if (sizes.some((size) => size !== rows.length)) return `it has ${sizes.join(', ')} rows, not ${rows.length}`
  let [total, wanted] = [0, 0]
  for (const [row, image] of rows.entries()) {
    for (let digit = 0; digit < classes; digit++) {
      const value = mean[row * classes + digit]
      const [should, sd] = [probability.mean[image][digit], probability.sdOfOnePass[image][digit]]
      if (!(Math.abs(value - should) <= (Z_LIMIT * sd) / Math.sqrt(samples) + bound.allowance)) {
        return `the mean probability of ${digit} in row ${row} is ${value}, and PyTorch's ${should}`
      }
      total += variance[row * classes + digit]
      wanted += sd ** 2
    }
    const [value, should] = [mutualInformation[row], expected.mutualInformation.mean[image]]
    const sd = expected.mutualInformation.sd[image] * Math.sqrt(expected.passes / samples)
    if (!(Math.abs(value - should) <= Z_LIMIT * sd)) {
      return `the mutual information of row ${row} is ${value}, and PyTorch's ${should}`
    }
  }
  if (!(total > wanted / VARIANCE_RATIO && total < wanted * VARIANCE_RATIO)) {
    return `the variance of all rows is ${total}, and PyTorch's ${wanted}`
  }
  return undefined
}
