/**
 * What nobody should pass, and honest values in disguise. Both go by name, so that a failing case prints as text, shrinks,
 * and makes its values anew for each reader.
 */

import fc from 'fast-check'
import { floats } from './compare'

/** What getters and traps of the user throw here: it may come through a call as it is. */
export class UsersOwnError extends Error {
  override name = 'UsersOwnError'
}

function refuse(): never {
  throw new UsersOwnError('a member of the user that throws')
}

/** Not an error that a call may throw: the library must not write to what it was given. */
function altered(): never {
  throw new Error('the argument was altered')
}

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
  'a boxed number': () => Object(3),
  'a boxed bigint': () => Object(3n),
  'a date': () => new Date(0),
  'an invalid date': () => new Date(Number.NaN),
  'an object that turns into 3': () => ({
    valueOf: () => 3,
    toString: () => '3',
    [Symbol.toPrimitive]: () => 3,
  }),
  'an object that refuses to turn': () => ({
    valueOf: refuse,
    toString: refuse,
    [Symbol.toPrimitive]: refuse,
  }),
  'an object whose tag throws': () => ({
    get [Symbol.toStringTag]() {
      return refuse()
    },
  }),
  'an object without a prototype': () => Object.create(null),
  'an object like an array': () => ({ length: 2, 0: 2, 1: 3 }),
  'an object that says it is an array': () => Object.create(Array.prototype, { length: { value: 2 } }),
  'an object that says it is a Float32Array': () => Object.create(Float32Array.prototype),
  'bytes that say they are a Float32Array': () =>
    Object.setPrototypeOf(new Uint8Array(64), Float32Array.prototype),
  'a proxy of a Float32Array': () => new Proxy(new Float32Array(6), {}),
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
  'an array whose entries throw': () => Object.defineProperty([2, 3], 0, { get: refuse }),
  'a revoked proxy': () => revoked({}),
  'a revoked proxy of an array': () => revoked([2, 3]),
  'a proxy that refuses everything': () =>
    new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse, getPrototypeOf: refuse }),
  'a proxy of an array that refuses everything': () =>
    new Proxy([2, 3], { get: refuse, has: refuse, ownKeys: refuse, getPrototypeOf: refuse }),
  'an array whose length is no number': () => withLength(() => 'two'),
  'an array whose length is a symbol': () => withLength(() => Symbol('two')),
  'an array whose length is a bigint': () => withLength(() => 2n),
  'an array whose length is -1': () => withLength(() => -1),
  'an array whose length is infinite': () => withLength(() => Infinity),
  'an array whose length throws': () => withLength(refuse),
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
        withNullPrototype: true,
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

/** The same entries, read once and in order, however the array is made. Whatever else is called on it throws. */
export const ARRAYS = {
  plain: (entries) => [...entries],
  frozen: (entries) => Object.freeze([...entries]),
  'of a class of its own': (entries) => Sizes.from(entries),
  'without a prototype': (entries) => Object.setPrototypeOf([...entries], null),
  'whose methods throw': (entries) => Object.assign([...entries], POISON),
  'with a prototype whose methods throw': (entries) => Object.setPrototypeOf([...entries], POISON),
  'behind a proxy': (entries) => new Proxy([...entries], READ_ONLY),
  'whose entries lie when they are read again': (entries) =>
    entries.reduce<unknown[]>((array, entry, i) => {
      return Object.defineProperty(array, i, { get: lying(entry, 1e9), enumerable: true })
    }, []),
  'whose entries throw when they are read again': (entries) =>
    entries.reduce<unknown[]>((array, entry, i) => {
      return Object.defineProperty(array, i, { get: once(entry), enumerable: true })
    }, []),
  'whose length lies when it is read again': (entries) => {
    const length = lying(entries.length, 1e9)
    return new Proxy([...entries], {
      get: (array, key) => (key === 'length' ? length() : Reflect.get(array, key)),
    })
  },
  'of holes, with the entries in its prototype': (entries) =>
    Object.setPrototypeOf(new Array(entries.length), Object.assign(Object.create(Array.prototype), entries)),
} satisfies Record<string, (entries: readonly unknown[]) => unknown>

/** The same options, each read once. */
export const OPTIONS = {
  plain: (options) => ({ ...options }),
  frozen: (options) => Object.freeze({ ...options }),
  'without a prototype': (options) => Object.assign(Object.create(null), options),
  inherited: (options) => Object.create(Object.freeze({ ...options })),
  'behind a proxy': (options) => new Proxy({ ...options }, READ_ONLY),
  'on an array': (options) => Object.assign([], options),
  'with an own __proto__': (options) => Object.assign(JSON.parse('{"__proto__": {"rate": 2}}'), options),
  'with more members, which throw': (options) =>
    Object.defineProperties(
      { ...options },
      { toString: { get: refuse }, dims: { get: refuse }, x: { get: refuse } },
    ),
  'that lie when they are read again': (options) => accessors(options, (value) => lying(value, 7)),
  'that throw when they are read again': (options) => accessors(options, once),
} satisfies Record<string, (options: Record<string, unknown>) => unknown>

/** The same values, wherever they lie. */
export const VALUES = {
  plain: (bits) => floats(bits.slice()),
  'part of a larger buffer': (bits) => {
    const buffer = new Uint32Array(bits.length + 5).fill(0xdeadbeef)
    buffer.set(bits, 3)
    return new Float32Array(buffer.buffer, 12, bits.length)
  },
  'of a class of its own': (bits) => new Tensor(floats(bits.slice()).buffer),
  'whose members lie': (bits) =>
    Object.defineProperties(floats(bits.slice()), {
      length: { get: () => bits.length + 1 },
      buffer: { get: () => new ArrayBuffer(4 * bits.length) },
      byteOffset: { get: () => 4 },
      byteLength: { get: () => 0 },
    }),
  'whose members throw': (bits) =>
    Object.defineProperties(floats(bits.slice()), {
      length: { get: refuse },
      buffer: { get: refuse },
      byteOffset: { get: refuse },
      slice: { get: refuse },
      subarray: { get: refuse },
      constructor: { get: refuse },
      [Symbol.iterator]: { get: refuse },
      [Symbol.toStringTag]: { get: refuse },
    }),
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

const READ_ONLY: ProxyHandler<object> = {
  set: altered,
  defineProperty: altered,
  deleteProperty: altered,
  setPrototypeOf: altered,
  preventExtensions: altered,
}

const POISON = Object.fromEntries(
  Object.getOwnPropertyNames(Array.prototype)
    .filter((name) => name !== 'length')
    .map((name) => [name, refuse]),
)

class Sizes extends Array<unknown> {
  override map(): never {
    return refuse()
  }
  override forEach(): never {
    return refuse()
  }
}

class Tensor extends Float32Array {
  static get [Symbol.species](): never {
    return refuse()
  }
  override slice(): never {
    return refuse()
  }
  override subarray(): never {
    return refuse()
  }
}

/** Gives the value at the first call, and something else at every later one. */
function lying<T>(value: T, lie: unknown): () => unknown {
  let calls = 0
  return () => (calls++ === 0 ? value : lie)
}

function once<T>(value: T): () => T {
  let calls = 0
  return () => (calls++ === 0 ? value : refuse())
}

function accessors(options: Record<string, unknown>, getter: (value: unknown) => () => unknown): object {
  const made = {}
  for (const [name, value] of Object.entries(options)) {
    Object.defineProperty(made, name, { get: getter(value), enumerable: true })
  }
  return made
}

function withLength(length: () => unknown): unknown[] {
  return new Proxy([2, 3], { get: (array, key) => (key === 'length' ? length() : Reflect.get(array, key)) })
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}
