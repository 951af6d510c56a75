/** ONNX models made in a test, with the schema of ONNX and nothing else of src/. */

import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import {
  type AttributeProtoSchema,
  type FunctionProtoSchema,
  type GraphProtoSchema,
  AttributeProto_AttributeType as Kind,
  type ModelProto,
  ModelProtoSchema,
  type NodeProtoSchema,
  TensorProto_DataType,
  type ValueInfoProtoSchema,
} from 'onnx-buf'

type NodeInit = MessageInitShape<typeof NodeProtoSchema>
type InfoInit = MessageInitShape<typeof ValueInfoProtoSchema>
export type GraphInit = MessageInitShape<typeof GraphProtoSchema>

export const { FLOAT, FLOAT16, BFLOAT16, INT64, BOOL, DOUBLE } = TensorProto_DataType

export function node(opType: string, input: string[], output: string[], rest: NodeInit = {}): NodeInit {
  return { opType, input, output, name: output[0], ...rest }
}

export function attribute(
  name: string,
  value: number | bigint | bigint[] | GraphInit,
): MessageInitShape<typeof AttributeProtoSchema> {
  if (Array.isArray(value)) return { name, type: Kind.INTS, ints: value }
  if (typeof value === 'bigint') return { name, type: Kind.INT, i: value }
  return typeof value === 'number'
    ? { name, type: Kind.FLOAT, f: value }
    : { name, type: Kind.GRAPH, g: value }
}

/** A tensor between nodes, an input or an output; without sizes its rank is not known. */
export function info(name: string, sizes?: (number | string)[], elemType: number = FLOAT): InfoInit {
  const dim = sizes?.map((size) => ({
    value:
      typeof size === 'number'
        ? ({ case: 'dimValue', value: BigInt(size) } as const)
        : ({ case: 'dimParam', value: size } as const),
  }))
  return { name, type: { value: { case: 'tensorType', value: { elemType, shape: dim && { dim } } } } }
}

export function floats(name: string, dims: number[], values: number[]) {
  return { name, dataType: FLOAT, dims: dims.map(BigInt), floatData: values }
}

export function encode(graph: GraphInit, opset = 17, rest: ModelRest = {}): Uint8Array<ArrayBuffer> {
  const opsetImport = [{ domain: '', version: BigInt(opset) }]
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n, graph, opsetImport, ...rest }))
}

interface ModelRest {
  irVersion?: bigint
  opsetImport?: { domain: string; version: bigint }[]
  functions?: MessageInitShape<typeof FunctionProtoSchema>[]
}

export function decode(bytes: Uint8Array): ModelProto {
  return fromBinary(ModelProtoSchema, bytes)
}

export function toBytes(model: ModelProto): Uint8Array<ArrayBuffer> {
  return toBinary(ModelProtoSchema, model)
}

/** y = Dropout(x), and nothing else. */
export function dropoutOnly(sizes: (number | string)[], ratio: number): Uint8Array<ArrayBuffer> {
  return encode({
    name: 'dropout',
    node: [node('Dropout', ['x', 'ratio'], ['y'])],
    input: [info('x', sizes)],
    output: [info('y', sizes)],
    initializer: [floats('ratio', [], [ratio])],
  })
}
