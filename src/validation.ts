/** General argument validation: each reader returns a plain value or throws. */

import { nearest } from './nearest.js'

/** A 64-bit number as two unsigned 32-bit words. */
export interface Words {
  lo: number
  hi: number
}

/** Throws an argument error: the value received, the rule and the remedy. */
export function reject(
  Kind: typeof RangeError | typeof TypeError,
  name: string,
  value: unknown,
  rule: string,
  remedy: string,
): never {
  throw new Kind(`noiseshape: ${name} is ${show(value)}, but ${rule}. ${remedy}.`)
}

/** The option names of a type. Each table stands beside its type, and the compiler checks that it is complete. */
export type Names<T> = Readonly<Record<keyof T, true>>

/** Reads an options object. Rejects anything else, and unknown names, even with the value undefined. */
export function readOptions<T extends object>(
  options: T,
  names: Names<NoInfer<T>>,
  remedy: string,
  name = 'options',
): T {
  if (
    typeof options !== 'object' ||
    options === null ||
    Array.isArray(options) ||
    ArrayBuffer.isView(options)
  ) {
    reject(TypeError, name, options, 'it must be an object of named options', remedy)
  }
  for (const given of Object.keys(options)) {
    if (Object.hasOwn(names, given)) continue
    const known = Object.keys(names)
    const near = nearest(given, known)
    const how = near ? `Pass it as ${near}` : `Leave it out: the names are ${known.join(', ')}`
    reject(RangeError, `${name}.${given}`, Reflect.get(options, given), 'the name is unknown', how)
  }
  return options
}

/**
 * The number of entries of a typed array: 0 once its memory was transferred. Its `length` may then still be the old one,
 * in code that V8 11.3 (Node 20) optimised after a resizable buffer had been there.
 */
export function lengthOf(array: ArrayBufferView & { readonly BYTES_PER_ELEMENT: number }): number {
  return array.byteLength / array.BYTES_PER_ELEMENT
}

/** Reads a boolean option; default false. */
export function readFlag(name: string, value: unknown, remedy: string): boolean {
  if (value === undefined) return false
  if (typeof value !== 'boolean') reject(TypeError, name, value, 'it must be a boolean', remedy)
  return value
}

/** Reads an integer option from `min` (default 0) to `max`. */
export function readInteger(
  name: string,
  value: unknown,
  max: number,
  maxAsText: string,
  remedy: string,
  min = 0,
): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max)
    return value + 0
  const rule = `it must be an integer from ${min} to ${maxAsText}`
  reject(typeof value === 'number' ? RangeError : TypeError, name, value, rule, remedy)
}

/** Reads a seed, which is required. */
export function readSeed(seed: unknown): Words {
  if (seed === undefined || seed === null) {
    reject(TypeError, 'seed', seed, 'it is required: the library keeps no hidden state', 'Pass e.g. seed: 42')
  }
  return readWords('seed', seed)
}

/** Reads a 64-bit number as two words. */
export function readWords(name: string, value: unknown): Words {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) {
    return { lo: value >>> 0, hi: Math.floor(value / 2 ** 32) }
  }
  if (typeof value === 'bigint' && value >= 0n && value < 1n << 64n) {
    return { lo: Number(value & 0xffffffffn), hi: Number(value >> 32n) }
  }
  const rule = 'it must be an integer from 0 to 2^53 - 1, or a bigint from 0n to 2n ** 64n - 1n'
  const remedy = `Pass e.g. ${name}: 42, or a bigint for more than 53 bits`
  const isNumeric = typeof value === 'number' || typeof value === 'bigint'
  reject(isNumeric ? RangeError : TypeError, name, value, rule, remedy)
}

/** Maximum number of array entries in a message. */
const MOST_SHOWN = 8

/** A short, readable form of a value for error messages. */
export function show(value: unknown, depth = 0): string {
  if (Array.isArray(value)) {
    if (depth === MAX_DEPTH) return '[...]'
    const shown = Array.from({ length: Math.min(value.length, MOST_SHOWN) }, (_, i) =>
      show(value[i], depth + 1),
    )
    return `[${shown.join(', ')}${value.length > MOST_SHOWN ? ', ...' : ''}]`
  }
  if (typeof value === 'string') return value.length > 40 ? `'${value.slice(0, 40)}...'` : `'${value}'`
  if (typeof value === 'bigint') {
    return BigInt.asIntN(256, value) === value ? `${value}n` : 'a bigint of more than 256 bits'
  }
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) {
    return `an object (${Object.prototype.toString.call(value).slice(8, -1)})`
  }
  return Object.is(value, -0) ? '-0' : String(value)
}

/** Arrays nested deeper are abbreviated: an array may contain itself, and output grows eightfold per level. */
const MAX_DEPTH = 2
