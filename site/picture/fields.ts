/** Turns what was typed into options of the library. The library decides what is wrong; the page says it by its labels. */

import { type NoiseShape, resolveNoiseShape } from 'noiseshape'
import { mask } from 'noiseshape/cpu'
import { messageOf } from '../shared/message.js'

export const fieldNames = ['shape', 'noise', 'rate', 'seed', 'stream', 'step'] as const
export type Field = (typeof fieldNames)[number]

export interface Options {
  shape: number[]
  /** As typed, with its nulls; `null` when the field is empty. */
  noiseShape: NoiseShape | null
  /** As the library resolves it. */
  cellShape: number[]
  rate: number
  seed: number | bigint
  stream: number
  step: number | bigint
}

/** An error that is shown beside one field. */
export class FieldError extends Error {
  constructor(
    readonly field: Field,
    message: string,
  ) {
    super(message)
  }
}

/** What may be in a field of one number. The library decides; this says it in the words of the page. */
const NUMBERS = {
  rate: 'a number from 0 to 1: the probability that a noise cell is dropped, e.g. 0.2',
  seed: 'a whole number from 0 to 2^64 − 1, e.g. 42',
  stream: 'a whole number from 0 to 2^32 − 1: the number of the layer, e.g. 3',
  step: 'a whole number from 0 to 2^64 − 1: the number of the training step or sample, e.g. 0',
}

/** Reads all fields, top to bottom, for a tensor `x`; throws a FieldError for the first that is invalid. */
export function readFields(text: Record<Field, string>, x: Float32Array): Options {
  const shape = at('shape', () => parseShape(text.shape)) as number[] // the library rejects a null in it
  at('shape', () => resolveNoiseShape(shape))
  if (size(shape) !== x.length) {
    throw new FieldError(
      'shape',
      `The picture gives ${count(x.length)} values, but ${formatShape(shape)} has ${count(size(shape))}. Enter sizes whose product is ${count(x.length)}.`,
    )
  }
  const noiseShape = text.noise.trim() === '' ? null : at('noise', () => parseShape(text.noise))
  const cellShape = at('noise', () => resolveNoiseShape(shape, noiseShape))
  // Drawing a mask of one cell makes the library check each value.
  const one = { shape: [1], rate: 0.5, seed: 0 }
  const read = <T>(field: keyof typeof NUMBERS, parse: (text: string) => T): T => {
    try {
      const value = parse(text[field])
      mask({ ...one, [field]: value })
      return value
    } catch {
      const said = text[field].trim()
      throw new FieldError(field, `${said ? `‘${said}’` : 'This is empty'}: enter ${NUMBERS[field]}.`)
    }
  }
  const rate = read('rate', parseNumber)
  const seed = read('seed', parseWhole)
  const stream = read('stream', parseNumber)
  const step = read('step', parseWhole)
  return { shape, noiseShape, cellShape, rate, seed, stream, step }
}

/** Writes a shape as code, the way parseShape reads it. */
export function formatShape(shape: NoiseShape | null): string {
  return shape === null ? '' : `[${shape.map((size) => size ?? 'null').join(', ')}]`
}

/** A number above 2^53 stays exact as a bigint. */
function parseWhole(text: string): number | bigint {
  const number = parseNumber(text)
  return /^\d+$/.test(text.trim()) && !Number.isSafeInteger(number) ? BigInt(text.trim()) : number
}

export function size(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1)
}

/** Runs `read`; what it throws becomes a FieldError of this field. */
function at<T>(field: 'shape' | 'noise', read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new FieldError(field, inWordsOfThePage(messageOf(error)))
  }
}

/** A message of the library about a shape, with the names of fields instead of options. */
function inWordsOfThePage(message: string): string {
  return message
    .replace(/^shape\[(\d+)\]/, (_, axis) => `Size ${Number(axis) + 1} of the tensor shape`)
    .replace(/^noiseShape\[(\d+)\]/, (_, axis) => `Entry ${Number(axis) + 1} of the noise shape`)
    .replace(/^shape\b/, 'The tensor shape')
    .replace(/^noiseShape\b/, 'The noise shape')
    .replace('share one flag', 'share one draw')
    .replace(/\. Pass /, '. Enter ')
}

const count = (values: number) => values.toLocaleString('en')

function parseShape(text: string): (number | null)[] {
  const inner = text.trim().replace(/^[[(]|[\])]$/g, '')
  const entries = inner.trim() === '' ? [] : inner.replace(/,\s*$/, '').split(',')
  return entries.map((entry) => {
    const word = entry.trim()
    if (/^(null|undefined|none)$/i.test(word)) return null
    if (word === '' || (Number.isNaN(Number(word)) && word !== 'NaN')) {
      throw new Error(
        `‘${word}’ is not a size. Enter numbers or null, separated by commas, e.g. [null, 1, 1].`,
      )
    }
    return Number(word)
  })
}

/** Throws for text that is not a number; `Number('')` is 0. */
function parseNumber(text: string): number {
  const number = Number(text)
  if (text.trim() === '' || Number.isNaN(number)) throw new Error('internal: not a number')
  return number
}
