/** noiseshape/cpu: synchronous dropout with a noise shape, bit-identical to the GPU's. */

import {
  DRAW_NAMES,
  DROPOUT_NAMES,
  type DrawOptions,
  type DropoutOptions,
  PASS_OPTIONS,
  readOutput,
  readTensor,
  SPATIAL_NAMES,
  type SpatialDropoutOptions,
} from '../options.js'
import { type Dropout, readDraw, resolveDropout, resolveSpatialDropout } from '../resolve.js'
import { type Names, readOptions } from '../validation.js'
import { computeDropout, computeMask, computeNoise } from './arrays.js'

export { unpackMask } from '../mask-words.js'
export { resolveNoiseShape, spatialNoiseShape } from '../noise-shape.js'
export type {
  DataFormat,
  DrawOptions,
  DropoutOptions,
  NoiseShape,
  SpatialDropoutOptions,
} from '../options.js'
export { type CpuKernel, cpuKernel } from '../simd/choice.js'

export interface OutputOptions {
  /**
   * Where to write: an array of the length of `x`. `x` itself works in place; any other overlap is refused. Default: a new
   * array; allocating it is a considerable part of the time.
   */
  output?: Float32Array | undefined
}

const OUTPUT_NAMES = { output: true } satisfies Names<OutputOptions>
const MASK_NAMES = { ...DROPOUT_NAMES, ...DRAW_NAMES }
const CALL_NAMES = { ...MASK_NAMES, ...OUTPUT_NAMES }
const SPATIAL_CALL_NAMES = { ...SPATIAL_NAMES, ...DRAW_NAMES, ...OUTPUT_NAMES }

/**
 * Dropout: each noise cell is dropped with probability `rate`; kept values are multiplied by float32(1 / (1 - rate)).
 *
 * @param x float32 values of the tensor, row-major; not modified unless it is the `output` too
 * @returns `output`, or a new array of the same length
 * @throws RangeError or TypeError for an option outside its documented range or an unknown option name
 */
export function dropout(
  x: Float32Array,
  options: DropoutOptions & DrawOptions & OutputOptions,
): Float32Array<ArrayBuffer> {
  return run(x, resolveDropout(readOptions(options, CALL_NAMES, PASS_OPTIONS.dropout)), options)
}

/** @inline in the reference */
type SpatialOptions = SpatialDropoutOptions & DrawOptions & OutputOptions

/** Keras' SpatialDropout1D: drops whole channels of [b, steps, ch], or of [b, ch, steps] with channelsFirst. */
export function spatialDropout1D(x: Float32Array, options: SpatialOptions) {
  return runSpatial(1, x, options)
}

/** Keras' SpatialDropout2D: drops whole channels of [b, h, w, ch], or of [b, ch, h, w] with channelsFirst. */
export function spatialDropout2D(x: Float32Array, options: SpatialOptions) {
  return runSpatial(2, x, options)
}

/** Keras' SpatialDropout3D: drops whole channels of [b, d, h, w, ch], or of [b, ch, d, h, w] with channelsFirst. */
export function spatialDropout3D(x: Float32Array, options: SpatialOptions) {
  return runSpatial(3, x, options)
}

/** The packed mask of the noise shape: ceil(cells / 32) words, bit i of word w is cell 32 w + i, 1 = kept. */
export function mask(options: DropoutOptions & DrawOptions): Uint32Array<ArrayBuffer> {
  const dropout = resolveDropout(readOptions(options, MASK_NAMES, PASS_OPTIONS.dropout))
  return computeMask(dropout, readDraw(dropout, options))
}

/** The noise: a tensor of the noise shape with 0 where a cell is dropped and the scale where it is kept. */
export function noise(options: DropoutOptions & DrawOptions): Float32Array<ArrayBuffer> {
  const dropout = resolveDropout(readOptions(options, MASK_NAMES, PASS_OPTIONS.dropout))
  return computeNoise(dropout, readDraw(dropout, options))
}

function runSpatial(spatialDims: 1 | 2 | 3, x: Float32Array, options: SpatialOptions) {
  readOptions(options, SPATIAL_CALL_NAMES, PASS_OPTIONS[spatialDims])
  return run(x, resolveSpatialDropout(spatialDims, options), options)
}

function run(
  x: Float32Array,
  dropout: Dropout,
  options: DrawOptions & OutputOptions,
): Float32Array<ArrayBuffer> {
  const draw = readDraw(dropout, options)
  const values = readTensor(x, dropout)
  return computeDropout(values, dropout, draw, readOutput(options.output, values, dropout.element))
}
