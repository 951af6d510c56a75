/** Quantiles of each element over the samples. */

import type { Accumulation } from './statistics.js'

/**
 * The quantiles of each element, [quantiles, ...output], with linear interpolation between the two nearest samples: the
 * default of numpy.quantile, type 7 of Hyndman and Fan (The American Statistician 50, 1996). NaN where a sample is NaN.
 *
 * @param samples the outputs of all samples, one after the other; logits are turned into probabilities first
 * @param quantiles numbers in [0, 1]
 */
export function quantilesOf(
  samples: Float32Array,
  { outputs, elements, rowLength }: Accumulation,
  quantiles: readonly number[],
): Float32Array<ArrayBuffer> {
  const result = new Float32Array(quantiles.length * elements)
  const count = elements > 0 ? samples.length / elements : 0
  const values = outputs === 'logits' ? softmax(samples, rowLength) : samples
  const column = new Float64Array(count)
  for (let i = 0; i < elements; i++) {
    for (let sample = 0; sample < count; sample++) column[sample] = values[sample * elements + i]
    column.sort() // by value, NaN last
    quantiles.forEach((quantile, q) => {
      result[q * elements + i] = quantileOf(column, quantile)
    })
  }
  return result
}

function quantileOf(sorted: Float64Array, quantile: number): number {
  const last = sorted.length - 1
  if (Number.isNaN(sorted[last])) return Number.NaN
  const place = quantile * last
  const below = sorted[Math.floor(place)]
  const above = sorted[Math.ceil(place)]
  return below === above ? below : below + (above - below) * (place - Math.floor(place))
}

function softmax(logits: Float32Array, classes: number): Float64Array {
  const p = new Float64Array(logits.length)
  for (let start = 0; start < logits.length; start += classes) {
    const row = logits.subarray(start, start + classes)
    const largest = row.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY)
    let total = 0
    row.forEach((logit, i) => {
      p[start + i] = Math.exp(logit - largest)
      total += p[start + i]
    })
    for (let i = start; i < start + classes; i++) p[i] /= total
  }
  return p
}
