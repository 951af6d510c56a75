/** Resolves a dropout for every backend: options -> noise shape -> merged dims, keep rule and scale. */

import { collapseDims, type Dim } from './collapse.js'
import type { ElementType } from './elements/element.js'
import { float32 } from './elements/float32.js'
import type { Draw, Generator, KeepRule } from './generators/generator.js'
import { readGenerator } from './generators/index.js'
import { spatialSizes } from './noise-shape.js'
import {
  type DrawOptions,
  type DropoutOptions,
  readDataFormat,
  readNoiseShape,
  readOneMask,
  readProduct,
  readRate,
  readShape,
  type SpatialDropoutOptions,
} from './options.js'
import { resolveScale, type Scale } from './scale.js'
import { product } from './shape.js'

/** A resolved dropout: everything but the draw. */
export interface Dropout extends Scale {
  shape: readonly number[]
  noiseShape: readonly number[]
  /** Elements of the tensor. */
  elements: number
  /** Noise cells: elements of the noise shape. */
  cells: number
  /** The tensor's merged dims, outermost first. */
  dims: readonly Dim[]
  rate: number
  element: ElementType
  generator: Generator
  keepRule: KeepRule
}

/** Checks and resolves the options of a dropout. The caller has checked their names. */
export function resolveDropout(options: DropoutOptions): Dropout {
  const { shape, noiseShape } = options
  const sizes = readShape(shape)
  return resolve(sizes, readNoiseShape(sizes, noiseShape), options)
}

/** Checks and resolves SpatialDropout1D (`spatialDims` 1), 2D or 3D. */
export function resolveSpatialDropout(spatialDims: 1 | 2 | 3, options: SpatialDropoutOptions): Dropout {
  const { shape, dataFormat } = options
  const sizes = readShape(shape)
  return resolve(sizes, spatialSizes(sizes, readDataFormat(dataFormat), spatialDims + 2), options)
}

/** Reads the draw options of one call. The caller has checked their names. */
export function readDraw({ generator, cells }: Dropout, options: DrawOptions): Draw {
  return generator.readDraw(options, cells)
}

/** The dropout whose tensor is the noise shape itself: applied to ones, it gives the noise. */
export function noiseOf(dropout: Dropout): Dropout {
  const { noiseShape, cells } = dropout
  return { ...dropout, shape: noiseShape, elements: cells, dims: collapseDims(noiseShape, noiseShape) }
}

function resolve(
  shape: readonly number[],
  ownMasks: readonly number[],
  options: Pick<DropoutOptions, 'rate' | 'oneMaskForBatch' | 'generator'>,
): Dropout {
  const shared = readOneMask(options.oneMaskForBatch)
  const noiseShape = shared && shape.length > 0 ? [1, ...ownMasks.slice(1)] : ownMasks
  if (shared) readProduct('noiseShape', noiseShape) // with an empty batch, the shared mask still has cells
  const rate = readRate(options.rate)
  const generator = readGenerator(options.generator)
  const element = float32
  return {
    shape,
    noiseShape,
    elements: product(shape),
    cells: product(noiseShape),
    dims: collapseDims(shape, noiseShape),
    rate,
    element,
    generator,
    keepRule: generator.keepRule(rate),
    ...resolveScale(rate, generator.scale(rate), element),
  }
}
