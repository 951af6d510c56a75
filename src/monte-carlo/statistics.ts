/** Shared by both backends of the statistics: what is stored per element and per row of classes. */

import { float32 } from '../elements/float32.js'

/**
 * What an output contains. `'values'`: independent numbers. `'probabilities'`: rows of `classes` probabilities that sum
 * to 1. `'logits'`: rows of `classes` scores, to which softmax is applied first. `'gaussian'`: rows of `targets` means
 * followed by as many log variances, the parameters of normal distributions.
 */
export type OutputKind = 'values' | 'probabilities' | 'logits' | 'gaussian'

/** Describes the outputs to accumulate. */
export interface Accumulation {
  outputs: OutputKind
  /** Elements per sample. */
  elements: number
  /** Elements per row: the classes, or two for each target of `'gaussian'`; 0 for `'values'`, which have no rows. */
  rowLength: number
  /** Whether the standard error of the mutual information is asked for, which takes another log per class. */
  settling: boolean
}

/**
 * What is stored for a mean and a variance, in float32 numbers. Both are sums of two numbers, so that a step of
 * 2^-24 of them is not lost. The variance is in units of `UNITS`. The layout of `Moments` in shaders/statistics.wgsl.
 */
export const MOMENTS = { mean: 0, meanLow: 1, variance: 2, varianceLow: 3, size: 4 } as const

/**
 * Deviations are multiplied by a power of two before they are squared, so that no square leaves float32 where the
 * variance does not: by `ordinary`, or by `large` where a value or a mean is at least `largeFrom`. A variance in the
 * second unit has a negative sign; below `leastLarge` it is converted back.
 */
export const UNITS = {
  ordinary: 2 ** 16,
  large: 2 ** -66,
  largeFrom: 2 ** 46,
  leastLarge: 2 ** -44,
} as const

/**
 * What is stored for a row of classes, in float32 numbers: the moments of the samples' entropies, how many samples
 * found each class the most probable, and if `settling` the moments of the samples' divergences from the mean.
 */
export function rowLayout({ rowLength, settling }: Pick<Accumulation, 'rowLength' | 'settling'>) {
  const divergence = MOMENTS.size + rowLength
  return {
    entropy: 0,
    votes: MOMENTS.size,
    divergence,
    size: divergence + (settling ? MOMENTS.size : 0),
  }
}

/** The accumulated state of the samples so far. */
export interface Sums {
  samples: number
  /** `MOMENTS.size` numbers for each element. */
  moments: Float32Array<ArrayBuffer>
  /** `rowLayout().size` numbers for each row of classes. */
  rows: Float32Array<ArrayBuffer>
}

export function hasClasses(outputs: OutputKind): outputs is 'probabilities' | 'logits' {
  return outputs === 'probabilities' || outputs === 'logits'
}

/** Rows of classes per sample. */
export function rowsOf({ outputs, elements, rowLength }: Accumulation): number {
  return hasClasses(outputs) ? elements / rowLength : 0
}

/** Outputs and sums are both float32. */
export const BYTES_PER_NUMBER = float32.bytes

export function emptySums(accumulation: Accumulation): Sums {
  return {
    samples: 0,
    moments: new Float32Array(accumulation.elements * MOMENTS.size),
    rows: new Float32Array(rowsOf(accumulation) * rowLayout(accumulation).size),
  }
}

/** The number by which a step of sample `sample` (counted from 1) is multiplied. It is 1 only in the first sample. */
export function reciprocalOf(sample: number): number {
  return Math.fround(1 / sample)
}

/** The mean of the moments that start at `at`. */
export function meanOf(moments: Float32Array, at: number): number {
  return moments[at + MOMENTS.mean] + moments[at + MOMENTS.meanLow]
}

/** The population variance of the moments that start at `at`. */
export function varianceOf(moments: Float32Array, at: number): number {
  const variance = moments[at + MOMENTS.variance]
  const low = moments[at + MOMENTS.varianceLow]
  return variance < 0 ? (low - variance) / UNITS.large ** 2 : (variance + low) / UNITS.ordinary ** 2
}

/** exp of this or anything lower is 0 in float32. */
export const LEAST_EXPONENT = -104
/** The smallest normal float32: replaces a probability of 0 in logarithms. */
export const LEAST_PROBABILITY = 2 ** -126
