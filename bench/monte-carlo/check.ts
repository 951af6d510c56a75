/**
 * Checks Monte Carlo predictions: of the digits against PyTorch's for the same images and as many samples, and all against
 * each other.
 */

import { samples as expected } from '../../models/digits/expected.json'
import type { Network } from '../networks/network.js'
import type { Prediction, Predictor } from './predictor.js'

/** Standard errors that a mean may be off. `expected.bound` says 5, which none of 1000 experiments exceeded. */
const Z_LIMIT = 6
/** The most that the variance of all rows may differ from PyTorch's, as a factor: for a plain digit it comes from few samples. */
const VARIANCE_RATIO = 2
/** The same between two predictions, both of which vary. */
const RATIO_OF_TWO = 3
/** Probabilities of two runtimes agree within this, if nothing is random. */
const ROUNDING = 1e-4

/** Says what is wrong with a prediction; the first that is right is what the later ones are compared with. */
export function createChecks(network: Network, samples: number) {
  const { rows, classes, images } = network
  let first: { name: string; prediction: Prediction } | undefined
  return ({ name, role }: Pick<Predictor, 'name' | 'role'>, prediction: Prediction): string | undefined => {
    const wrong = checkForm(prediction, rows, classes)
    if (wrong) return wrong
    if (role === 'baseline') return first && checkOneRun(prediction, first.prediction)
    const found =
      (images && checkPrediction(prediction, images, samples)) ??
      (first && checkAgreement(prediction, first, samples))
    if (found === undefined) first ??= { name, prediction }
    return found
  }
}

/** Whether it has the right size, and the probabilities of each row add up to 1. */
function checkForm({ mean, variance, mutualInformation }: Prediction, rows: number, classes: number) {
  const sizes = [mean.length / classes, variance.length / classes, mutualInformation.length]
  if (sizes.some((size) => size !== rows)) return `it has ${sizes.join(', ')} rows, not ${rows}`
  for (let row = 0; row < rows; row++) {
    const total = mean.subarray(row * classes, (row + 1) * classes).reduce((sum, p) => sum + p, 0)
    if (!(Math.abs(total - 1) <= ROUNDING * 10))
      return `the mean probabilities of row ${row} add up to ${total}`
  }
  return undefined
}

/** Whether the probabilities without dropout are among those with it. */
export function checkOneRun({ mean }: Prediction, other: Prediction): string | undefined {
  const at = mean.findIndex((p, i) => {
    const sd = Math.sqrt(Math.max(other.variance[i], 0))
    return !(Math.abs(p - other.mean[i]) <= Z_LIMIT * sd + ROUNDING)
  })
  return at === -1 ? undefined : `probability ${at} is ${mean[at]}, and with dropout ${other.mean[at]}`
}

/** Checks a prediction against another of as many samples, within the sampling error of both. */
export function checkAgreement(
  prediction: Prediction,
  { name, prediction: other }: { name: string; prediction: Prediction },
  samples: number,
): string | undefined {
  const { mean, variance, mutualInformation } = prediction
  const at = mean.findIndex((p, i) => {
    const error = Math.sqrt(Math.max(variance[i] + other.variance[i], 0) / samples)
    return !(Math.abs(p - other.mean[i]) <= Z_LIMIT * error + ROUNDING)
  })
  if (at !== -1) return `mean probability ${at} is ${mean[at]}, and that of ${name} is ${other.mean[at]}`
  for (const [what, ours, theirs] of [
    ['variance', variance, other.variance],
    ['mutual information', mutualInformation, other.mutualInformation],
  ] as const) {
    const [a, b] = [ours, theirs].map((values) => values.reduce((sum, value) => sum + value, 0))
    if (!(a > b / RATIO_OF_TWO && a < b * RATIO_OF_TWO)) {
      return `the ${what} of all rows is ${a}, and that of ${name} is ${b}`
    }
  }
  return undefined
}

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
