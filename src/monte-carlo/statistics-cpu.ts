/**
 * Statistics over samples on the CPU. GPU counterpart: shaders/statistics.wgsl, with the same float32 operations in the
 * same order.
 */

import {
  type Accumulation,
  ENTROPY,
  LEAST_EXPONENT,
  LEAST_PROBABILITY,
  MOMENTS,
  type Sums,
} from './statistics.js'

/** Adds the output of one more sample. */
export function accumulate(sums: Sums, x: Float32Array, { outputs, classes }: Accumulation): void {
  sums.samples++
  const update = {
    moments: sums.moments,
    entropies: sums.entropies,
    reciprocal: Math.fround(1 / sums.samples),
  }
  if (outputs === 'values') addElements(update, 0, x)
  else if (outputs === 'probabilities') accumulateProbabilities(update, x, classes)
  else accumulateLogits(update, x, classes)
}

interface Update {
  moments: Float32Array
  entropies: Float32Array
  /** 1 / the number of this sample, counted from 1; it is 1 only in the first sample. */
  reciprocal: number
}

function accumulateProbabilities(update: Update, x: Float32Array, classes: number): void {
  addElements(update, 0, x)
  for (let start = 0, row = 0; start < x.length; start += classes, row++) {
    let surprise = 0
    for (let i = start; i < start + classes; i++) {
      const logarithm = Math.fround(Math.log(Math.max(x[i], LEAST_PROBABILITY)))
      surprise = Math.fround(surprise + Math.fround(x[i] * logarithm))
    }
    addEntropy(update, row, -surprise)
  }
}

/** With p = exp(d) / total, the entropy is log(total) - sum of p d: one log per row, and never of a tiny p. */
function accumulateLogits(update: Update, x: Float32Array, classes: number): void {
  const d = new Float32Array(classes)
  const p = new Float32Array(classes)
  for (let start = 0, row = 0; start < x.length; start += classes, row++) {
    let largest = x[start]
    for (let i = 1; i < classes; i++) largest = Math.max(largest, x[start + i])
    let total = 0
    for (let i = 0; i < classes; i++) {
      d[i] = Math.max(Math.fround(x[start + i] - largest), LEAST_EXPONENT)
      p[i] = Math.exp(d[i])
      total = Math.fround(total + p[i])
    }
    let weighted = 0
    for (let i = 0; i < classes; i++) {
      p[i] /= total
      weighted = Math.fround(weighted + Math.fround(p[i] * d[i]))
    }
    addElements(update, start, p)
    addEntropy(update, row, Math.fround(Math.fround(Math.log(total)) - weighted))
  }
}

/** Welford's update (1962), on values minus those of the first sample: see shaders/statistics.wgsl. */
function addElements({ moments, reciprocal }: Update, start: number, values: Float32Array): void {
  let at = start * MOMENTS.size
  for (let i = 0; i < values.length; i++, at += MOMENTS.size) {
    if (reciprocal === 1) {
      moments[at + MOMENTS.first] = values[i]
      continue
    }
    const mean = moments[at + MOMENTS.mean]
    const shifted = Math.fround(values[i] - moments[at + MOMENTS.first])
    const delta = Math.fround(shifted - mean)
    const newMean = Math.fround(mean + Math.fround(delta * reciprocal))
    moments[at + MOMENTS.mean] = newMean
    moments[at + MOMENTS.squares] += Math.fround(delta * Math.fround(shifted - newMean))
  }
}

function addEntropy({ entropies, reciprocal }: Update, row: number, entropy: number): void {
  const at = row * ENTROPY.size
  if (reciprocal === 1) {
    entropies[at + ENTROPY.first] = entropy
    return
  }
  const mean = entropies[at + ENTROPY.mean]
  const delta = Math.fround(Math.fround(entropy - entropies[at + ENTROPY.first]) - mean)
  entropies[at + ENTROPY.mean] = mean + Math.fround(delta * reciprocal)
}
