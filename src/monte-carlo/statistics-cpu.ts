/**
 * Statistics over samples on the CPU. GPU counterpart: shaders/statistics.wgsl, with the same float32 operations in the
 * same order.
 */

import { kernelFor } from '../simd/choice.js'
import { addToMoments } from './moments.js'
import { addValues, momentsModule } from './moments-windows.js'
import {
  type Accumulation,
  hasClasses,
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
  const kernel = hasClasses(outputs) ? undefined : kernelFor(elements, momentsModule)
  if (kernel) {
    addValues(kernel, sums, x, elements, samples, (values, first) => {
      if (rowLength === 0) return
      for (let i = 0; i < values.length; i++) {
        if (isLogVariance(first + i, rowLength)) values[i] = varianceFrom(values[i])
      }
    })
    return
  }
  const addRow = hasClasses(outputs) ? rowAdder(sums, x, accumulation) : undefined
  for (let sample = 0; sample < samples; sample++) {
    const reciprocal = reciprocalOf(++sums.samples)
    const start = sample * elements
    if (addRow) {
      for (let row = 0; row < elements / rowLength; row++) addRow(row, start + row * rowLength, reciprocal)
      continue
    }
    for (let i = 0; i < elements; i++) {
      const value = x[start + i]
      const added = isLogVariance(i, rowLength) ? varianceFrom(value) : value
      addToMoments(sums.moments, i * MOMENTS.size, added, reciprocal)
    }
  }
}

/** Whether an element of `'gaussian'` is one; `'values'` have rows of length 0. */
function isLogVariance(element: number, rowLength: number): boolean {
  return rowLength > 0 && element % rowLength >= rowLength / 2
}

function varianceFrom(logVariance: number): number {
  return fround(Math.exp(Math.max(logVariance, LEAST_EXPONENT)))
}

/** Returns a function that adds the row of classes which starts at `start` of `x`. */
function rowAdder({ moments, rows }: Sums, x: Float32Array, accumulation: Accumulation) {
  const { outputs, rowLength, settling } = accumulation
  const layout = rowLayout(accumulation)
  const readRow = outputs === 'logits' ? softmaxRow : probabilitiesRow
  const p = new Float32Array(rowLength)
  const d = new Float32Array(rowLength)
  return (row: number, start: number, reciprocal: number) => {
    const entropy = readRow(x, start, p, d)
    const first = row * rowLength
    for (let i = 0; i < rowLength; i++) addToMoments(moments, (first + i) * MOMENTS.size, p[i], reciprocal)
    const at = row * layout.size
    addToMoments(rows, at + layout.entropy, entropy, reciprocal)
    rows[at + layout.votes + indexOfLargest(x, start, rowLength)]++
    if (!settling) return
    let cross = 0
    for (let i = 0; i < rowLength; i++) {
      const mean = moments[(first + i) * MOMENTS.size + MOMENTS.mean]
      cross = fround(cross + fround(p[i] * logOf(mean)))
    }
    addToMoments(rows, at + layout.divergence, fround(-cross - entropy), reciprocal)
  }
}

/** Copies the row to `p`. Returns its entropy: NaN if a probability is not finite. */
function probabilitiesRow(x: Float32Array, start: number, p: Float32Array): number {
  let surprise = 0
  let finite = true
  for (let i = 0; i < p.length; i++) {
    p[i] = x[start + i]
    finite &&= Number.isFinite(p[i])
    surprise = fround(surprise + fround(p[i] * logOf(p[i])))
  }
  return finite ? -surprise : Number.NaN
}

/**
 * Writes the softmax of the row to `p`. Returns its entropy: NaN if there is no softmax. With p = exp(d) / total, the
 * entropy is log(total) - sum of p d: one log per row, and never of a tiny p.
 */
function softmaxRow(x: Float32Array, start: number, p: Float32Array, d: Float32Array): number {
  const classes = p.length
  let largest = x[start]
  for (let i = 1; i < classes; i++) largest = Math.max(largest, x[start + i])
  let total = 0
  for (let i = 0; i < classes; i++) {
    d[i] = Math.max(fround(x[start + i] - largest), LEAST_EXPONENT)
    p[i] = Math.exp(d[i])
    total = fround(total + p[i])
  }
  let weighted = 0
  for (let i = 0; i < classes; i++) {
    p[i] /= total
    weighted = fround(weighted + fround(p[i] * d[i]))
  }
  return fround(fround(Math.log(total)) - weighted)
}

function logOf(p: number): number {
  return fround(Math.log(Math.max(p, LEAST_PROBABILITY)))
}

/** The first of the row, if several are the largest. */
function indexOfLargest(x: Float32Array, start: number, length: number): number {
  let largest = 0
  for (let i = 1; i < length; i++) if (x[start + i] > x[start + largest]) largest = i
  return largest
}
