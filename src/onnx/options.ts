/** Argument validation for `makeStochastic`: which tensors get dropout, with which rate and noise shape. */

import { MAX_RANK, type NoiseShape, readRate } from '../options.js'
import { type Names, readOptions, reject } from '../validation.js'
import type { Model } from './model.js'

/** What is known about a dropout point before the model runs. */
export interface PointDescription {
  /**
   * Name of the Dropout node, or of the last of the random nodes that PyTorch writes in its place; empty if it has no
   * name, undefined if the point is a tensor that you named.
   */
  node: string | undefined
  /** The tensor that is multiplied. */
  tensor: string
  /** Its sizes: symbolic ones by name, unknown ones null; undefined if not even the rank is known. */
  shape: readonly (number | string | null)[] | undefined
  /** The node's own ratio; undefined if the model computes it, or if there is no node. */
  ratio: number | undefined
  /** The noise shape that random nodes state; undefined for a Dropout node, which cannot, and if there is no node. */
  noiseShape: readonly (number | null)[] | undefined
}

/** A dropout point, by the name of its tensor or of its Dropout node, not both. */
export interface PointOptions {
  /** The tensor to drop; the output of a Dropout node stands for that node. */
  tensor?: string | undefined
  /** The name of a Dropout node. */
  node?: string | undefined
  /** Default: the option `rate`, otherwise the ratio of the Dropout node. */
  rate?: number | undefined
  /** Default: the option `noiseShape`, otherwise that of the nodes, otherwise the tensor's shape. */
  noiseShape?: NoiseShape | null | undefined
  /** Of `suggestPoints`: what kind of place it is. Kept in the description of the noise input, as is `reason`. */
  kind?: string | undefined
  /** Of `suggestPoints`: why it is one. */
  reason?: string | undefined
  /** Of `suggestPoints`: how sure it is. Not used. */
  confidence?: string | undefined
  /** Of `suggestPoints`: where its rate is from. The option `rate` comes before a rate with a source. */
  rateSource?: string | undefined
  /** Of `suggestPoints`: if false, the point is left out. */
  selected?: boolean | undefined
}

const POINT_NAMES = {
  tensor: true,
  node: true,
  rate: true,
  noiseShape: true,
  kind: true,
  reason: true,
  confidence: true,
  rateSource: true,
  selected: true,
} satisfies Names<PointOptions>

export interface StochasticOptions {
  /**
   * Where dropout happens: a list, or a function that makes it from the parsed model, e.g. `suggestPoints` or `lastPoint`.
   * All other dropout of the model is made inactive. Default: every Dropout node, active or not, and everything that
   * PyTorch exports as random nodes in its place (Dropout2d, StochasticDepth, dropout in place).
   */
  points?: readonly PointOptions[] | ((model: Model) => readonly PointOptions[]) | undefined
  /** Probability in [0, 1] that a noise cell is dropped, or a function; if it returns undefined, the node's ratio. */
  rate?: number | ((point: PointDescription) => number | undefined) | undefined
  /**
   * The shape of the flags, right-aligned to the tensor's, each entry 1, the tensor's size, or null for that size; or a
   * function that returns it. A Dropout node has none, so pass one here for a Dropout2d: [null, null, 1, 1].
   */
  noiseShape?: NoiseShape | ((point: PointDescription) => NoiseShape | null | undefined) | null | undefined
}

export const STOCHASTIC_NAMES = {
  points: true,
  rate: true,
  noiseShape: true,
} satisfies Names<StochasticOptions>

/** The remedy for options that are no object. */
export const PASS_POINTS = "Pass e.g. { points: [{ tensor: 'relu_1', rate: 0.2 }] }, or leave it out"

/** A place where a rewritten model drops. */
export interface DropoutPoint {
  /** Name of the graph input with its noise; undefined at rate 0, which needs none. */
  name: string | undefined
  /** Name of the replaced node; undefined if you named the tensor. */
  node: string | undefined
  /** The tensor that is multiplied. */
  tensor: string
  /** Its sizes: symbolic ones by name, unknown ones null. */
  shape: readonly (number | string | null)[]
  rate: number
  /** Has the tensor's rank; null means the tensor's size. */
  noiseShape: readonly (number | null)[]
  /** Element type of the tensor. The noise is always float32; the model converts it. */
  elementType: ElementType
  /** What a Monte Carlo session draws it with: its place in the list of points. */
  stream: number
  /** Kind and reason of the place, if `suggestPoints` or your own list gave them. */
  kind: string | undefined
  reason: string | undefined
}

/** A graph input added to the model: the noise of one dropout point, always float32. */
export interface NoiseInput extends DropoutPoint {
  name: string
}

export type ElementType = 'float32' | 'float16' | 'bfloat16' | 'float64'

/** A model with its dropout on. */
export interface StochasticModel {
  /** An ordinary ONNX model. */
  model: Uint8Array<ArrayBuffer>
  /** The added inputs: one for each point with a rate above 0. */
  inputs: readonly NoiseInput[]
  /** What else was changed, so that all randomness is the noise; a sentence each. */
  notes: readonly string[]
}

/** Reads the list of points, or calls the function that makes it: each names a tensor or a node. */
export function readPoints(
  { points: given }: StochasticOptions,
  model: Model,
): readonly PointOptions[] | undefined {
  if (given === undefined) return undefined
  const remedy = "Pass e.g. [{ tensor: 'relu_1', rate: 0.2 }], or leave it out for all Dropout nodes"
  const points: readonly PointOptions[] = typeof given === 'function' ? given(model) : given
  if (!Array.isArray(points)) reject(TypeError, 'points', points, 'it must be an array', remedy)
  const { length } = points
  if (!(length > 0)) {
    const isFound = typeof given === 'function'
    reject(
      RangeError,
      isFound ? 'the result of points' : 'points',
      points,
      'it must name at least one point',
      isFound ? 'suggestPoints(modelBytes), without kinds, lists all places that the model has' : remedy,
    )
  }
  const read: PointOptions[] = []
  for (let i = 0; i < length; i++) read.push(readPoint(`points[${i}]`, points[i], remedy)) // rejects holes too
  const taken = read.filter(({ selected }) => selected !== false)
  if (taken.length === 0) {
    const rule = 'none of them is selected'
    reject(RangeError, 'points', points, rule, 'Set selected: true in those to take, or leave selected out')
  }
  return taken
}

function readPoint(name: string, point: PointOptions, remedy: string): PointOptions {
  const { tensor, node, ...rest } = readOptions(point, POINT_NAMES, remedy, name)
  if ((tensor === undefined) === (node === undefined)) {
    reject(TypeError, name, point, 'it must name a tensor or a node, and not both', remedy)
  }
  for (const [key, value] of Object.entries({ tensor, node })) {
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      reject(TypeError, `${name}.${key}`, value, 'it must be a name of the model', remedy)
    }
  }
  return { tensor, node, ...rest }
}

/** The rate of a point: from the point itself, else the option `rate`, else suggested, else the node's ratio. */
export function rateOf(options: StochasticOptions, own: PointOptions, point: PointDescription): number {
  const { rate } = options
  const named = own.rateSource === undefined ? own.rate : undefined
  const given = named ?? (typeof rate === 'function' ? rate(point) : rate) ?? own.rate ?? point.ratio
  if (given === undefined) {
    const why = point.node === undefined ? 'a named tensor has no ratio' : 'the model computes it'
    reject(
      TypeError,
      `the rate of ${nameOf(point)}`,
      given,
      why,
      'Pass a rate with the point, or the option rate',
    )
  }
  return readRate(given)
}

/**
 * The noise shape of a point, extended to the rank of its tensor if that is known.
 *
 * @param isComputed whether the model states a noise shape, but only when it runs
 */
export function noiseShapeOf(
  options: StochasticOptions,
  own: PointOptions,
  point: PointDescription,
  isComputed: boolean,
): (number | null)[] {
  const { noiseShape: rule } = options
  const { shape } = point
  const given = own.noiseShape ?? (typeof rule === 'function' ? rule(point) : rule) ?? point.noiseShape
  const name = `the noise shape of ${nameOf(point)}`
  if (given === undefined || given === null) {
    if (shape && !isComputed) return shape.map((size) => (size === 1 ? 1 : null))
    const rule = isComputed
      ? 'the model computes it when it runs'
      : 'the model does not state the rank of the tensor'
    reject(TypeError, name, given, rule, 'Pass one of its rank, e.g. [null, null] for two dims')
  }
  const remedy = `Pass 1 or null for each dim${shape ? ` of [${shape.map((size) => size ?? '?').join(', ')}]` : ''}`
  if (!Array.isArray(given)) reject(TypeError, name, given, 'it must be an array', remedy)
  const { length } = given
  if (shape ? length > shape.length : !(length <= MAX_RANK)) {
    const rule = shape ? `the tensor has rank ${shape.length}` : `rank ${MAX_RANK} is the highest`
    reject(RangeError, name, given, `${rule}, and it must not be longer`, remedy)
  }
  const rank = shape?.length ?? length
  const missing = rank - length
  return Array.from({ length: rank }, (_, axis) => {
    const entry: unknown = axis < missing ? 1 : given[axis - missing]
    if (entry === null || entry === undefined || entry === -1) return null
    const size = shape?.[axis]
    if (typeof entry !== 'number') reject(TypeError, name, given, 'an entry must be a number or null', remedy)
    if (
      !Number.isSafeInteger(entry) ||
      entry < 0 ||
      (typeof size === 'number' && entry !== 1 && entry !== size)
    ) {
      reject(RangeError, name, given, "an entry must be 1 or the tensor's own size", remedy)
    }
    return entry
  })
}

/** A point's name in error messages. */
export function nameOf({ node, tensor }: Pick<PointDescription, 'node' | 'tensor'>): string {
  return node ? `Dropout node '${node}'` : `tensor '${tensor}'`
}

/** Reads the options, each once. */
export function readStochasticOptions(options: StochasticOptions): StochasticOptions {
  const { points, rate, noiseShape } = readOptions(options, STOCHASTIC_NAMES, PASS_POINTS)
  if (rate !== undefined && typeof rate !== 'function') readRate(rate)
  if (
    noiseShape !== undefined &&
    noiseShape !== null &&
    typeof noiseShape !== 'function' &&
    !Array.isArray(noiseShape)
  ) {
    const remedy = 'Pass e.g. [null, null, 1, 1], or a function that returns it for each point'
    reject(TypeError, 'noiseShape', noiseShape, 'it must be an array or a function', remedy)
  }
  return { points, rate, noiseShape }
}
