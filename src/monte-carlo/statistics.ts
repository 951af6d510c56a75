/** Shared by both backends of the statistics: what is stored per element and per row of classes. */

import { float32 } from '../elements/float32.js'

/**
 * What an output contains. `'values'`: independent numbers. `'probabilities'`: rows of `classes` probabilities that sum
 * to 1. `'logits'`: rows of `classes` scores, to which softmax is applied first.
 */
export type OutputKind = 'values' | 'probabilities' | 'logits'

/** Describes the outputs to accumulate. */
export interface Accumulation {
  outputs: OutputKind
  /** Elements per output. */
  elements: number
  /** Elements per row; 0 for `'values'`, which have no rows. */
  classes: number
}

/**
 * What is stored per element, in float32 numbers: its value in the first sample, the mean of its values minus that one,
 * and the sum of squared deviations from the mean. The layout of `Moments` in shaders/statistics.wgsl.
 */
export const MOMENTS = { first: 0, mean: 1, squares: 2, size: 3 } as const

/** What is stored for the entropy of a row. The layout of `Entropy` in shaders/statistics.wgsl. */
export const ENTROPY = { first: 0, mean: 1, size: 2 } as const

/** The accumulated state of the samples so far. */
export interface Sums {
  samples: number
  /** `MOMENTS.size` numbers for each element. */
  moments: Float32Array<ArrayBuffer>
  /** `ENTROPY.size` numbers for each row. */
  entropies: Float32Array<ArrayBuffer>
}

/** Rows per output. */
export function rowsOf({ elements, classes }: Accumulation): number {
  return classes > 0 ? elements / classes : 0
}

/** Outputs and sums are both float32. */
export const BYTES_PER_NUMBER = float32.bytes

export function emptySums(accumulation: Accumulation): Sums {
  return {
    samples: 0,
    moments: new Float32Array(accumulation.elements * MOMENTS.size),
    entropies: new Float32Array(rowsOf(accumulation) * ENTROPY.size),
  }
}

/** exp of this or anything lower is 0 in float32. */
export const LEAST_EXPONENT = -104
/** The smallest normal float32: replaces a probability of 0 in logarithms. */
export const LEAST_PROBABILITY = 2 ** -126
