/** Noise shapes: open entries, right alignment and the spatial presets. Independent of any device. */

import { type DataFormat, type NoiseShape, readDataFormat, readNoiseShape, readShape } from './options.js'
import { reject } from './validation.js'

/**
 * Resolves a noise shape against the shape of its tensor, by NumPy's broadcasting rules: a shorter noise shape is
 * aligned to the right; `null`, `undefined` and `-1` take the tensor's size.
 *
 * @param shape the tensor's shape, rank 0 to 8
 * @param noiseShape each entry 1, the tensor's size, or open; default: the tensor's shape
 * @returns the full noise shape, of the tensor's rank
 * @throws RangeError for a higher rank, or an entry that is neither 1 nor the tensor's size; TypeError for a wrong type
 */
export function resolveNoiseShape(shape: readonly number[], noiseShape?: NoiseShape | null): number[] {
  return readNoiseShape(readShape(shape), noiseShape)
}

/**
 * The noise shape of Keras' SpatialDropout1D, 2D and 3D: one flag per example and channel, shared by all positions.
 *
 * @param shape rank 3 (1D), 4 (2D) or 5 (3D), the batch first
 * @param dataFormat `'channelsLast'` (default): [b, ..., channels]; `'channelsFirst'`: [b, channels, ...]
 * @param rank the required rank; default: 3, 4 or 5
 * @throws RangeError for any other rank
 */
export function spatialNoiseShape(
  shape: readonly number[],
  dataFormat?: DataFormat,
  rank?: number,
): number[] {
  return spatialSizes(readShape(shape), readDataFormat(dataFormat), rank)
}

const LAYOUTS = ['[b, steps, ch]', '[b, h, w, ch]', '[b, d, h, w, ch]']

/** `spatialNoiseShape` for validated arguments. */
export function spatialSizes(sizes: readonly number[], dataFormat: DataFormat, rank?: number): number[] {
  if (rank === undefined ? sizes.length < 3 || sizes.length > 5 : sizes.length !== rank) {
    const wanted = rank === undefined ? 'rank 3, 4 or 5 (SpatialDropout1D, 2D, 3D)' : `rank ${rank}`
    const layouts = LAYOUTS[(rank ?? Number.NaN) - 3] ?? LAYOUTS.join(' or ')
    const remedy = `Pass ${layouts} (with channelsFirst, the channels second)`
    reject(RangeError, 'shape', sizes, `spatial dropout needs ${wanted}, not ${sizes.length}`, remedy)
  }
  const channelAxis = dataFormat === 'channelsLast' ? sizes.length - 1 : 1
  return sizes.map((size, axis) => (axis === 0 || axis === channelAxis ? size : 1))
}
