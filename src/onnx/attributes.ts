/** Reads attributes of nodes. */

import type { AttributeProto, NodeProto } from './messages.js'

export function attributeOf({ attribute }: NodeProto, wanted: string): AttributeProto | undefined {
  return attribute.find(({ name }) => name === wanted)
}

export function integerOf(node: NodeProto, name: string, otherwise: number): number {
  const given = attributeOf(node, name)?.i
  return given === undefined ? otherwise : Number(given)
}

export function integersOf(node: NodeProto, name: string): readonly number[] | undefined {
  return attributeOf(node, name)?.ints.map(Number)
}

export function textOf(node: NodeProto, name: string): string {
  const given = attributeOf(node, name)?.s
  return given ? new TextDecoder().decode(given) : ''
}
