/** Makes nodes, attributes and declarations. */

import {
  type AttributeProto,
  AttributeType,
  attributeType,
  type DimensionProto,
  dimensionType,
  infoType,
  type NodeProto,
  nodeType,
  shapeType,
  type TensorProto,
  tensorTypeType,
  typeType,
  type ValueInfoProto,
} from './messages.js'

export function makeNode(
  opType: string,
  input: string[],
  output: string,
  name: string,
  attribute: AttributeProto[] = [],
): NodeProto {
  return nodeType.make({ opType, input, output: [output], name, attribute })
}

export function integerAttribute(name: string, value: number): AttributeProto {
  return attributeType.make({ name, type: AttributeType.INT, i: BigInt(value) })
}

export function integersAttribute(name: string, values: readonly number[]): AttributeProto {
  return attributeType.make({ name, type: AttributeType.INTS, ints: values.map(BigInt) })
}

export function tensorAttribute(name: string, value: TensorProto): AttributeProto {
  return attributeType.make({ name, type: AttributeType.TENSOR, t: value })
}

/** Declares a tensor: its type, and its sizes by number or by name; null for a size that is not known. */
export function makeInfo(
  name: string,
  elemType: number | undefined,
  sizes: readonly (number | string | null)[] | undefined,
): ValueInfoProto {
  return makeInfoOfDims(name, elemType, sizes?.map(makeDim))
}

export function makeInfoOfDims(
  name: string,
  elemType: number | undefined,
  dim: DimensionProto[] | undefined,
): ValueInfoProto {
  const tensor = tensorTypeType.make({ elemType, shape: dim && shapeType.make({ dim }) })
  return infoType.make({ name, type: typeType.make({ tensorType: tensor }) })
}

export function makeDim(size: number | string | null): DimensionProto {
  if (size === null) return dimensionType.make({})
  return dimensionType.make(typeof size === 'number' ? { dimValue: BigInt(size) } : { dimParam: size })
}
