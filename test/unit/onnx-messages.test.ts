/** The library's own reader and writer of ONNX files against onnx-buf, which is made from onnx.proto. */

import { create, type DescMessage, ScalarType, toBinary } from '@bufbuild/protobuf'
import { makeStochastic, OnnxModelError } from 'noiseshape/onnx'
import { ModelProtoSchema } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/onnx/model'
import { writeModel } from '../../src/onnx/write-model'
import { attribute, decode, dropoutOnly, encode, info, node, toBytes } from '../support/onnx-models'
import { bytesOf, type Field, fieldsOf, joined } from '../support/protobuf'

type Json = Record<string, unknown>

const SCALARS: Partial<Record<ScalarType, readonly unknown[]>> = {
  [ScalarType.STRING]: ['a name', '', 'lang genug für den schnellen Weg: 模型 😀'],
  [ScalarType.BYTES]: [Uint8Array.of(1, 255, 0), new Uint8Array(0), new Uint8Array(300).fill(7)],
  [ScalarType.INT32]: [5, 0, -3, 2 ** 31 - 1, -(2 ** 31)],
  [ScalarType.INT64]: [6n, 0n, -1n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)],
  [ScalarType.UINT64]: [7n, 0n, 2n ** 64n - 1n],
  [ScalarType.FLOAT]: [0.5, 0, -0, Number.POSITIVE_INFINITY],
  [ScalarType.DOUBLE]: [0.1, 0, -0, Number.NEGATIVE_INFINITY],
}

/** One field of each wire type, with numbers that no version of the format has. */
const FUTURE = [
  { no: 900, wireType: 0, data: Uint8Array.of(255, 1) },
  { no: 901, wireType: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
  { no: 902, wireType: 2, data: Uint8Array.of(2, 9, 9) },
  { no: 2 ** 29 - 1, wireType: 5, data: Uint8Array.of(1, 2, 3, 4) },
]

/** A message with all its fields set; each kind of message at most twice inside itself. The `turn` chooses values. */
function full(type: DescMessage, turn: number, withFuture: boolean, path: readonly DescMessage[] = []): Json {
  const inside = [...path, type]
  const isTooDeep = (inner: DescMessage) => inside.filter((outer) => outer === inner).length > 1
  const message = create(type) as unknown as Json
  for (const member of type.members) {
    const field = member.kind === 'oneof' ? member.fields[turn % member.fields.length] : member
    if (field.message && isTooDeep(field.message)) continue
    const scalars = SCALARS[field.scalar ?? ScalarType.INT32] ?? []
    const one = (i: number) =>
      field.message
        ? full(field.message, turn + i, withFuture, inside)
        : field.enum
          ? field.enum.values[(turn + i) % field.enum.values.length].number
          : scalars[(turn + i) % scalars.length]
    const value =
      field.fieldKind === 'list' ? Array.from({ length: field.message ? 1 : 7 }, (_, i) => one(i)) : one(0)
    message[member.localName] = member.kind === 'oneof' ? { case: field.localName, value } : value
  }
  if (withFuture) message.$unknown = FUTURE
  return message
}

const turns = [0, 1, 2, 3, 4, 5, 6]

/** A model of all fields; a reader refuses files without a version. */
function fullModel(turn: number, withFuture = false) {
  const model = full(ModelProtoSchema, turn, withFuture) as unknown as ReturnType<typeof decode>
  model.irVersion = 13n
  model.opsetImport[0].domain = ''
  model.opsetImport[0].version = 22n
  return toBytes(model)
}

describe('a file with every field of the format', () => {
  test.each(turns)('is written as it was read, values %i', (turn) => {
    const bytes = fullModel(turn)
    expect(bytes.length).toBeGreaterThan(10_000)
    expect(Buffer.compare(toBytes(decode(writeModel(readModel(bytes)))), bytes)).toBe(0)
  })

  test.each(turns)('is written as it was read with fields of a later version, values %i', (turn) => {
    const bytes = fullModel(turn, true)
    expect(Buffer.compare(toBytes(decode(writeModel(readModel(bytes)))), bytes)).toBe(0)
  })

  test.each(turns)('is read under the names of the format, values %i', (turn) => {
    const bytes = fullModel(turn)
    let count = 0
    const compare = (ours: unknown, theirs: unknown, where: string): void => {
      if (Array.isArray(ours)) {
        expect(ours.length, where).toBe((theirs as unknown[]).length)
        ours.forEach((each, i) => {
          compare(each, (theirs as unknown[])[i], `${where}[${i}]`)
        })
      } else if (ours instanceof Uint8Array || typeof ours !== 'object') {
        expect(ours, where).toStrictEqual(theirs)
        count++
      } else {
        const { value, ...flat } = theirs as Json & { value?: { case: string; value: unknown } | string }
        if (typeof value === 'object') flat[value.case] = value.value
        else flat.value = value
        for (const [name, inner] of Object.entries(ours as Json)) {
          if (name !== 'otherFields') compare(inner, flat[name], `${where}.${name}`)
        }
      }
    }
    compare(readModel(bytes).proto, decode(bytes), 'model')
    expect(count).toBeGreaterThan(500)
  })
})

test('properties that a file does not set have the defaults of the format, and stay unset', () => {
  const bytes = encode({ node: [node('Relu', ['x'], ['y'], { name: undefined })], output: [info('y')] })
  const { graph } = readModel(bytes)
  expect(graph.node[0]).toMatchObject({ name: '', domain: '', attribute: [] })
  expect(toBytes(decode(writeModel(readModel(bytes))))).toEqual(toBytes(decode(bytes)))
})

test('weights are views of the file', () => {
  const rawData = new Uint8Array(400).fill(3)
  const bytes = encode({
    initializer: [{ name: 'w', dims: [100n], dataType: 1, rawData }],
    output: [info('y')],
  })
  const [weights] = readModel(bytes).graph.initializer
  expect(weights.rawData).toEqual(rawData)
  expect(weights.rawData.buffer).toBe(bytes.buffer)
})

test('a file that begins in the middle of a buffer is read', () => {
  const bytes = dropoutOnly([2], 0.25)
  const buffer = joined([Uint8Array.of(9, 9, 9), bytes, Uint8Array.of(9)])
  const inside = buffer.subarray(3, 3 + bytes.length)
  expect(readModel(inside).graph.initializer[0].floatData).toEqual([0.25])
})

/** ModelProto: 1 ir_version, 7 graph, 8 opset_import (2 version). GraphProto: 12 output. */
function modelOf(...graph: Field[]): Uint8Array<ArrayBuffer> {
  return bytesOf([
    { number: 1, wire: 0, value: 8n },
    { number: 8, wire: 2, value: [{ number: 2, wire: 0, value: 13n }] },
    { number: 7, wire: 2, value: [...graph, { number: 12, wire: 2, value: Uint8Array.of() }] },
  ])
}

/** GraphProto: 5 initializer. */
const tensorOf = (...fields: Field[]): Field => ({ number: 5, wire: 2, value: fields })

const float = (value: number) => new Uint8Array(Float32Array.of(value).buffer)
const double = (value: number) => new Uint8Array(Float64Array.of(value).buffer)

describe('repeated numbers', () => {
  // TensorProto: 1 dims, 4 float_data, 5 int32_data, 7 int64_data, 10 double_data; the varint of -2 has ten bytes.
  const minusTwo = Uint8Array.of(254, 255, 255, 255, 255, 255, 255, 255, 255, 1)
  const expected = {
    dims: [300n, -2n],
    floatData: [0.5, -1],
    int32Data: [300, -2],
    int64Data: [300n, -2n],
    doubleData: [0.1, 3],
  }
  const varints = joined([Uint8Array.of(172, 2), minusTwo])
  const blocks: Field[] = [
    { number: 1, wire: 2, value: varints },
    { number: 4, wire: 2, value: joined([float(0.5), float(-1)]) },
    { number: 5, wire: 2, value: varints },
    { number: 7, wire: 2, value: varints },
    { number: 10, wire: 2, value: joined([double(0.1), double(3)]) },
  ]
  const singles: Field[] = [
    ...[1, 5, 7].flatMap((number) => [
      { number, wire: 0, value: 300n },
      { number, wire: 0, value: 2n ** 64n - 2n },
    ]),
    ...[0.5, -1].map((value) => ({ number: 4, wire: 5, value: float(value) })),
    ...[0.1, 3].map((value) => ({ number: 10, wire: 1, value: double(value) })),
  ]

  test.each([
    { form: 'in blocks', fields: blocks },
    { form: 'one by one', fields: singles },
    { form: 'in a block and one by one', fields: [blocks[1], ...singles.slice(0, 6), blocks[4]] },
  ])('$form are read', ({ fields }) => {
    const bytes = modelOf(tensorOf(...fields))
    expect(readModel(bytes).graph.initializer[0]).toMatchObject(expected)
    expect(decode(bytes).graph?.initializer[0]).toMatchObject(expected)
  })
})

test('a message in two parts is one, and the last of two values counts', () => {
  const bytes = joined([
    modelOf(tensorOf({ number: 2, wire: 0, value: 1n }, { number: 2, wire: 0, value: 11n })),
    modelOf(tensorOf({ number: 2, wire: 0, value: 10n })),
  ])
  expect(readModel(bytes).graph.initializer.map(({ dataType }) => dataType)).toEqual([11, 10])
  expect(decode(bytes).graph?.initializer.map(({ dataType }) => dataType)).toEqual([11, 10])
})

describe('damaged files', () => {
  const good = modelOf(tensorOf({ number: 2, wire: 0, value: 1n }))
  const inTensor = (...bytes: number[]) => modelOf({ number: 5, wire: 2, value: Uint8Array.of(...bytes) })

  test('the undamaged one is read', () => {
    expect(readModel(good).graph.initializer).toHaveLength(1)
    expect(readModel(inTensor(0x10, 1)).graph.initializer[0].dataType).toBe(1)
  })

  test.each([
    { damage: 'a number where a graph should be', bytes: bytesOf([{ number: 7, wire: 0, value: 5n }]) },
    { damage: 'a number where weights should be', bytes: inTensor(0x48, 1) },
    { damage: 'bytes where a type should be', bytes: inTensor(0x12, 1, 1) },
    { damage: 'weights that end behind their tensor', bytes: inTensor(0x4a, 3, 1, 2) },
    { damage: 'weights that end behind the file', bytes: inTensor(0x4a, 255, 255, 255, 255, 127) },
    { damage: 'a name that ends behind its tensor', bytes: inTensor(0x42, 1) },
    { damage: 'an unknown field that ends behind its tensor', bytes: inTensor(0x7a, 2, 1) },
    { damage: 'a number that ends behind its tensor', bytes: inTensor(0x10, 0x81) },
    { damage: 'a block whose last number is cut off', bytes: inTensor(0x3a, 2, 1, 0x81) },
    { damage: 'a block whose last float is cut off', bytes: inTensor(0x22, 6, 0, 0, 0, 0, 0, 0) },
    { damage: 'the field number 0', bytes: inTensor(0, 1) },
    { damage: 'a field number of more than 29 bits', bytes: inTensor(0x80, 0x80, 0x80, 0x80, 0x10, 1) },
    { damage: 'a number of eleven bytes', bytes: inTensor(0x10, ...new Array(10).fill(0x80), 0) },
    { damage: 'an unknown number of eleven bytes', bytes: inTensor(0x78, ...new Array(10).fill(0x80), 0) },
    { damage: 'a group, which the format does not use', bytes: inTensor(0x7b, 0x7c) },
    { damage: 'a wire type that does not exist', bytes: inTensor(0x7f, 1) },
  ])('$damage: an OnnxModelError', ({ bytes }) => {
    expect(() => makeStochastic(bytes)).toThrow(OnnxModelError)
    expect(() => makeStochastic(bytes)).toThrow(/^noiseshape: the \d+ bytes are not an ONNX model \(.+\)/)
  })

  test('every prefix of a file is refused', () => {
    // ir_version and the graph come first here, and the operator set, which every model must have, last.
    const bytes = toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, { irVersion: 8n, graph: decode(good).graph, opsetImport: [{ version: 13n }] }),
    )
    const fields = fieldsOf(bytes) as Field[]
    const ordered = bytesOf(fields.sort((a, b) => a.number - b.number))
    expect(readModel(ordered).opset).toBe(13)
    for (let length = 0; length < ordered.length; length++) {
      expect(() => readModel(ordered.subarray(0, length)), `${length} bytes`).toThrow(OnnxModelError)
    }
  })
})

test('large attributes of nodes in subgraphs are written whole', () => {
  // Lengths of one to four bytes, each in messages inside each other.
  for (const count of [0, 10, 1000, 50_000]) {
    const ints = Array.from({ length: count }, (_, i) => BigInt(i) - 5n)
    const inner = node('Slice', ['x'], ['z'], { attribute: [attribute('starts', ints)] })
    const outer = node('If', ['c'], ['y'], { attribute: [attribute('then_branch', { node: [inner] })] })
    const bytes = encode({ node: [outer], output: [info('y')] })
    expect(Buffer.compare(toBytes(decode(writeModel(readModel(bytes)))), bytes)).toBe(0)
  }
})
