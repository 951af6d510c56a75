/** noiseshape/cpu: dropout with a noise shape, synchronous, without a GPU, with the GPU's bits. */

import {
  type Call,
  type CallOptions,
  type DropoutOptions,
  readCall,
  readTensor,
  type SpatialDropoutOptions,
} from '../options.js'
import { type Dropout, noiseOf, resolveDropout, resolveSpatialDropout } from '../resolve.js'
import { applyMask } from './apply.js'
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

/**
 * Dropout: each noise cell is dropped with probability `rate`; what is kept is multiplied by float32(1 / (1 - rate)).
 *
 * @param x float32 values of the tensor, row-major; not altered
 * @returns a new array of the same length
 * @throws RangeError or TypeError for an option outside its documented range
 */
export function dropout(x: Float32Array, options: DropoutOptions & CallOptions): Float32Array<ArrayBuffer> {
  const resolved = resolveDropout(options)
  return run(x, resolved, readCall(options, resolved.cells))
}

/** Keras' SpatialDropout1D: drops whole channels of [b, steps, ch], or of [b, ch, steps] with channelsFirst. */
export function spatialDropout1D(x: Float32Array, options: SpatialDropoutOptions & CallOptions) {
  return spatialDropout(1, x, options)
}

/** Keras' SpatialDropout2D: drops whole channels of [b, h, w, ch], or of [b, ch, h, w] with channelsFirst. */
export function spatialDropout2D(x: Float32Array, options: SpatialDropoutOptions & CallOptions) {
  return spatialDropout(2, x, options)
}

/** Keras' SpatialDropout3D: drops whole channels of [b, d, h, w, ch], or of [b, ch, d, h, w] with channelsFirst. */
export function spatialDropout3D(x: Float32Array, options: SpatialDropoutOptions & CallOptions) {
  return spatialDropout(3, x, options)
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
  return applyCall(new Float32Array(resolved.cells).fill(1), resolved, call)
}

function spatialDropout(
  spatialDims: 1 | 2 | 3,
  x: Float32Array,
  options: SpatialDropoutOptions & CallOptions,
) {
  const resolved = resolveSpatialDropout(spatialDims, options)
  return run(x, resolved, readCall(options, resolved.cells))
}

function run(x: Float32Array, resolved: Dropout, call: Call): Float32Array<ArrayBuffer> {
  return applyCall(readTensor(x, resolved.shape, resolved.elements), resolved, call)
}

function applyCall(x: Float32Array, resolved: Dropout, call: Call): Float32Array<ArrayBuffer> {
  return applyMask(x, generateMask(resolved.cells, resolved.threshold, call), resolved)
}
