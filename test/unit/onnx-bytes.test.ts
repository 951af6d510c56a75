/** ONNX files that are truncated, changed at random or hostile: the result is a model or a documented error. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { makeStochastic, OnnxModelError, type StochasticOptions } from 'noiseshape/onnx'
import type { NodeProto } from 'onnx-buf'
import { expect, test } from 'vitest'
import { expectArgumentError, quietly } from '../support/changes'
import { atLeast, fuzz, fuzzTimeout } from '../support/fuzz'
import { JUNK, type Junk, junk, makeJunk } from '../support/junk'
import { decode } from '../support/onnx-models'
import { bytesOf, everyField, type Field, fieldsOf, joined } from '../support/protobuf'
import { isSound } from '../support/sound-model'

const folder = join(import.meta.dirname, '../golden/onnx')
const files = readdirSync(folder).filter((name) => name.endsWith('.onnx'))
const models = new Map(files.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]))

/** A change of the raw bytes, or of a field, with all lengths around it corrected. `at` and `from` go round. */
type Mutation =
  | { kind: 'flip'; at: number; bit: number }
  | { kind: 'cut'; at: number }
  | { kind: 'huge varint' | 'splice' | 'remove'; at: number; from: number; length: number }
  | { kind: 'field'; at: number; from: number; how: (typeof FIELD_CHANGES)[number] }

const names = Object.keys(JUNK) as (keyof typeof JUNK)[]

const FIELD_CHANGES = [
  'remove',
  'repeat',
  'copy',
  'move into',
  'huge',
  'empty',
  'text',
  'other type',
] as const

const place = fc.nat({ max: 100_000 })
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.nat({ max: 7 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({
    kind: fc.constantFrom('huge varint' as const, 'splice' as const, 'remove' as const),
    at: place,
    from: place,
    length: fc.nat({ max: 200 }),
  }),
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('field' as const),
      at: place,
      from: place,
      how: fc.constantFrom(...FIELD_CHANGES),
    }),
  },
)

const rate = fc.oneof(fc.constantFrom<Junk>({ value: 0.5 }, { value: 0.1 }, { name: 'undefined' }), junk)
const entries = fc.array(fc.oneof(fc.constantFrom<Junk>({ value: 1 }, { value: null }), junk), {
  maxLength: 5,
})
const name = fc.oneof(
  fc.constantFrom<Junk>(
    { name: 'undefined' },
    ...['x', 'y', 'h', 'hidden', 'dropout'].map((value) => ({ value })),
  ),
  junk,
)
const given = fc.record({
  rate: fc.option(rate),
  noiseShape: fc.option(fc.oneof(entries, junk)),
  points: fc.option(
    fc.oneof(fc.array(fc.record({ tensor: name, node: name, rate }), { maxLength: 3 }), junk),
    {
      freq: 3,
    },
  ),
})

test('the models themselves can be read, so that the changed files below are nearly valid', () => {
  expect(files.length).toBeGreaterThan(8)
  for (const bytes of models.values()) expect(bytesOf(fieldsOf(bytes) as Field[])).toEqual(bytes)
})

test(
  'files changed at random give a model or a documented error, and are not modified',
  () => {
    let accepted = 0
    const bent = fc.property(
      fc.constantFrom(...files),
      fc.array(mutation, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(0.5, undefined),
      (file, mutations, rate) => {
        const bytes = mutations.reduce(mutate, models.get(file) as Uint8Array)
        if (tried(bytes, { rate })) accepted++
      },
    )
    return fuzz('ONNX bytes', bent, 2000).then(() => expect(accepted).toBeGreaterThanOrEqual(atLeast(50)))
  },
  fuzzTimeout,
)

test(
  'options of any kind give a model or a documented error',
  () =>
    fuzz(
      'ONNX options',
      fc.property(fc.constantFrom(...files), given, (file, { rate, noiseShape, points }) => {
        const options: Record<string, unknown> = {}
        if (rate) options.rate = makeJunk(rate)
        if (noiseShape)
          options.noiseShape = Array.isArray(noiseShape) ? noiseShape.map(makeJunk) : makeJunk(noiseShape)
        if (points) {
          options.points = Array.isArray(points)
            ? points.map((point) =>
                Object.fromEntries(Object.entries(point).map(([key, value]) => [key, makeJunk(value)])),
              )
            : makeJunk(points)
        }
        tried(models.get(file) as Uint8Array, options)
      }),
      800,
    ),
  fuzzTimeout,
)

test.each(names)('%s as points or as a noise shape: a model or a documented error, at once', (name) => {
  for (const bytes of models.values()) {
    tried(bytes, { rate: 0.5, points: JUNK[name]() })
    tried(bytes, { rate: 0.5, noiseShape: JUNK[name]() })
    tried(bytes, { points: [{ tensor: 'h', rate: 0.5, noiseShape: JUNK[name]() }] })
  }
})

test('what is no bytes is refused', () => {
  fc.assert(
    fc.property(junk, (junk) => {
      const value = makeJunk(junk)
      if (quietly(() => value instanceof ArrayBuffer || value instanceof Uint8Array)) return // bytes they are
      expect(() => makeStochastic(value as Uint8Array)).toThrow()
      tried(value as Uint8Array, {})
    }),
  )
})

test.each([
  { name: 'graphs in nodes, 5000 deep', bytes: () => nested(5000) },
  { name: 'graphs in nodes, 60 deep', bytes: () => nested(60) },
  { name: 'groups in groups, a million deep', bytes: () => new Uint8Array(1_000_000).fill(0x0b) },
  { name: 'a varint without an end', bytes: () => new Uint8Array(1_000_000).fill(0xff) },
  { name: 'a length of 2^63', bytes: () => Uint8Array.of(0x3a, ...new Array(8).fill(0xff), 0x7f) },
  { name: 'a graph of 50 000 nodes', bytes: () => crowded(50_000, 1) },
  { name: 'a node of 100 000 inputs', bytes: () => crowded(1, 100_000) },
])('$name: a model or a documented error, at once', ({ bytes }) => {
  tried(bytes(), { rate: 0.5 })
})

/** Whether a sound model comes out; throws for an error that is not documented, and for bytes that were altered. */
function tried(bytes: Uint8Array, options: unknown): boolean {
  const before = quietly(() => (bytes instanceof Uint8Array ? bytes.slice() : undefined))
  try {
    const { model } = makeStochastic(bytes, options as StochasticOptions)
    expect(fieldsOf(model)?.length).toBeGreaterThan(0)
    if (!isSound(bytes)) return false
    expect(decode(model).graph?.node.filter(isRandom)).toEqual([])
    return true
  } catch (error) {
    if (!(error instanceof OnnxModelError)) expectArgumentError(error)
    return false
  } finally {
    if (before) expect(Buffer.compare(bytes, before)).toBe(0)
  }
}

/** A Dropout node is one with an input and an output; a damaged one is none. */
function isRandom({ opType, domain, input, output }: NodeProto): boolean {
  const isStandard = domain === '' || domain === 'ai.onnx'
  return isStandard && opType === 'Dropout' && input.length > 0 && output.length > 0
}

function mutate(bytes: Uint8Array, mutation: Mutation): Uint8Array {
  if (bytes.length === 0) return bytes
  const at = mutation.at % bytes.length
  if (mutation.kind === 'flip') return bytes.map((byte, i) => (i === at ? byte ^ (1 << mutation.bit) : byte))
  if (mutation.kind === 'cut') return bytes.slice(0, at)
  if (mutation.kind === 'field') return mutateField(bytes, mutation)
  const from = mutation.from % bytes.length
  const part = {
    'huge varint': Uint8Array.of(...new Array(9).fill(0xff), 1),
    splice: bytes.subarray(from, from + mutation.length),
    remove: new Uint8Array(0),
  }[mutation.kind]
  const behind = mutation.kind === 'remove' ? at + mutation.length : at
  return joined([bytes.subarray(0, at), part, bytes.subarray(behind)])
}

function mutateField(bytes: Uint8Array, { at, from, how }: Mutation & { kind: 'field' }): Uint8Array {
  const fields = fieldsOf(bytes)
  if (!fields) return bytes
  const all = everyField(fields)
  const { list, index } = all[at % all.length]
  const field = list[index]
  const other = all[from % all.length]
  const copy = structuredClone(other.list[other.index])
  if (how === 'remove') list.splice(index, 1)
  else if (how === 'repeat') list.push(...new Array(3).fill(field))
  else if (how === 'copy') list[index] = { ...copy, number: field.number }
  else if (how === 'move into') list.splice(index, 0, copy)
  else if (how === 'huge')
    list[index] = { number: field.number, wire: 0, value: 2n ** 64n - 1n - BigInt(from % 3) }
  else if (how === 'empty')
    field.value = field.wire === 0 ? 0n : new Uint8Array(field.wire === 2 ? 0 : field.wire === 1 ? 8 : 4)
  else if (how === 'text')
    list[index] = { number: field.number, wire: 2, value: Uint8Array.of(0xff, from % 256) }
  else list[index] = { number: field.number, wire: 0, value: BigInt(from) }
  return bytesOf(fields)
}

/** ModelProto: 1 ir_version, 7 graph, 8 opset_import (2 version). GraphProto: 1 node, 12 output. */
function modelOf(graph: Field[]): Uint8Array {
  return bytesOf([
    { number: 1, wire: 0, value: 8n },
    { number: 8, wire: 2, value: [{ number: 2, wire: 0, value: 13n }] },
    { number: 7, wire: 2, value: [...graph, text(12, 'y')] },
  ])
}

/** A field that holds a message whose first field is this text. */
function text(number: number, value: string): Field {
  return { number, wire: 2, value: [{ number: 1, wire: 2, value: new TextEncoder().encode(value) }] }
}

/** NodeProto: 1 input, 2 output, 4 op_type, 5 attribute (6 g). */
function dropout(inputs: number): Field {
  const bytes = (value: string) => new TextEncoder().encode(value)
  return {
    number: 1,
    wire: 2,
    value: [
      ...Array.from({ length: inputs }, (_, i) => ({ number: 1, wire: 2, value: bytes(i === 1 ? '' : 'x') })),
      { number: 2, wire: 2, value: bytes('y') },
      { number: 4, wire: 2, value: bytes('Dropout') },
    ],
  }
}

function crowded(nodes: number, inputs: number): Uint8Array {
  return modelOf(new Array(nodes).fill(dropout(inputs)))
}

/** Built from the inside, as text, because a tree so deep could not be walked. */
function nested(depth: number): Uint8Array {
  let graph = bytesOf([dropout(1)])
  for (let i = 0; i < depth; i++) {
    const attribute = bytesOf([{ number: 6, wire: 2, value: graph }])
    const node = bytesOf([
      { number: 4, wire: 2, value: new TextEncoder().encode('If') },
      { number: 5, wire: 2, value: attribute },
    ])
    graph = bytesOf([{ number: 1, wire: 2, value: node }])
  }
  return joined([modelOf([]), bytesOf([{ number: 7, wire: 2, value: graph }])])
}
