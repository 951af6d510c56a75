/** From the moments of the samples to what a user wants to know. */

import { type Accumulation, ENTROPY, MOMENTS, type Sums } from './statistics.js'

/**
 * The statistics of the samples. Variances are the population's, divided by `samples` (as numpy.var, tf.nn.moments).
 *
 * @typeParam Values how numbers are held: an array here, tensors in noiseshape/tfjs
 */
export type Prediction<Values = Float32Array<ArrayBuffer>> = {
  /** How many samples it is of. */
  samples: number
  /** Of each element over the samples; with `'logits'` of the probabilities. */
  mean: Values
  /** Of each element over the samples, divided by `samples`; with `'logits'` of the probabilities. */
  variance: Values
  /** H(mean p), one per row, in nats: how unsure the prediction is in all. With `classes` only. */
  predictiveEntropy?: Values
  /** Mean of H(p), one per row, in nats: how unsure each sampled network is by itself, because of noise in the data. */
  expectedEntropy?: Values
  /** Their difference, >= 0, one per row, in nats: how much the sampled networks disagree. */
  mutualInformation?: Values
}

/** How far a prediction is. */
export interface PredictionProgress<P = Prediction> {
  /** Samples accumulated, 1 to `samples`. */
  done: number
  /** Samples in all. */
  samples: number
  /** The statistics of the samples so far, as they are when it is called. Rejects once the prediction is over. */
  read(): Promise<P>
}

/** The statistics of what was accumulated, in double precision, rounded to float32 once. */
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
    mutualInformation[row] = Math.max(predictive - expected, 0) // entropy is concave, but both were rounded
  }
  return { samples, mean, variance, predictiveEntropy, expectedEntropy, mutualInformation }
}

function meanOf(moments: Float32Array, element: number): number {
  const at = element * MOMENTS.size
  return moments[at + MOMENTS.first] + moments[at + MOMENTS.mean]
}

/** H(p) = -sum of p ln p of the mean probabilities of a row, where 0 ln 0 is 0. */
function entropyOfMean(moments: Float32Array, start: number, classes: number): number {
  let entropy = 0
  for (let i = start; i < start + classes; i++) {
    const p = meanOf(moments, i)
    if (p !== 0) entropy -= p * Math.log(p)
  }
  return Math.max(entropy, 0)
}
