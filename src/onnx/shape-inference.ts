/**
 * What is known about each tensor before the model runs: its element type, its rank, and the sizes that the model
 * declares. Exporters often declare nothing for intermediate tensors, so ranks are inferred from node to node.
 */

import {
  type GraphProto,
  type NodeProto,
  type TensorProto,
  TensorProto_DataType as Type,
  type ValueInfoProto,
} from 'onnx-buf'
import { isDefaultDomain } from './model.js'
import { type Scope, subgraphsOf } from './scope.js'

/** A size, the name of a symbolic size, or null if unknown. */
export type KnownSize = number | string | null

export interface Description {
  /** `TensorProto.DataType`; undefined if unknown. */
  type: number | undefined
  /** Undefined if not even the rank is known. */
  shape: readonly KnownSize[] | undefined
}

/** Finds the description of a tensor visible in a scope. */
export type Describe = (scope: Scope, tensor: string) => Description

/** Describes the tensors of all scopes; each scope must come after its parent. */
export function describeTensors(scopes: readonly Scope[]): Describe {
  const known = new Map<Scope, Map<string, Description>>()
  const describe: Describe = (scope, tensor) => {
    for (let at: Scope | undefined = scope; at; at = at.parent) {
      const description = known.get(at)?.get(tensor)
      if (description) return description
    }
    return UNKNOWN
  }
  for (const scope of scopes) {
    const own = new Map<string, Description>()
    known.set(scope, own)
    for (const [name, info] of scope.infos) own.set(name, declared(info))
    for (const [name, tensor] of scope.initializers) own.set(name, held(tensor))
    for (const node of scope.graph.node) {
      const inputs = node.input.map((name) => describe(scope, name))
      const [body] = subgraphsOf(node) // here, because a node may have many attributes and many outputs
      const inferred: Description = isDefaultDomain(node.domain)
        ? { type: inferType(node, inputs, body), shape: inferRank(node, inputs, body) }
        : UNKNOWN
      node.output.forEach((name, i) => {
        const { type, shape } = own.get(name) ?? UNKNOWN
        const like = i === 0 || node.opType === 'Split' ? inferred : besides(node, inferred, i, body)
        own.set(name, { type: type ?? like.type, shape: shape ?? like.shape })
      })
    }
  }
  return describe
}

const UNKNOWN: Description = { type: undefined, shape: undefined }

function declared({ type }: ValueInfoProto): Description {
  if (type?.value.case !== 'tensorType') return UNKNOWN
  const { elemType, shape } = type.value.value
  const sizes = ofSizes(shape?.dim)?.map(({ value }) => {
    if (value.case === 'dimParam') return value.value || null
    // Negative sizes are not in the specification, but some exporters write them for "unknown".
    return value.case === 'dimValue' && value.value >= 0n ? Number(value.value) : null
  })
  return { type: elemType || undefined, shape: sizes }
}

function held({ dataType, dims }: TensorProto): Description {
  return { type: dataType, shape: ofSizes(dims)?.map(Number) }
}

/** Describes a node's additional outputs: masks, indices, states. */
function besides(
  node: NodeProto,
  { shape }: Description,
  i: number,
  body: GraphProto | undefined,
): Description {
  const { opType } = node
  if (opType === 'If' || opType === 'Loop') return ofBody(node, i, body)
  if (opType === 'Dropout') return { type: Type.BOOL, shape }
  if (opType === 'MaxPool' || opType === 'TopK') return { type: Type.INT64, shape }
  return UNKNOWN
}

/** An If outputs what its branches output. A Loop outputs its state, then lists with one entry per iteration. */
function ofBody(node: NodeProto, i: number, body: GraphProto | undefined): Description {
  const isLoop = node.opType === 'Loop'
  const info = body?.output[isLoop ? i + 1 : i]
  const { type, shape } = info ? declared(info) : UNKNOWN
  const isList = isLoop && i >= node.input.length - 2
  return { type, shape: ofRank(sum(shape?.length, isList ? 1 : 0)) }
}

/** Operators whose result has the same shape as their first input. */
const KEEP_SHAPE = new Set(
  `Abs Acos Acosh Asin Asinh Atan Atanh BatchNormalization Bernoulli Cast CastLike Ceil Celu Clip Cos Cosh CumSum
  DequantizeLinear Dropout Elu Erf Exp Floor Gelu GroupNormalization HardSigmoid HardSwish Hardmax Identity
  InstanceNormalization IsInf IsNaN LRN LayerNormalization LeakyRelu Log LogSoftmax LpNormalization
  MeanVarianceNormalization Mish Neg Not PRelu QuantizeLinear RMSNormalization Reciprocal Relu Round Selu Shrink Sigmoid
  Sign Sin Sinh Softmax Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu Trilu`.split(/\s+/),
)

/** Operators whose result has the same rank as their first input. */
const KEEP_RANK = new Set(
  `ArgMax ArgMin AveragePool Concat Conv ConvInteger ConvTranspose DepthToSpace GatherElements GatherND
  GlobalAveragePool GlobalLpPool GlobalMaxPool LpPool MaxPool MaxUnpool Pad QLinearConv Resize ReverseSequence Scatter
  ScatterElements ScatterND Slice SpaceToDepth Split Tile TopK Transpose Upsample`.split(/\s+/),
)

/** Operators that broadcast their inputs. */
const BROADCAST = new Set(
  'Add And Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or Pow Sub Sum Where Xor'.split(
    ' ',
  ),
)

const TRUTHS = new Set('And Equal Greater GreaterOrEqual IsInf IsNaN Less LessOrEqual Not Or Xor'.split(' '))
const INDICES = new Set('ArgMax ArgMin NonZero Shape Size'.split(' '))

function inferType(
  node: NodeProto,
  inputs: readonly Description[],
  body: GraphProto | undefined,
): number | undefined {
  const { opType, attribute } = node
  if (opType === 'If' || opType === 'Loop') return ofBody(node, 0, body).type
  const attributeOf = (name: string) => attribute.find((given) => given.name === name)
  if (opType === 'Cast') return Number(attributeOf('to')?.i ?? 0) || undefined
  if (opType === 'Constant') return constant(attribute)?.dataType
  if (opType === 'ConstantOfShape') return attributeOf('value')?.t?.dataType ?? Type.FLOAT
  if (TRUTHS.has(opType)) return Type.BOOL
  if (INDICES.has(opType)) return Type.INT64
  if (opType === 'Where' || opType === 'DequantizeLinear' || opType === 'CastLike') return inputs[1]?.type
  if (opType === 'QuantizeLinear' || opType === 'QLinearConv' || opType === 'ConvInteger') return undefined
  return inputs[0]?.type
}

function inferRank(
  node: NodeProto,
  inputs: readonly Description[],
  body: GraphProto | undefined,
): readonly KnownSize[] | undefined {
  const { opType, attribute } = node
  const ranks = inputs.map(({ shape }) => shape?.length)
  if (KEEP_SHAPE.has(opType)) return inputs[0]?.shape
  if (KEEP_RANK.has(opType) && opType !== 'GatherND' && !foldsAxis(node)) return ofRank(ranks[0])
  if (BROADCAST.has(opType)) return ofRank(largest(ranks))
  switch (opType) {
    case 'Flatten':
    case 'Gemm':
      return ofRank(2)
    case 'MatMul': {
      const [a, b] = ranks
      if (a === undefined || b === undefined) return undefined
      return ofRank(a === 1 || b === 1 ? Math.max(a + b - 2, 0) : Math.max(a, b))
    }
    case 'Gather':
      return ofRank(sum(ranks[0], ranks[1], -1))
    case 'Reshape':
    case 'ConstantOfShape':
      return ofRank(lengthOf(inputs[opType === 'Reshape' ? 1 : 0]))
    case 'Expand':
      return ofRank(largest([ranks[0], lengthOf(inputs[1])]))
    case 'Unsqueeze':
      return ofRank(sum(ranks[0], axesOf(node, inputs[1])))
    case 'Squeeze':
      return ofRank(sum(ranks[0], negated(axesOf(node, inputs[1]))))
    case 'Shape':
      return ofRank(1)
    case 'RNN':
    case 'GRU':
    case 'LSTM':
      return ofRank(4)
    case 'If':
    case 'Loop':
      return ofBody(node, 0, body).shape
    case 'Constant':
      return ofSizes(constant(attribute)?.dims)?.map(Number)
    default:
      return opType.startsWith('Reduce') && !foldsAxis(node) ? ofRank(ranks[0]) : undefined
  }
}

/** Whether a reduction removes axes (`keepdims` 0); how many is not inferred. */
function foldsAxis({ attribute }: NodeProto): boolean {
  return attribute.some(({ name, i }) => name === 'keepdims' && i === 0n)
}

/** Number of axes of Squeeze and Unsqueeze: an attribute before operator set 13, an input since. */
function axesOf({ attribute }: NodeProto, axes: Description | undefined): number | undefined {
  return attribute.find(({ name }) => name === 'axes')?.ints.length ?? lengthOf(axes)
}

function lengthOf(list: Description | undefined): number | undefined {
  const length = list?.shape?.length === 1 ? list.shape[0] : undefined
  return typeof length === 'number' ? length : undefined
}

function ofRank(rank: number | undefined): KnownSize[] | undefined {
  return rank === undefined || rank < 0 || rank > MOST_RANK ? undefined : new Array<null>(rank).fill(null)
}

/** The sizes, unless they are too many. */
function ofSizes<T>(sizes: readonly T[] | undefined): readonly T[] | undefined {
  return sizes && sizes.length > MOST_RANK ? undefined : sizes
}

/** No real model has a higher rank; a malicious one could otherwise make us copy a huge array for each Dropout node. */
const MOST_RANK = 64

function largest(ranks: readonly (number | undefined)[]): number | undefined {
  return ranks.reduce(
    (most, rank) => (most === undefined || rank === undefined ? undefined : Math.max(most, rank)),
    Number.NEGATIVE_INFINITY,
  )
}

function sum(...terms: (number | undefined)[]): number | undefined {
  return terms.every((term) => term !== undefined)
    ? terms.reduce((total, term) => total + term, 0)
    : undefined
}

function negated(count: number | undefined): number | undefined {
  return count === undefined ? undefined : -count
}

/** The tensor of a Constant node; for the shorthand attributes, only its type and dims. */
function constant(attribute: NodeProto['attribute']): Pick<TensorProto, 'dataType' | 'dims'> | undefined {
  for (const { name, t, floats, ints } of attribute) {
    if (name === 'value') return t
    if (name === 'value_float') return { dataType: Type.FLOAT, dims: [] }
    if (name === 'value_floats') return { dataType: Type.FLOAT, dims: [BigInt(floats.length)] }
    if (name === 'value_int') return { dataType: Type.INT64, dims: [] }
    if (name === 'value_ints') return { dataType: Type.INT64, dims: [BigInt(ints.length)] }
  }
  return undefined
}
