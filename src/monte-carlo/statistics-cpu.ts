/**
 * Statistics over samples on the CPU. GPU counterpart: shaders/statistics.wgsl, with the same float32 operations in the
 * same order.
 */

import { addToMoments } from './moments.js'
import {
  type Accumulation,
  LEAST_EXPONENT,
  LEAST_PROBABILITY,
  MOMENTS,
  reciprocalOf,
  rowLayout,
  type Sums,
} from './statistics.js'

const { fround } = Math

/** Adds the outputs of one or more samples, one after the other in `x`. */
export function accumulate(sums: Sums, x: Float32Array, accumulation: Accumulation, samples = 1): void {
  const { outputs, elements, rowLength } = accumulation
  for (let sample = 0; sample < samples; sample++) {
    sums.samples++
    const output = x.subarray(sample * elements, (sample + 1) * elements)
    const reciprocal = reciprocalOf(sums.samples)
    if (outputs === 'values') addElements(sums, 0, output, reciprocal)
    else if (outputs === 'gaussian') addElements(sums, 0, toVariances(output, rowLength), reciprocal)
    else addRows(sums, output, accumulation, reciprocal)
  }
}

/** Replaces the second half of each row, the log variances, by the variances. */
function toVariances(x: Float32Array, rowLength: number): Float32Array {
  return x.map((value, i) =>
    i % rowLength < rowLength / 2 ? value : Math.exp(Math.max(value, LEAST_EXPONENT)),
  )
}

function addRows(sums: Sums, x: Float32Array, accumulation: Accumulation, reciprocal: number): void {
  const { outputs, rowLength, settling } = accumulation
  const { moments, rows } = sums
  const layout = rowLayout(accumulation)
  for (let start = 0, at = 0; start < x.length; start += rowLength, at += layout.size) {
    const scores = x.subarray(start, start + rowLength)
    const { p, entropy } = outputs === 'logits' ? softmax(scores) : probabilities(scores)
    addElements(sums, start, p, reciprocal)
    addToMoments(rows, at + layout.entropy, entropy, reciprocal)
    if (!Number.isNaN(entropy)) rows[at + layout.votes + indexOfLargest(scores)]++
    if (!settling) continue
    let cross = 0
    for (let i = 0; i < rowLength; i++) {
      const mean = moments[(start + i) * MOMENTS.size + MOMENTS.mean]
      cross = fround(cross + fround(p[i] * logOf(mean)))
    }
    addToMoments(rows, at + layout.divergence, fround(-cross - entropy), reciprocal)
  }
}

interface Row {
  p: Float32Array
  /** NaN if any score makes it meaningless. */
  entropy: number
}

function probabilities(p: Float32Array): Row {
  let surprise = 0
  let highest = 0
  for (const value of p) {
    highest = Math.max(highest, Math.abs(value))
    surprise = fround(surprise + fround(value * logOf(value)))
  }
  return { p, entropy: Number.isFinite(highest) ? -surprise : Number.NaN }
}

/** With p = exp(d) / total, the entropy is log(total) - sum of p d: one log per row, and never of a tiny p. */
function softmax(logits: Float32Array): Row {
  const classes = logits.length
  const d = new Float32Array(classes)
  const p = new Float32Array(classes)
  let largest = logits[0]
  for (const logit of logits) largest = Math.max(largest, logit)
  let total = 0
  for (let i = 0; i < classes; i++) {
    d[i] = Math.max(fround(logits[i] - largest), LEAST_EXPONENT)
    p[i] = Math.exp(d[i])
    total = fround(total + p[i])
  }
  let weighted = 0
  for (let i = 0; i < classes; i++) {
    p[i] /= total
    weighted = fround(weighted + fround(p[i] * d[i]))
  }
  return { p, entropy: fround(fround(Math.log(total)) - weighted) }
}

function logOf(p: number): number {
  return fround(Math.log(Math.max(p, LEAST_PROBABILITY)))
}

/** The first, if several are the largest. */
function indexOfLargest(values: Float32Array): number {
  let largest = 0
  for (let i = 1; i < values.length; i++) if (values[i] > values[largest]) largest = i
  return largest
}

function addElements({ moments }: Sums, start: number, values: Float32Array, reciprocal: number): void {
  for (let i = 0; i < values.length; i++) {
    addToMoments(moments, (start + i) * MOMENTS.size, values[i], reciprocal)
  }
}
