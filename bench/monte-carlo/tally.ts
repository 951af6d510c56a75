/** Statistics of samples in plain JavaScript, as a user with the logits of each sample at hand would write them. */

import type { Prediction } from './predictor.js'

export function createTally(rows: number, classes: number) {
  const sum = new Float64Array(rows * classes)
  const squares = new Float64Array(rows * classes)
  const entropies = new Float64Array(rows)
  const p = new Float64Array(classes)
  let samples = 0
  return {
    /** Adds the logits of one sample, [rows, classes]. */
    add(logits: Float32Array): void {
      samples++
      for (let row = 0; row < rows; row++) {
        const start = row * classes
        softmax(logits.subarray(start, start + classes), p)
        entropies[row] += entropy(p)
        for (let i = 0; i < classes; i++) {
          sum[start + i] += p[i]
          squares[start + i] += p[i] ** 2
        }
      }
    },
    read(): Prediction {
      const mean = Float32Array.from(sum, (value) => value / samples)
      return {
        mean,
        variance: Float32Array.from(squares, (value, i) => value / samples - (sum[i] / samples) ** 2),
        mutualInformation: Float32Array.from(
          entropies,
          (value, row) => entropy(mean.subarray(row * classes, (row + 1) * classes)) - value / samples,
        ),
      }
    },
  }
}

function softmax(logits: Float32Array, p: Float64Array): void {
  const highest = Math.max(...logits)
  let total = 0
  for (let i = 0; i < p.length; i++) total += p[i] = Math.exp(logits[i] - highest)
  for (let i = 0; i < p.length; i++) p[i] /= total
}

/** In nats. */
function entropy(p: ArrayLike<number>): number {
  let result = 0
  for (let i = 0; i < p.length; i++) if (p[i] > 0) result -= p[i] * Math.log(p[i])
  return result
}
