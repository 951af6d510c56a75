/** Makes nodes, attributes and declarations. */

import { create } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf'

export function makeNode(
  opType: string,
  input: string[],
  output: string,
  name: string,
  attribute: AttributeProto[] = [],
): NodeProto {
  return create(NodeProtoSchema, { opType, input, output: [output], name, attribute })
}

export function integerAttribute(name: string, value: number): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) })
}

export function tensorAttribute(name: string, value: TensorProto): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.TENSOR, t: value })
}

/** Declares a tensor: its type, and its sizes by number or by name. */
export function makeInfo(
  name: string,
  elemType: number,
  sizes: readonly (number | string)[],
): ValueInfoProto {
  const dim = sizes.map((size) => ({
    value:
      typeof size === 'number'
        ? ({ case: 'dimValue', value: BigInt(size) } as const)
        : ({ case: 'dimParam', value: size } as const),
  }))
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } },
  })
}
