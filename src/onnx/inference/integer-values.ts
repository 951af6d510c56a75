/**
 * The entries of small integer tensors before the model runs. Exporters compute the shape of a Reshape or an Expand by
 * nodes (Shape, Gather, Concat, ...), so ranks and sizes behind it are only known if these lists are.
 */

import { attributeOf, integerOf, integersOf } from '../attributes.js'
import { DataLocation, type NodeProto, type TensorProto, DataType as Type } from '../messages.js'
import type { Description } from '../shape-inference.js'
import { constantOf } from './constants.js'
import { divide, type KnownSize, MOST_RANK, multiply } from './sizes.js'

/** The entries of a tensor of rank 0 or 1, as far as known; truth values are 0 and 1. */
export type Values = readonly KnownSize[]

/** The entries of an initializer, or of the tensor of a Constant node. */
export function storedValues(tensor: TensorProto): Values | undefined {
  const { dataType, dims, rawData, int64Data, int32Data, dataLocation } = tensor
  if (dims.length > 1 || dataLocation === DataLocation.EXTERNAL) return undefined
  const count = dims.length === 0 ? 1 : Number(dims[0])
  if (count > MOST_RANK) return undefined
  const raw = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength)
  const read = <T>(bytes: number, at: (place: number) => number, given: readonly T[]) => {
    if (raw.byteLength === count * bytes) return Array.from({ length: count }, (_, i) => at(i * bytes))
    return given.length === count ? given.map(Number) : undefined
  }
  if (dataType === Type.INT64) return read(8, (place) => Number(raw.getBigInt64(place, true)), int64Data)
  if (dataType === Type.INT32) return read(4, (place) => raw.getInt32(place, true), int32Data)
  return dataType === Type.BOOL ? read(1, (place) => raw.getUint8(place), int32Data) : undefined
}

/** The entries of a node's first output; undefined if it is no small integer list, or not known. */
export function inferValues(
  node: NodeProto,
  inputs: readonly Description[],
  shape: readonly KnownSize[] | undefined,
) {
  if (shape && shape.length > 1) return undefined
  const values = RULES.get(node.opType)?.(node, inputs)
  const count = shape?.length === 0 ? 1 : (shape?.[0] ?? values?.length)
  return values && values.length <= MOST_RANK && values.length === count ? values : undefined
}

type Rule = (node: NodeProto, inputs: readonly Description[]) => Values | undefined

const keep: Rule = (_, [x]) => x?.values

const RULES: ReadonlyMap<string, Rule> = new Map(
  Object.entries<Rule>({
    Cast: (node, [x]) => (integerOf(node, 'to', 0) === Type.BOOL ? undefined : x?.values),
    Identity: keep,
    Squeeze: keep,
    Unsqueeze: keep,
    // A list stays as it is under a Reshape to [-1], [1] or its own length.
    Reshape: keep,

    Constant(node) {
      const constant = constantOf(node)
      if (constant?.type === Type.INT64 && constant.values) return constant.values
      return constant?.tensor && storedValues(constant.tensor)
    },

    Shape(node, [x]) {
      const end = attributeOf(node, 'end')?.i
      return x?.shape?.slice(integerOf(node, 'start', 0), end === undefined ? undefined : Number(end))
    },

    Size: (_, [x]) => x?.shape && [multiply(x.shape)],

    Gather(_, [data, indices]) {
      const { values } = data ?? {}
      if (!values || data.shape?.length !== 1) return undefined
      return indices?.values?.map((index) => (typeof index === 'number' ? (values.at(index) ?? null) : null))
    },

    Concat: (_, inputs) => {
      const parts = inputs.map(({ values }) => values)
      return parts.every((part) => part !== undefined) ? parts.flat() : undefined
    },

    Slice(node, [data, ...bounds]) {
      if (!data?.values) return undefined
      const bound = (name: string, input: number) =>
        integersOf(node, name) ?? (bounds[input] ? bounds[input].values : undefined)
      const [start] = bound('starts', 0) ?? []
      const [end] = bound('ends', 1) ?? []
      const [step = 1] = bounds[3] ? (bounds[3].values ?? [null]) : []
      return typeof start === 'number' && typeof end === 'number' && step === 1
        ? data.values.slice(start, end)
        : undefined
    },

    ConstantOfShape(node, [shape]) {
      const [count, ...more] = shape?.values ?? [null]
      if (typeof count !== 'number' || more.length > 0 || !(count <= MOST_RANK)) return undefined
      const value = attributeOf(node, 'value')?.t
      const [entry] = value ? (storedValues(value) ?? [undefined]) : [undefined]
      return entry === undefined ? undefined : new Array<KnownSize>(count).fill(entry)
    },

    Range(_, inputs) {
      const [start, limit, step] = inputs.map(({ values }) => values?.[0])
      if (typeof start !== 'number' || typeof limit !== 'number' || typeof step !== 'number') return undefined
      const count = Math.max(Math.ceil((limit - start) / step), 0)
      return count <= MOST_RANK ? Array.from({ length: count }, (_, i) => start + i * step) : undefined
    },

    Add: (_, [a, b]) => each(a, b, (x, y) => (x === 0 ? y : y === 0 ? x : numbers(x, y, (p, q) => p + q))),
    Sub: (_, [a, b]) => each(a, b, (x, y) => (y === 0 ? x : numbers(x, y, (p, q) => p - q))),
    Mul: (_, [a, b]) => each(a, b, (x, y) => multiply([x, y])),
    Div: (_, [a, b]) => each(a, b, (x, y) => quotient(x, y, a?.type)),
    // A named size is never negative, so it differs from the -1 that means "this tensor's size".
    Equal: (_, [a, b]) =>
      each(a, b, (x, y) => {
        if (x === null || y === null) return null
        if (typeof x === typeof y && (x === y || typeof x === 'number')) return Number(x === y)
        return isNegative(x) || isNegative(y) ? 0 : null
      }),

    Where(_, [condition, a, b]) {
      const chosen = each(condition, undefined, (x) => x)
      const [yes, no] = [a?.values, b?.values]
      if (!chosen || !yes || !no) return undefined
      const at = (values: Values, i: number) => (values.length === 1 ? values[0] : values[i])
      const count = Math.max(chosen.length, yes.length, no.length)
      return Array.from({ length: count }, (_, i) => {
        const truth = at(chosen, i)
        return truth === null ? null : truth ? at(yes, i) : at(no, i)
      })
    },

    ReduceProd: (node, [x]) => (x?.values && !attributeOf(node, 'axes') ? [multiply(x.values)] : undefined),
  }),
)

function each(
  a: Description | undefined,
  b: Description | undefined,
  combine: (x: KnownSize, y: KnownSize) => KnownSize,
): Values | undefined {
  const left = a?.values
  const right = b ? b.values : left
  if (!left || !right) return undefined
  if (left.length !== right.length && left.length !== 1 && right.length !== 1) return undefined
  const count = left.length === 1 ? right.length : left.length
  return Array.from({ length: count }, (_, i) =>
    combine(left[left.length === 1 ? 0 : i], right[right.length === 1 ? 0 : i]),
  )
}

function numbers(x: KnownSize, y: KnownSize, combine: (x: number, y: number) => number): KnownSize {
  return typeof x === 'number' && typeof y === 'number' ? combine(x, y) : null
}

/** Integers are rounded towards zero; all other quotients are followed only if nothing is left. */
function quotient(x: KnownSize, y: KnownSize, type: number | undefined): KnownSize {
  const isInteger = type === Type.INT64 || type === Type.INT32
  if (isInteger && typeof x === 'number' && typeof y === 'number') return y === 0 ? null : Math.trunc(x / y)
  return divide([x], [y])
}

function isNegative(size: KnownSize): boolean {
  return typeof size === 'number' && size < 0
}
