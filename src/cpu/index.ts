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

/** @typeParam Memory what `output` is a view of: the result is one of the same */
export interface OutputOptions<Memory extends ArrayBufferLike = ArrayBufferLike> {
  /**
   * Where to write: an array of the length of `x`. `x` itself works in place; any other overlap is refused. Default: a new
   * array; allocating it is a considerable part of the time.
   */
  output?: Float32Array<Memory> | undefined
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
export function dropout<Memory extends ArrayBufferLike = ArrayBuffer>(
  x: Float32Array,
  options: DropoutOptions & DrawOptions & OutputOptions<Memory>,
): Float32Array<Memory> {
  return run(x, resolveDropout(readOptions(options, CALL_NAMES, PASS_OPTIONS.dropout)), options)
}

/** @inline in the reference */
type SpatialOptions<Memory extends ArrayBufferLike> = SpatialDropoutOptions &
  DrawOptions &
  OutputOptions<Memory>

/** Keras' SpatialDropout1D: drops whole channels of [b, steps, ch], or of [b, ch, steps] with channelsFirst. */
export function spatialDropout1D<Memory extends ArrayBufferLike = ArrayBuffer>(
  x: Float32Array,
  options: SpatialOptions<Memory>,
) {
  return runSpatial(1, x, options)
}

/** Keras' SpatialDropout2D: drops whole channels of [b, h, w, ch], or of [b, ch, h, w] with channelsFirst. */
export function spatialDropout2D<Memory extends ArrayBufferLike = ArrayBuffer>(
  x: Float32Array,
  options: SpatialOptions<Memory>,
) {
  return runSpatial(2, x, options)
}

/** Keras' SpatialDropout3D: drops whole channels of [b, d, h, w, ch], or of [b, ch, d, h, w] with channelsFirst. */
export function spatialDropout3D<Memory extends ArrayBufferLike = ArrayBuffer>(
  x: Float32Array,
  options: SpatialOptions<Memory>,
) {
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

function runSpatial<Memory extends ArrayBufferLike>(
  spatialDims: 1 | 2 | 3,
  x: Float32Array,
  options: SpatialOptions<Memory>,
) {
  readOptions(options, SPATIAL_CALL_NAMES, PASS_OPTIONS[spatialDims])
  return run(x, resolveSpatialDropout(spatialDims, options), options)
}

function run<Memory extends ArrayBufferLike>(
  x: Float32Array,
  dropout: Dropout,
  options: DrawOptions & OutputOptions<Memory>,
): Float32Array<Memory> {
  const draw = readDraw(dropout, options)
  const values = readTensor(x, dropout)
  const output = readOutput(options.output, values, dropout.element)
  const result: Float32Array = computeDropout(values, dropout, draw, output)
  return result as Float32Array<Memory>
}
