/** Whether bytes follow onnx.proto to the last field: onnx-buf itself overlooks wrong wire types and lengths. */

import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { fieldsOf } from './protobuf'

/** The library passes on what it does not read, so damage in there is damage in the result. */
export function isSound(bytes: Uint8Array, type: DescMessage = ModelProtoSchema): boolean {
  const INNERMOST = 20
  return (
    fieldsOf(bytes, INNERMOST)?.every(({ number, wire, value }) => {
      const field = type.fields.find((each) => each.number === number)
      if (!field) return true
      const expected = wireOf(field)
      if (wire !== expected)
        return field.fieldKind === 'list' && wire === 2 && isBlock(value as Uint8Array, expected)
      return !field.message || isSound(value as Uint8Array, field.message)
    }) ?? false
  )
}

function wireOf({ message, enum: isEnum, scalar }: DescField): number {
  if (message || scalar === ScalarType.STRING || scalar === ScalarType.BYTES) return 2
  if (scalar === ScalarType.FLOAT && !isEnum) return 5
  return scalar === ScalarType.DOUBLE && !isEnum ? 1 : 0
}

/** Whether the bytes are whole numbers of a wire type. */
function isBlock(bytes: Uint8Array, wire: number): boolean {
  if (wire !== 0) return bytes.length % (wire === 1 ? 8 : 4) === 0
  let length = 0
  for (const byte of bytes) {
    length = byte < 128 ? 0 : length + 1
    if (length >= 10) return false
  }
  return length === 0
}
