/** Turns what was typed into options of the library. Wrong values get the library's own error messages. */

import { type NoiseShape, resolveNoiseShape } from 'noiseshape'
import { dropout, mask } from 'noiseshape/cpu'
import { plain } from '../shared/message.js'

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

/** Reads all fields, top to bottom, for a tensor `x`; throws a FieldError for the first that is invalid. */
export function readFields(text: Record<Field, string>, x: Float32Array): Options {
  const shape = at('shape', () => parseShape(text.shape)) as number[] // the library rejects a null in it
  at('shape', () => resolveNoiseShape(shape))
  if (size(shape) !== x.length) at('shape', () => dropout(x, { shape, rate: 0, seed: 0 })) // throws: it does not fit
  const noiseShape = text.noise.trim() === '' ? null : at('noise', () => parseShape(text.noise))
  const cellShape = at('noise', () => resolveNoiseShape(shape, noiseShape))
  const rate = at('rate', () => parseNumber(text.rate))
  const seed = at('seed', () => parseWhole(text.seed))
  const stream = at('stream', () => parseNumber(text.stream))
  const step = at('step', () => parseWhole(text.step))
  // Drawing a mask of one cell makes the library check each value.
  const one = { shape: [1], rate: 0.5, seed: 0 }
  at('rate', () => mask({ ...one, rate }))
  at('seed', () => mask({ ...one, seed }))
  at('stream', () => mask({ ...one, stream }))
  at('step', () => mask({ ...one, step }))
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
function at<T>(field: Field, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new FieldError(field, error instanceof Error ? plain(error.message) : String(error))
  }
}

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

function parseNumber(text: string): number {
  const number = Number(text)
  if (text.trim() !== '' && !Number.isNaN(number)) return number
  throw new Error(
    text.trim() === '' ? 'This is empty: enter a number.' : `‘${text}’ is not a number. Enter one, e.g. 0.`,
  )
}
