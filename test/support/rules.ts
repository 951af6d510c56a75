/**
 * What the options allow, as the reference says, and what it means: undefined for options that must be refused. Like the
 * judge it imports nothing from src/.
 */

import { type Draw, judgeNoiseShape } from './judge'

const MOST = BigInt(Number.MAX_SAFE_INTEGER)

const NAMES = ['shape', 'rate', 'oneMaskForBatch', 'generator', 'seed', 'stream', 'step', 'cellOffset']

/** Whether an object has no option but those of these names. */
export function hasOnly(options: object, names: readonly string[]): boolean {
  return Object.keys(options).every((name) => names.includes(name))
}

/** The dropout that these options ask for; `spatialDims` for SpatialDropout1D, 2D and 3D. Reads each member once. */
export function drawOf(options: unknown, spatialDims?: number): Draw | undefined {
  if (typeof options !== 'object' || options === null) return undefined
  if (!hasOnly(options, [...NAMES, spatialDims ? 'dataFormat' : 'noiseShape'])) return undefined
  const given = options as Record<string, unknown>
  const { shape: sizes, rate, seed, stream, step, cellOffset, oneMaskForBatch } = given
  const shape = shapeOf(sizes)
  if (!shape || typeof rate !== 'number' || !(rate >= 0 && rate <= 1)) return undefined
  const own = spatialDims ? spatialOf(shape, spatialDims, given.dataFormat) : noiseOf(shape, given.noiseShape)
  if (!own || (oneMaskForBatch !== undefined && typeof oneMaskForBatch !== 'boolean')) return undefined
  const noiseShape = oneMaskForBatch && shape.length > 0 ? [1, ...own.slice(1)] : own
  const cells = product(noiseShape)
  if (cells > MOST || !isWords(seed) || !(step === undefined || isWords(step))) return undefined
  if (!(stream === undefined || isInteger(stream, 2 ** 32 - 1))) return undefined
  if (!(cellOffset === undefined || isInteger(cellOffset, Number(MOST - cells)))) return undefined
  return { shape, rate, noiseShape, seed, stream, step, cellOffset }
}

/** The sizes of a shape. */
export function shapeOf(shape: unknown): number[] | undefined {
  if (!Array.isArray(shape)) return undefined
  const rank = shape.length
  if (!(rank <= 8)) return undefined
  const sizes = Array.from({ length: rank }, (_, axis): unknown => shape[axis])
  if (!sizes.every((size) => isInteger(size, Number.MAX_SAFE_INTEGER))) return undefined
  return product(sizes) > MOST ? undefined : sizes.map((size) => size + 0) // -0 is 0
}

/** The full noise shape. */
export function noiseOf(shape: readonly number[], noiseShape: unknown): number[] | undefined {
  if (noiseShape === undefined || noiseShape === null) return [...shape]
  if (!Array.isArray(noiseShape)) return undefined
  const rank = noiseShape.length
  if (!(rank <= shape.length)) return undefined
  const entries = Array.from({ length: rank }, (_, axis) => noiseShape[axis])
  const full = judgeNoiseShape({ shape, noiseShape: entries })
  if (!full.every((size, axis) => size === 1 || size === shape[axis]) || product(full) > MOST)
    return undefined
  return full.map((size) => size + 0) // -0 is 0
}

/** The noise shape of spatial dropout over so many dims; `dims` undefined: 1, 2 or 3. */
export function spatialOf(
  shape: readonly number[],
  dims: number | undefined,
  dataFormat: unknown,
): number[] | undefined {
  const rank = shape.length
  if (dims === undefined ? rank < 3 || rank > 5 : rank !== dims + 2) return undefined
  if (dataFormat !== undefined && dataFormat !== 'channelsLast' && dataFormat !== 'channelsFirst')
    return undefined
  const channels = dataFormat === 'channelsFirst' ? 1 : rank - 1
  const full = shape.map((size, axis) => (axis === 0 || axis === channels ? size : 1))
  return product(full) > MOST ? undefined : full
}

/** Elements, which may be more than a number can count. */
export function product(sizes: readonly number[]): bigint {
  return sizes.reduce((total, size) => total * BigInt(size), 1n)
}

function isWords(value: unknown): value is number | bigint {
  if (typeof value === 'bigint') return value >= 0n && value < 2n ** 64n
  return isInteger(value, Number.MAX_SAFE_INTEGER)
}

export function isInteger(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most
}
