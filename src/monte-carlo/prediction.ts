/** Turns the accumulated moments into a prediction: mean, variance and entropies. */

import { type Accumulation, ENTROPY, MOMENTS, type Sums } from './statistics.js'

/**
 * The statistics of the samples. Variances are population variances (divided by `samples`, like numpy.var and
 * tf.nn.moments).
 *
 * @typeParam Values the container of the numbers: an array here, a tensor in noiseshape/tfjs
 */
export type Prediction<Values = Float32Array<ArrayBuffer>> = {
  /** Number of samples. */
  samples: number
  /** Mean of each element over the samples; for `'logits'`, of the probabilities. */
  mean: Values
  /** Population variance of each element over the samples; for `'logits'`, of the probabilities. */
  variance: Values
  /** H(mean of p), one per row, in nats: the total uncertainty of the prediction. Only with `classes`. */
  predictiveEntropy?: Values
  /** Mean of H(p), one per row, in nats: the uncertainty within each sampled network, from noise in the data. */
  expectedEntropy?: Values
  /** Their difference, >= 0, one per row, in nats: how much the sampled networks disagree. */
  mutualInformation?: Values
}

/** Progress of a prediction. */
export interface PredictionProgress<P = Prediction> {
  /** Samples accumulated, 1 to `samples`. */
  done: number
  /** Total number of samples. */
  samples: number
  /** The statistics of the samples accumulated before the call. Rejects once the run is over. */
  read(): Promise<P>
}

/** Computes the statistics in double precision and rounds them to float32 once. */
export function predictionOf(sums: Sums, { classes }: Accumulation): Prediction {
  const { samples, moments, entropies } = sums
  const elements = moments.length / MOMENTS.size
  const mean = new Float32Array(elements)
  const variance = new Float32Array(elements)
  for (let i = 0; i < elements; i++) {
    mean[i] = meanOf(moments, i)
    variance[i] = moments[i * MOMENTS.size + MOMENTS.squares] / samples
  }
  if (classes === 0) return { samples, mean, variance }

  const rows = elements / classes
  const predictiveEntropy = new Float32Array(rows)
  const expectedEntropy = new Float32Array(rows)
  const mutualInformation = new Float32Array(rows)
  for (let row = 0; row < rows; row++) {
    const predictive = entropyOfMean(moments, row * classes, classes)
    const at = row * ENTROPY.size
    const expected = Math.max(entropies[at + ENTROPY.first] + entropies[at + ENTROPY.mean], 0)
    predictiveEntropy[row] = predictive
    expectedEntropy[row] = expected
    mutualInformation[row] = Math.max(predictive - expected, 0) // only rounding makes it negative
  }
  return { samples, mean, variance, predictiveEntropy, expectedEntropy, mutualInformation }
}

function meanOf(moments: Float32Array, element: number): number {
  const at = element * MOMENTS.size
  return moments[at + MOMENTS.first] + moments[at + MOMENTS.mean]
}

/** H(p) = -sum of p ln p for the mean probabilities of a row, with 0 ln 0 = 0. */
function entropyOfMean(moments: Float32Array, start: number, classes: number): number {
  let entropy = 0
  for (let i = start; i < start + classes; i++) {
    const p = meanOf(moments, i)
    if (p !== 0) entropy -= p * Math.log(p)
  }
  return Math.max(entropy, 0)
}
