/**
 * Protocol-buffer messages as trees of fields, without their schema: lengths are written anew, so that a change deep
 * inside leaves a message that can be read. Wire format: https://protobuf.dev/programming-guides/encoding.
 */

/** A field: a varint, four or eight bytes, or bytes that may be a message themselves. */
export interface Field {
  number: number
  value: bigint | Uint8Array | Field[]
  wire: number
}

/** The fields of a message; undefined for bytes that are none. */
export function fieldsOf(bytes: Uint8Array, depth = 0): Field[] | undefined {
  const fields: Field[] = []
  let at = 0
  const varint = (): bigint | undefined => {
    let value = 0n
    for (let shift = 0n; shift < 70n && at < bytes.length; shift += 7n) {
      const byte = bytes[at++]
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    if (tag === undefined || tag < 8n || tag >= 2n ** 32n) return undefined
    const wire = Number(tag & 7n)
    const length = wire === 2 ? varint() : { 0: 0n, 1: 8n, 5: 4n }[wire]
    if (length === undefined || length > bytes.length - at) return undefined
    const value = wire === 0 ? varint() : bytes.slice(at, at + Number(length))
    if (value === undefined) return undefined
    if (wire !== 0) at += Number(length)
    const inner = wire === 2 && depth < 20 ? fieldsOf(value as Uint8Array, depth + 1) : undefined
    fields.push({ number: Number(tag >> 3n), wire, value: inner?.length ? inner : value })
  }
  return fields
}

/** The bytes of a message. */
export function bytesOf(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const parts = fields.map(({ number, wire, value }) => {
    const tag = varintBytes(BigInt(number * 8 + wire))
    if (typeof value === 'bigint') return joined([tag, varintBytes(value)])
    const content = Array.isArray(value) ? bytesOf(value) : value
    return joined(wire === 2 ? [tag, varintBytes(BigInt(content.length)), content] : [tag, content])
  })
  return joined(parts)
}

/** All fields of a tree, each with the list it is in. */
export function everyField(fields: Field[]): { list: Field[]; index: number }[] {
  return fields.flatMap(({ value }, index) => [
    { list: fields, index },
    ...(Array.isArray(value) ? everyField(value) : []),
  ])
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((total, { length }) => total + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function varintBytes(value: bigint): Uint8Array {
  const bytes: number[] = []
  for (; value > 127n; value >>= 7n) bytes.push(Number(value & 127n) | 128)
  return Uint8Array.of(...bytes, Number(value))
}
