/**
 * The messages of an ONNX file, with the fields that this library reads or writes. All others are kept as they are.
 * Source: onnx.proto of ONNX 1.20, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 */

import { type Message, MessageType } from './protobuf.js'

export interface ModelProto extends Message {
  irVersion: bigint
  opsetImport: OperatorSetIdProto[]
  graph?: GraphProto | undefined
  functions: FunctionProto[]
}

export interface OperatorSetIdProto extends Message {
  domain: string
  version: bigint
}

export interface FunctionProto extends Message {
  name: string
  node: NodeProto[]
}

export interface GraphProto extends Message {
  node: NodeProto[]
  initializer: TensorProto[]
  sparseInitializer: SparseTensorProto[]
  input: ValueInfoProto[]
  output: ValueInfoProto[]
  valueInfo: ValueInfoProto[]
}

export interface NodeProto extends Message {
  input: string[]
  output: string[]
  name: string
  opType: string
  domain: string
  attribute: AttributeProto[]
  metadataProps: StringStringEntryProto[]
}

export interface AttributeProto extends Message {
  name: string
  /** An `AttributeType`. */
  type: number
  f: number
  i: bigint
  s: Uint8Array
  t?: TensorProto
  g?: GraphProto
  floats: number[]
  ints: bigint[]
  graphs: GraphProto[]
}

export interface TensorProto extends Message {
  dims: bigint[]
  /** A `DataType`. */
  dataType: number
  floatData: number[]
  int32Data: number[]
  int64Data: bigint[]
  doubleData: number[]
  name: string
  /** A view of the file. */
  rawData: Uint8Array
  /** A `DataLocation`. */
  dataLocation: number
}

export interface SparseTensorProto extends Message {
  values?: TensorProto
}

export interface ValueInfoProto extends Message {
  name: string
  type?: TypeProto
}

export interface TypeProto extends Message {
  tensorType?: TensorTypeProto
}

export interface TensorTypeProto extends Message {
  /** A `DataType`. */
  elemType: number
  shape?: TensorShapeProto | undefined
}

export interface TensorShapeProto extends Message {
  dim: DimensionProto[]
}

/** Without a value, the size is unknown. */
export interface DimensionProto extends Message {
  dimValue?: bigint
  dimParam?: string
}

export interface StringStringEntryProto extends Message {
  key: string
  value: string
}

const opsetId = new MessageType<OperatorSetIdProto>({
  domain: { number: 1, kind: 'string' },
  version: { number: 2, kind: 'int64' },
})

const entry = new MessageType<StringStringEntryProto>({
  key: { number: 1, kind: 'string' },
  value: { number: 2, kind: 'string' },
})

export const dimensionType = new MessageType<DimensionProto>({
  dimValue: { number: 1, kind: 'int64', oneof: true },
  dimParam: { number: 2, kind: 'string', oneof: true },
})

export const shapeType = new MessageType<TensorShapeProto>({
  dim: { number: 1, kind: () => dimensionType, many: true },
})

export const tensorTypeType = new MessageType<TensorTypeProto>({
  elemType: { number: 1, kind: 'int32' },
  shape: { number: 2, kind: () => shapeType },
})

export const typeType = new MessageType<TypeProto>({
  tensorType: { number: 1, kind: () => tensorTypeType },
})

export const infoType = new MessageType<ValueInfoProto>({
  name: { number: 1, kind: 'string' },
  type: { number: 2, kind: () => typeType },
})

export const tensorType = new MessageType<TensorProto>({
  dims: { number: 1, kind: 'int64', many: true },
  dataType: { number: 2, kind: 'int32' },
  floatData: { number: 4, kind: 'float', many: true, packed: true },
  int32Data: { number: 5, kind: 'int32', many: true, packed: true },
  int64Data: { number: 7, kind: 'int64', many: true, packed: true },
  name: { number: 8, kind: 'string' },
  rawData: { number: 9, kind: 'bytes' },
  doubleData: { number: 10, kind: 'double', many: true, packed: true },
  dataLocation: { number: 14, kind: 'int32' },
})

const sparseTensorType = new MessageType<SparseTensorProto>({
  values: { number: 1, kind: () => tensorType },
})

export const attributeType = new MessageType<AttributeProto>({
  name: { number: 1, kind: 'string' },
  f: { number: 2, kind: 'float' },
  i: { number: 3, kind: 'int64' },
  s: { number: 4, kind: 'bytes' },
  t: { number: 5, kind: () => tensorType },
  g: { number: 6, kind: () => graphType },
  floats: { number: 7, kind: 'float', many: true },
  ints: { number: 8, kind: 'int64', many: true },
  graphs: { number: 11, kind: () => graphType, many: true },
  type: { number: 20, kind: 'int32' },
})

export const nodeType = new MessageType<NodeProto>({
  input: { number: 1, kind: 'string', many: true },
  output: { number: 2, kind: 'string', many: true },
  name: { number: 3, kind: 'string' },
  opType: { number: 4, kind: 'string' },
  attribute: { number: 5, kind: () => attributeType, many: true },
  domain: { number: 7, kind: 'string' },
  metadataProps: { number: 9, kind: () => entry, many: true },
})

export const graphType: MessageType<GraphProto> = new MessageType<GraphProto>({
  node: { number: 1, kind: () => nodeType, many: true },
  initializer: { number: 5, kind: () => tensorType, many: true },
  input: { number: 11, kind: () => infoType, many: true },
  output: { number: 12, kind: () => infoType, many: true },
  valueInfo: { number: 13, kind: () => infoType, many: true },
  sparseInitializer: { number: 15, kind: () => sparseTensorType, many: true },
})

const functionType = new MessageType<FunctionProto>({
  name: { number: 1, kind: 'string' },
  node: { number: 7, kind: () => nodeType, many: true },
})

export const modelType = new MessageType<ModelProto>({
  irVersion: { number: 1, kind: 'int64' },
  graph: { number: 7, kind: () => graphType },
  opsetImport: { number: 8, kind: () => opsetId, many: true },
  functions: { number: 25, kind: () => functionType, many: true },
})

const DATA_TYPES = [
  ...[
    'UNDEFINED',
    'FLOAT',
    'UINT8',
    'INT8',
    'UINT16',
    'INT16',
    'INT32',
    'INT64',
    'STRING',
    'BOOL',
    'FLOAT16',
  ],
  ...['DOUBLE', 'UINT32', 'UINT64', 'COMPLEX64', 'COMPLEX128', 'BFLOAT16', 'FLOAT8E4M3FN', 'FLOAT8E4M3FNUZ'],
  ...['FLOAT8E5M2', 'FLOAT8E5M2FNUZ', 'UINT4', 'INT4', 'FLOAT4E2M1', 'FLOAT8E8M0', 'UINT2', 'INT2'],
] as const

export const DataType = Object.fromEntries(DATA_TYPES.map((name, type) => [name, type])) as Readonly<
  Record<(typeof DATA_TYPES)[number], number>
>

/** The name of a `DataType` in small letters; undefined for a number that is none. */
export function dataTypeName(type: number): string | undefined {
  return DATA_TYPES[type]?.toLowerCase()
}

export const DataLocation = { EXTERNAL: 1 } as const

export const AttributeType = { INT: 2, TENSOR: 4, INTS: 7 } as const
