/**
 * Reads and writes protocol-buffer messages by a table of their fields. Fields that the table does not name are kept as
 * they stand in the file, and written back. Wire format: https://protobuf.dev/programming-guides/encoding.
 */

import { PbfReader, PbfWriter } from 'pbf'

export interface Message {
  /** Number, length and content of each field that the table does not name. */
  otherFields?: Uint8Array[]
}

type Scalar = 'string' | 'bytes' | 'int32' | 'int64' | 'float' | 'double'

/** Messages may contain each other, so their types are given by functions. */
type Kind = Scalar | (() => MessageType<never>)

type KindOf<V> = V extends string
  ? 'string'
  : V extends bigint
    ? 'int64'
    : V extends number
      ? 'int32' | 'float' | 'double'
      : V extends Uint8Array
        ? 'bytes'
        : V extends Message
          ? () => MessageType<V>
          : never

interface Single<V> {
  number: number
  kind: KindOf<V>
  /** At most one field with this mark is set: the last one in the file. */
  oneof?: true
}

interface Repeated<V> {
  number: number
  kind: KindOf<V>
  many: true
  /** Written as one block. Both forms can be read. */
  packed?: true
}

/** A row for each property of T. */
export type Fields<T> = {
  [K in Exclude<keyof T, 'otherFields'>]-?: NonNullable<T[K]> extends (infer V)[]
    ? Repeated<V>
    : Single<NonNullable<T[K]>>
}

interface Field {
  name: string
  number: number
  kind: Kind
  wire: number
  many?: true
  packed?: true
  oneof?: true
}

type Values = Message & Record<string, unknown>

const VARINT = 0
const EIGHT_BYTES = 1
const LENGTH_DELIMITED = 2
const FOUR_BYTES = 5

const WIRES: Readonly<Record<Scalar, number>> = {
  string: LENGTH_DELIMITED,
  bytes: LENGTH_DELIMITED,
  int32: VARINT,
  int64: VARINT,
  float: FOUR_BYTES,
  double: EIGHT_BYTES,
}

const DEFAULTS: Readonly<Record<Scalar, unknown>> = {
  string: '',
  bytes: new Uint8Array(0),
  int32: 0,
  int64: 0n,
  float: 0,
  double: 0,
}

/** Messages inside each other: the limit of other readers of the format. */
const MOST_NESTED = 100

/** A kind of message. Its properties that are not set read as the defaults of the format, and are not written. */
export class MessageType<T extends Message> {
  readonly #fields: readonly Field[]
  /** The fields at their numbers. */
  readonly #byNumber: readonly (Field | undefined)[]
  readonly #lists: readonly string[]
  /** The prototype of all messages of this type. */
  readonly #defaults: Readonly<Record<string, unknown>>

  constructor(fields: Fields<T>) {
    this.#fields = Object.entries(fields as Record<string, Omit<Field, 'name' | 'wire'>>).map(
      ([name, field]) => ({
        ...field,
        name,
        wire: typeof field.kind === 'string' ? WIRES[field.kind] : LENGTH_DELIMITED,
      }),
    )
    const byNumber: (Field | undefined)[] = []
    for (const field of this.#fields) byNumber[field.number] = field
    this.#byNumber = byNumber
    this.#lists = this.#fields.filter(({ many }) => many).map(({ name }) => name)
    this.#defaults = Object.fromEntries(
      this.#fields.flatMap(({ name, kind, many, oneof }) =>
        typeof kind !== 'string' || many || oneof ? [] : [[name, DEFAULTS[kind]]],
      ),
    )
  }

  make(given: Partial<T>): T {
    return Object.assign(this.#empty(), given)
  }

  /** Bytes in the message are views of the given ones. @throws Error for bytes that are no such message */
  read(bytes: Uint8Array): T {
    const message = this.#empty()
    this.#readFields(new PbfReader(bytes), message, bytes.length, 1)
    return message as T
  }

  write(message: T): Uint8Array {
    const writer = new PbfWriter()
    this.#writeFields(message as Values, writer)
    return writer.finish()
  }

  #empty(): T & Values {
    const message = Object.create(this.#defaults)
    for (const name of this.#lists) message[name] = []
    return message
  }

  #readFields(reader: PbfReader, message: Values, end: number, depth: number): void {
    if (depth > MOST_NESTED) throw new Error(`messages are nested more than ${MOST_NESTED} deep`)
    while (reader.pos < end) {
      const start = reader.pos
      const tag = reader.readVarint()
      if (tag < 8 || tag >= 2 ** 32) throw new Error(`byte ${start} begins no field`)
      const [number, wire] = [tag >>> 3, tag & 7]
      const field = this.#byNumber[number]
      if (field) {
        this.#readField(reader, message, field, wire, end, depth)
      } else {
        if (wire === VARINT) reader.readVarint()
        else reader.skip(wire)
        message.otherFields ??= []
        message.otherFields.push(reader.buf.subarray(start, reader.pos))
      }
      // The reader itself does not look at the end of its bytes.
      if (reader.pos > end) throw new Error(`the field at byte ${start} ends behind what holds it`)
    }
  }

  #readField(
    reader: PbfReader,
    message: Values,
    { name, kind, many, oneof, wire: expected }: Field,
    wire: number,
    end: number,
    depth: number,
  ): void {
    const isPacked = many && wire === LENGTH_DELIMITED && expected !== LENGTH_DELIMITED
    if (wire !== expected && !isPacked) {
      throw new Error(`${name} before byte ${reader.pos} has the wire type ${wire} instead of ${expected}`)
    }
    if (typeof kind !== 'string') {
      const type = kind() as MessageType<Message>
      const stop = endOfLength(reader, end)
      // A message in two parts is one message.
      const inner = (many ? undefined : message[name]) ?? type.#empty()
      type.#readFields(reader, inner as Values, stop, depth + 1)
      if (many) (message[name] as unknown[]).push(inner)
      else message[name] = inner
    } else if (isPacked) {
      const list = message[name] as unknown[]
      const stop = endOfLength(reader, end)
      while (reader.pos < stop) list.push(READ[kind](reader))
      if (reader.pos > stop) throw new Error(`the last number of ${name} ends behind byte ${stop}`)
    } else if (many) {
      ;(message[name] as unknown[]).push(READ[kind](reader))
    } else {
      if (oneof) for (const other of this.#fields) if (other.oneof) delete message[other.name]
      message[name] = READ[kind](reader)
    }
  }

  #writeFields(message: Values, writer: PbfWriter): void {
    for (const { name, number, kind, wire, many, packed } of this.#fields) {
      const value = many || Object.hasOwn(message, name) ? message[name] : undefined
      if (value === undefined) continue
      const values = many ? (value as unknown[]) : [value]
      if (packed && values.length > 0) {
        writer.writeTag(number, LENGTH_DELIMITED)
        writer.writeRawMessage((list) => {
          for (const each of list) WRITE[kind as Scalar](writer, each as never)
        }, values)
        continue
      }
      for (const each of values) {
        writer.writeTag(number, wire)
        if (typeof kind === 'string') WRITE[kind](writer, each as never)
        else {
          const type = kind() as MessageType<Message>
          writer.writeRawMessage((inner) => type.#writeFields(inner, writer), each as Values)
        }
      }
    }
    for (const bytes of message.otherFields ?? []) {
      writer.realloc(bytes.length)
      writer.buf.set(bytes, writer.pos)
      writer.pos += bytes.length
    }
  }
}

/** Reads a length, and gives the byte behind what it measures. */
function endOfLength(reader: PbfReader, end: number): number {
  const start = reader.pos
  const stop = reader.readVarint() + reader.pos
  if (stop > end) throw new Error(`the length at byte ${start} leads behind what holds it`)
  return stop
}

/** pbf's own decoder cuts off what is not UTF-8, and drops a leading U+FEFF: tensors of two names would become one. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const READ: Readonly<Record<Scalar, (reader: PbfReader) => unknown>> = {
  string: (reader) => UTF8.decode(reader.readBytes()),
  bytes: (reader) => reader.readBytes(),
  int32: (reader) => reader.readVarint(true) | 0,
  int64: readInt64,
  float: (reader) => reader.readFloat(),
  double: (reader) => reader.readDouble(),
}

const WRITE: Readonly<Record<Scalar, (writer: PbfWriter, value: never) => void>> = {
  string: (writer, value) => writer.writeString(value),
  bytes: (writer, value) => writer.writeBytes(value),
  int32: (writer, value) => writer.writeVarint(value),
  int64: writeInt64,
  float: (writer, value) => writer.writeFloat(value),
  double: (writer, value) => writer.writeDouble(value),
}

function readInt64(reader: PbfReader): bigint {
  const start = reader.pos
  const number = reader.readVarint(true)
  if (Number.isSafeInteger(number)) return BigInt(number)
  let value = 0n // rounded above, so read again
  for (let at = start; at < reader.pos; at++)
    value |= BigInt(reader.buf[at] & 127) << BigInt(7 * (at - start))
  return BigInt.asIntN(64, value)
}

function writeInt64(writer: PbfWriter, value: bigint): void {
  const number = Number(value)
  if (Number.isSafeInteger(number)) {
    writer.writeVarint(number)
    return
  }
  writer.realloc(10)
  let rest = BigInt.asUintN(64, value)
  for (; rest > 127n; rest >>= 7n) writer.buf[writer.pos++] = Number(rest & 127n) | 128
  writer.buf[writer.pos++] = Number(rest)
}
