/**
 * Values that are wrong almost anywhere, and memory of unusual kinds. Both go by name, so that a failing case prints as
 * text, shrinks, and makes its values anew for each reader. Objects that lie about themselves are not among them: they
 * come from the caller's own realm, which is no boundary.
 */

import fc from 'fast-check'
import { floats } from './compare'

/** A value for any place where it does not belong (in some it does: -0 is a number, 1n a seed). */
export const JUNK = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  'an empty text': () => '',
  'the text 3': () => '3',
  'the text 0.5': () => '0.5',
  'a long text': () => 'noise'.repeat(10_000),
  '-0': () => -0,
  NaN: () => Number.NaN,
  Infinity: () => Infinity,
  '-1': () => -1,
  '1.5': () => 1.5,
  '0.5': () => 0.5,
  '2^40': () => 2 ** 40,
  '2^53 - 1': () => 2 ** 53 - 1,
  '2^53': () => 2 ** 53,
  'the largest double': () => Number.MAX_VALUE,
  'the smallest double': () => Number.MIN_VALUE,
  '1n': () => 1n,
  '-1n': () => -1n,
  '2^64 as a bigint': () => 2n ** 64n,
  'a bigint of a million bits': () => 1n << 1_000_000n,
  'a symbol': () => Symbol('noise'),
  'a well-known symbol': () => Symbol.iterator,
  'a function': () => () => 3,
  'an async function': () => async () => 3,
  'a class': () => class Shape {},
  'a date': () => new Date(0),
  'an invalid date': () => new Date(Number.NaN),
  'an object without a prototype': () => Object.create(null),
  'an object like an array': () => ({ length: 2, 0: 2, 1: 3 }),
  'a Float32Array': () => new Float32Array(3),
  'a Float64Array': () => new Float64Array(6),
  'an Int32Array': () => Int32Array.of(2, 3),
  'a BigInt64Array': () => BigInt64Array.of(2n, 3n),
  'a DataView': () => new DataView(new ArrayBuffer(24)),
  'an ArrayBuffer': () => new ArrayBuffer(24),
  'shared memory': () => sharedMemory(24),
  'a detached Float32Array': () => detached(new Float32Array(6)),
  'a map': () => new Map([['shape', [2, 3]]]),
  'a promise': () => Promise.resolve([2, 3]),
  'a generator': () =>
    (function* () {
      yield 2
    })(),
  'an empty array': () => [],
  'an array of text': () => ['2', '3'],
  'an array of arrays': () => [[2], [3]],
  'an array that holds itself': () => {
    const array: unknown[] = [2]
    array.push(array)
    return array
  },
  'arrays in arrays, 8 wide and 30 deep': () => {
    let array: unknown = [1]
    for (let depth = 0; depth < 30; depth++) array = new Array(8).fill(array)
    return array
  },
  'arrays in arrays, 100 000 deep': () => {
    let array: unknown = [1]
    for (let depth = 0; depth < 100_000; depth++) array = [array]
    return array
  },
  'an array of holes': () => new Array(3),
  'an array of four billion holes': () => new Array(2 ** 32 - 1),
  'an array of nine': () => [1, 1, 1, 1, 1, 1, 1, 1, 1],
} satisfies Record<string, () => unknown>

/** A named value of JUNK, or whatever fast-check thinks of. */
export type Junk = { name: keyof typeof JUNK } | { value: unknown }

const names = Object.keys(JUNK) as (keyof typeof JUNK)[]

export const junk: fc.Arbitrary<Junk> = fc.oneof(
  { arbitrary: fc.constantFrom(...names).map((name) => ({ name })), weight: 4 },
  {
    arbitrary: fc
      .anything({
        withBigInt: true,
        withSparseArray: true,
        withTypedArray: true,
        withDate: true,
      })
      .map((value) => ({ value: tamed(value) })),
    weight: 1,
  },
)

/** Junk in one case of `times`, else undefined. */
export function seldomJunk(times: number): fc.Arbitrary<Junk | undefined> {
  return fc.oneof({ arbitrary: fc.constant(undefined), weight: times - 1 }, { arbitrary: junk, weight: 1 })
}

export function makeJunk(junk: Junk): unknown {
  return 'name' in junk ? JUNK[junk.name]() : junk.value
}

/** A mask of a billion cells is right, and takes a minute: sizes are small, or so large that no array holds them. */
function tamed(value: unknown): unknown {
  if (typeof value === 'number' && value > 5000 && value < 2 ** 40) return value + 0.5
  return Array.isArray(value) ? Array.from(value, tamed) : value
}

/** The same values, in memory of any kind. */
export const VALUES = {
  plain: (bits) => floats(bits.slice()),
  'part of a larger buffer': (bits) => {
    const buffer = new Uint32Array(bits.length + 5).fill(0xdeadbeef)
    buffer.set(bits, 3)
    return new Float32Array(buffer.buffer, 12, bits.length)
  },
  'in shared memory': (bits) => {
    const shared = new Float32Array(sharedMemory(4 * bits.length) as ArrayBuffer, 0, bits.length)
    new Uint32Array(shared.buffer, 0, bits.length).set(bits)
    return shared
  },
  'in a buffer that may grow': (bits) => new Float32Array(resizable(bits, 0), 0, bits.length),
  'that follow the length of their buffer': (bits) => new Float32Array(resizable(bits, 0)),
  'that follow the length of their buffer, which has shrunk': (bits) => {
    const buffer = resizable(bits, 3)
    const values = new Float32Array(buffer)
    buffer.resize(4 * bits.length)
    return values
  },
} satisfies Record<string, (bits: Uint32Array) => Float32Array>

/** An ArrayBuffer as ES2024 has it; the TypeScript library here is that of ES2023. */
interface Resizable extends ArrayBuffer {
  resize(bytes: number): void
}

/** Words in a buffer that can be resized, and so many more behind them. */
export function resizable(bits: Uint32Array, more: number): Resizable {
  const bytes = 4 * (bits.length + more)
  const Buffer_ = ArrayBuffer as unknown as new (bytes: number, options: object) => Resizable
  const buffer = new Buffer_(bytes, { maxByteLength: bytes + 64 })
  new Uint32Array(buffer).set(bits)
  return buffer
}

/** Takes the memory away from an array, as a transfer to a worker does. */
export function detached<T extends ArrayBufferView>(array: T): T {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] })
  return array
}

/** WebAssembly has it also where a page, which is not isolated from others, has no SharedArrayBuffer. */
function sharedMemory(bytes: number): ArrayBufferLike {
  const pages = Math.ceil(bytes / 65536)
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer
}
