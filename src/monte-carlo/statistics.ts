/** What CPU and GPU share of the statistics over samples: what is kept for each element, and for each row of classes. */

import { float32 } from '../elements/float32.js'

/**
 * What the numbers of an output are. `'values'`: anything, each for itself. `'probabilities'`: rows of `classes`
 * probabilities that sum to 1. `'logits'`: rows of `classes` scores, of which the softmax is taken first.
 */
export type OutputKind = 'values' | 'probabilities' | 'logits'

/** What is accumulated: plain data. */
export interface Accumulation {
  outputs: OutputKind
  /** Numbers in each output. */
  elements: number
  /** Numbers in a row; 0 with `'values'`, where there are no rows. */
  classes: number
}

/**
 * What is kept of an element, in float32 numbers: its value in the first sample, the mean of the values less that one, and
 * the sum of the squared deviations from the mean. The layout of `Moments` in shaders/statistics.wgsl.
 */
export const MOMENTS = { first: 0, mean: 1, squares: 2, size: 3 } as const

/** What is kept of a row's entropy. The layout of `Entropy` in shaders/statistics.wgsl. */
export const ENTROPY = { first: 0, mean: 1, size: 2 } as const

/** What is kept of the samples so far. */
export interface Sums {
  samples: number
  /** `MOMENTS.size` numbers for each element. */
  moments: Float32Array<ArrayBuffer>
  /** `ENTROPY.size` numbers for each row. */
  entropies: Float32Array<ArrayBuffer>
}

/** Rows in an output. */
export function rowsOf({ elements, classes }: Accumulation): number {
  return classes > 0 ? elements / classes : 0
}

/** The 32-bit numbers of an output and of what is kept of it. */
export const BYTES_PER_NUMBER = float32.bytes

export function emptySums(accumulation: Accumulation): Sums {
  return {
    samples: 0,
    moments: new Float32Array(accumulation.elements * MOMENTS.size),
    entropies: new Float32Array(rowsOf(accumulation) * ENTROPY.size),
  }
}

/** exp of this and of anything below is 0 in float32. */
export const LEAST_EXPONENT = -104
/** The least positive normal float32: what stands for a probability of 0 where a logarithm is taken. */
export const LEAST_PROBABILITY = 2 ** -126
