/** noiseshape/cpu: dropout with a noise shape, synchronous, without a GPU, with the GPU's bits. */

import {
  type CallOptions,
  type DropoutOptions,
  readCall,
  readOutput,
  readTensor,
  type SpatialDropoutOptions,
} from '../options.js'
import { type Dropout, noiseOf, resolveDropout, resolveSpatialDropout } from '../resolve.js'
import { computeDropout } from './compute.js'
import { generateMask } from './mask.js'

export { unpackMask } from '../mask-words.js'
export { resolveNoiseShape, spatialNoiseShape } from '../noise-shape.js'
export type {
  CallOptions,
  DataFormat,
  DropoutOptions,
  NoiseShape,
  SpatialDropoutOptions,
} from '../options.js'

export interface OutputOptions {
  /**
   * Where to write: as long as `x`, and not overlapping it. Default: a new array, whose memory takes longer to get than
   * the values to compute.
   */
  output?: Float32Array | undefined
}

/**
 * Dropout: each noise cell is dropped with probability `rate`; what is kept is multiplied by float32(1 / (1 - rate)).
 *
 * @param x float32 values of the tensor, row-major; not altered
 * @returns `output`, or a new array of the same length
 * @throws RangeError or TypeError for an option outside its documented range
 */
export function dropout(
  x: Float32Array,
  options: DropoutOptions & CallOptions & OutputOptions,
): Float32Array<ArrayBuffer> {
  return run(x, resolveDropout(options), options)
}

type SpatialOptions = SpatialDropoutOptions & CallOptions & OutputOptions

/** Keras' SpatialDropout1D: drops whole channels of [b, steps, ch], or of [b, ch, steps] with channelsFirst. */
export function spatialDropout1D(x: Float32Array, options: SpatialOptions) {
  return run(x, resolveSpatialDropout(1, options), options)
}

/** Keras' SpatialDropout2D: drops whole channels of [b, h, w, ch], or of [b, ch, h, w] with channelsFirst. */
export function spatialDropout2D(x: Float32Array, options: SpatialOptions) {
  return run(x, resolveSpatialDropout(2, options), options)
}

/** Keras' SpatialDropout3D: drops whole channels of [b, d, h, w, ch], or of [b, ch, d, h, w] with channelsFirst. */
export function spatialDropout3D(x: Float32Array, options: SpatialOptions) {
  return run(x, resolveSpatialDropout(3, options), options)
}

/** The packed mask of the noise shape: ceil(cells / 32) words, bit i of word w is cell 32 w + i, 1 = kept. */
export function mask(options: DropoutOptions & CallOptions): Uint32Array<ArrayBuffer> {
  const { cells, threshold } = resolveDropout(options)
  return generateMask(cells, threshold, readCall(options, cells))
}

/** The noise: a tensor of the noise shape with 0 where a cell is dropped and the scale where it is kept. */
export function noise(options: DropoutOptions & CallOptions): Float32Array<ArrayBuffer> {
  const resolved = noiseOf(resolveDropout(options))
  const call = readCall(options, resolved.cells)
  return computeDropout(new Float32Array(resolved.cells).fill(1), resolved, call)
}

function run(
  x: Float32Array,
  resolved: Dropout,
  options: CallOptions & OutputOptions,
): Float32Array<ArrayBuffer> {
  const call = readCall(options, resolved.cells)
  const { output } = options
  const values = readTensor(x, resolved.shape, resolved.elements) // behind the options: a getter may take it away
  const result = computeDropout(values, resolved, call, readOutput(output, values))
  return (output as Float32Array<ArrayBuffer> | undefined) ?? result // the caller's own array, not the view of it
}
