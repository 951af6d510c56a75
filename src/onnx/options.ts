/** Argument validation of `makeStochastic`: which tensors get dropout, and with which rate and noise shape. */

import { MAX_RANK, type NoiseShape, readRate } from '../options.js'
import { readOptions, reject } from '../validation.js'

/** What is known of a dropout point before the model runs. */
export interface PointDescription {
  /** Name of the Dropout node; empty where it has none, undefined where the point is a tensor that you named. */
  node: string | undefined
  /** The tensor that is multiplied. */
  tensor: string
  /** Its sizes, symbolic ones by name and unknown ones null; undefined where not even the rank is known. */
  shape: readonly (number | string | null)[] | undefined
  /** The node's own ratio; undefined where the model computes it, or there is no node. */
  ratio: number | undefined
}

/** A dropout point, by the name of its tensor or of its Dropout node, not both. */
export interface PointOptions {
  /** The tensor that is dropped; that a Dropout node gives out means that node. */
  tensor?: string | undefined
  /** The name of a Dropout node. */
  node?: string | undefined
  /** Default: the option `rate`, and else the ratio of the Dropout node. */
  rate?: number | undefined
  /** Default: the option `noiseShape`, and else the tensor's shape. */
  noiseShape?: NoiseShape | null | undefined
}

export interface StochasticOptions {
  /** Where dropout happens. Default: every Dropout node, active or not. */
  points?: readonly PointOptions[] | undefined
  /** Probability in [0, 1] that a noise cell is dropped, or a rule; where the rule gives undefined, the node's own. */
  rate?: number | ((point: PointDescription) => number | undefined) | undefined
  /**
   * The shape of the flags, right-aligned to the tensor's, each entry 1, the tensor's size, or null for that size; or a
   * rule that tells it. ONNX has no word for it, so a Dropout2d must be told here: [null, null, 1, 1].
   */
  noiseShape?: NoiseShape | ((point: PointDescription) => NoiseShape | null | undefined) | null | undefined
}

/** An input that a model has gained: the noise of one dropout point, always float32. */
export interface NoiseInput {
  /** Name of the graph input. */
  name: string
  /** Name of the Dropout node that was replaced; undefined where you named the tensor. */
  node: string | undefined
  /** The tensor that is multiplied. */
  tensor: string
  /** Its sizes, symbolic ones by name and unknown ones null. */
  shape: readonly (number | string | null)[]
  rate: number
  /** Of the tensor's rank; null: the tensor's size. */
  noiseShape: readonly (number | null)[]
  /** Of the tensor. The noise is float32 whatever it is: the model converts it. */
  elementType: ElementType
}

export type ElementType = 'float32' | 'float16' | 'bfloat16' | 'float64'

/** A model with its dropout on. */
export interface StochasticModel {
  /** An ordinary ONNX model. */
  model: Uint8Array<ArrayBuffer>
  /** What it has gained; the point of `inputs[i]` is drawn with `stream` i in a Monte Carlo session. */
  inputs: readonly NoiseInput[]
}

/** Reads the list of points: each names a tensor or a node. */
export function readPoints({ points }: StochasticOptions): readonly PointOptions[] | undefined {
  if (points === undefined) return undefined
  const remedy = "Pass e.g. [{ tensor: 'relu_1', rate: 0.2 }], or leave it out for all Dropout nodes"
  if (!Array.isArray(points)) reject(TypeError, 'points', points, 'it must be an array', remedy)
  const { length } = points
  if (!(length > 0)) reject(RangeError, 'points', points, 'it must name at least one point', remedy)
  const read: PointOptions[] = []
  for (let i = 0; i < length; i++) read.push(readPoint(`points[${i}]`, points[i], remedy)) // a hole is no point
  return read
}

function readPoint(name: string, point: PointOptions, remedy: string): PointOptions {
  if (typeof point !== 'object' || point === null) {
    reject(TypeError, name, point, 'it must be an object', remedy)
  }
  const { tensor, node, rate, noiseShape } = point
  if ((tensor === undefined) === (node === undefined)) {
    reject(TypeError, name, point, 'it must name a tensor or a node, and not both', remedy)
  }
  for (const [key, value] of Object.entries({ tensor, node })) {
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      reject(TypeError, `${name}.${key}`, value, 'it must be a name of the model', remedy)
    }
  }
  return { tensor, node, rate, noiseShape }
}

/** The rate of a point: its own, that of the rule, the node's ratio. */
export function rateOf(options: StochasticOptions, own: PointOptions, point: PointDescription): number {
  const { rate } = options
  const given = own.rate ?? (typeof rate === 'function' ? rate(point) : rate) ?? point.ratio
  if (given === undefined) {
    const why =
      point.node === undefined ? 'a tensor that you name has none of its own' : 'the model computes it'
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

/** The noise shape of a point, of the rank of its tensor or, where that is unknown, of its own. */
export function noiseShapeOf(
  options: StochasticOptions,
  own: PointOptions,
  point: PointDescription,
): (number | null)[] {
  const { noiseShape: rule } = options
  const { shape } = point
  const given = own.noiseShape ?? (typeof rule === 'function' ? rule(point) : rule)
  const name = `the noise shape of ${nameOf(point)}`
  if (given === undefined || given === null) {
    if (shape) return shape.map((size) => (size === 1 ? 1 : null))
    const rule = 'the model does not tell the rank of the tensor'
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

/** A point as an error message names it. */
export function nameOf({ node, tensor }: Pick<PointDescription, 'node' | 'tensor'>): string {
  return node ? `Dropout node '${node}'` : `tensor '${tensor}'`
}

/** Reads each option once. */
export function readStochasticOptions(options: StochasticOptions): StochasticOptions {
  const { points, rate, noiseShape } = readOptions(options)
  if (rate !== undefined && typeof rate !== 'function') readRate(rate)
  if (
    noiseShape !== undefined &&
    noiseShape !== null &&
    typeof noiseShape !== 'function' &&
    !Array.isArray(noiseShape)
  ) {
    const remedy = 'Pass e.g. [null, null, 1, 1], or a function that tells it for each point'
    reject(TypeError, 'noiseShape', noiseShape, 'it must be an array or a function', remedy)
  }
  return { points, rate, noiseShape }
}
