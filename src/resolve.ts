/** One dropout, resolved: the walk options -> noise shape -> collapse -> rate, taken once for every backend. */

import { collapseDims, type Dim } from './collapse.js'
import { resolveNoiseShape, spatialNoiseShape } from './noise-shape.js'
import {
  type DropoutOptions,
  readFlag,
  readNoiseShape,
  readOptions,
  readRate,
  readShape,
  type SpatialDropoutOptions,
} from './options.js'
import { type Rate, resolveRate } from './rate.js'

/** What is applied to a tensor, whatever the call: plain data. */
export interface Dropout extends Rate {
  shape: readonly number[]
  noiseShape: readonly number[]
  /** Elements of the tensor. */
  elements: number
  /** Noise cells: elements of the noise shape. */
  cells: number
  /** The tensor's collapsed dims, outermost first. */
  dims: readonly Dim[]
}

/** Checks and resolves the options of a dropout. */
export function resolveDropout(options: DropoutOptions): Dropout {
  const { shape: givenShape, rate, noiseShape: givenNoiseShape, oneMaskForBatch } = readOptions(options)
  const shape = readShape(givenShape)
  const ownMasks = resolveNoiseShape(shape, givenNoiseShape)
  const shared = readFlag('oneMaskForBatch', oneMaskForBatch, 'Pass true to share one mask in a batch')
  const noiseShape = shared && shape.length > 0 ? readNoiseShape(shape, [1, ...ownMasks.slice(1)]) : ownMasks
  return {
    shape,
    noiseShape,
    elements: product(shape),
    cells: product(noiseShape),
    dims: collapseDims(shape, noiseShape),
    ...resolveRate(readRate(rate)),
  }
}

/** Checks and resolves SpatialDropout1D (`spatialDims` 1), 2D or 3D. */
export function resolveSpatialDropout(spatialDims: 1 | 2 | 3, options: SpatialDropoutOptions): Dropout {
  const { shape: givenShape, rate, dataFormat, oneMaskForBatch } = readOptions(options)
  const shape = readShape(givenShape)
  const noiseShape = spatialNoiseShape(shape, dataFormat, spatialDims + 2)
  return resolveDropout({ shape, rate, noiseShape, oneMaskForBatch })
}

/** The dropout whose tensor is the noise shape itself: applied to ones, it gives the noise. */
export function noiseOf(dropout: Dropout): Dropout {
  const { noiseShape, cells } = dropout
  return { ...dropout, shape: noiseShape, elements: cells, dims: collapseDims(noiseShape, noiseShape) }
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1)
}
