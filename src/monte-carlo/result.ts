/** From the moments of the passes to what a user asks of them. */

import { type Accumulation, ENTROPY, MOMENTS, type Sums } from '../statistics.js'

/** What the passes say together. Variances are the population's, divided by `samples` (as numpy.var, tf.nn.moments). */
export interface MonteCarloResult {
  /** Passes that are in it. */
  samples: number
  /** Of each element over the passes; with `'logits'` of the probabilities. */
  mean: Float32Array<ArrayBuffer>
  /** Of each element over the passes, divided by `samples`; with `'logits'` of the probabilities. */
  variance: Float32Array<ArrayBuffer>
  /** H(mean p), one per row, in nats: how unsure the prediction is in all. With `classes` only. */
  predictiveEntropy?: Float32Array<ArrayBuffer>
  /** Mean of H(p), one per row, in nats: what stays unsure for any one network, the data's own noise. */
  expectedEntropy?: Float32Array<ArrayBuffer>
  /** Their difference, >= 0, one per row, in nats: how far the networks disagree. */
  mutualInformation?: Float32Array<ArrayBuffer>
}

/** What the sums over the passes say. In double precision, and rounded to float32 once. */
export function resultOf(sums: Sums, { classes }: Accumulation): MonteCarloResult {
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
