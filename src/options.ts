/** Argument validation: checks user options once and returns plain values, or throws. */

import type { ElementType, Values } from './elements/element.js'
import { product } from './shape.js'
import { tensorRemedy } from './tensor-remedy.js'
import { lengthOf, type Names, readFlag, readInteger, reject, show } from './validation.js'

/** A noise shape as users write it: `null`, `undefined` and `-1` mean "the tensor's size here". */
export type NoiseShape = readonly (number | null | undefined)[]

/** Where the channel axis of an image or sequence tensor is. */
export type DataFormat = 'channelsLast' | 'channelsFirst'

/** The name of a generator, including the version of its stream. */
export type GeneratorName = 'native-1'

export interface DropoutOptions {
  /** The tensor's shape: rank 0 to 8, row-major, sizes >= 0. */
  shape: readonly number[]
  /** Probability in [0, 1] that a noise cell is dropped. */
  rate: number
  /** Shape of the drawn flags, right-aligned to `shape`; each entry 1 or the tensor's size. Default: `shape`. */
  noiseShape?: NoiseShape | null | undefined
  /** True: all examples of the batch share one mask: the first entry of the noise shape becomes 1. Default false. */
  oneMaskForBatch?: boolean | undefined
  /** The generator and the version of its stream. Default `'native-1'`. */
  generator?: GeneratorName | undefined
}

export const DROPOUT_NAMES = {
  shape: true,
  rate: true,
  noiseShape: true,
  oneMaskForBatch: true,
  generator: true,
} satisfies Names<DropoutOptions>

export interface SpatialDropoutOptions {
  /** The tensor's shape: rank 3 for 1D, 4 for 2D, 5 for 3D, the batch first. */
  shape: readonly number[]
  /** Probability in [0, 1] that a feature map is dropped. */
  rate: number
  /** `'channelsLast'` (default) for [b, ..., channels], `'channelsFirst'` for [b, channels, ...]. */
  dataFormat?: DataFormat | undefined
  /** True: all examples of the batch share one mask: the first entry of the noise shape becomes 1. Default false. */
  oneMaskForBatch?: boolean | undefined
  /** The generator and the version of its stream. Default `'native-1'`. */
  generator?: GeneratorName | undefined
}

export const SPATIAL_NAMES = {
  shape: true,
  rate: true,
  dataFormat: true,
  oneMaskForBatch: true,
  generator: true,
} satisfies Names<SpatialDropoutOptions>

export interface DrawOptions {
  /** Which experiment: a safe integer >= 0, or a bigint below 2^64. Required: the library keeps no hidden state. */
  seed: number | bigint
  /** Which layer: an integer below 2^32. Default 0. */
  stream?: number | undefined
  /** Which training step or Monte Carlo sample: a safe integer >= 0, or a bigint below 2^64. Default 0. */
  step?: number | bigint | undefined
  /** First cell of this window in a larger noise tensor: an integer, with the window below 2^53. Default 0. */
  cellOffset?: number | undefined
}

export const DRAW_NAMES = {
  seed: true,
  stream: true,
  step: true,
  cellOffset: true,
} satisfies Names<DrawOptions>

/** Remedies for the options object of a call that draws at once. */
export const PASS_OPTIONS = {
  dropout: 'Pass e.g. { shape: [2, 3], rate: 0.5, seed: 42 }',
  1: 'Pass e.g. { shape: [8, 100, 16], rate: 0.5, seed: 42 }',
  2: 'Pass e.g. { shape: [8, 32, 32, 16], rate: 0.5, seed: 42 }',
  3: 'Pass e.g. { shape: [8, 4, 32, 32, 16], rate: 0.5, seed: 42 }',
}

export const MAX_RANK = 8

/** The remedy for a tensor that is too large. */
export const SPLIT = 'Split the tensor and draw its parts with cellOffset'

/** Reads a tensor's shape. Returns a copy, so later changes to the argument have no effect. */
export function readShape(shape: unknown): number[] {
  const entries = readEntries('shape', shape, "Pass the tensor's sizes, e.g. [32, 128, 300]")
  entries.forEach((size, axis) => {
    if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return
    const name = `shape[${axis}]`
    const remedy = `Pass the tensor's size along axis ${axis}; received shape ${show(entries)}`
    if (typeof size !== 'number') reject(TypeError, name, size, 'a size must be a number', remedy)
    reject(RangeError, name, size, 'a size must be an integer from 0 to 2^53 - 1', remedy)
  })
  const sizes = (entries as number[]).map((size) => size + 0) // -0 becomes 0
  readProduct('shape', sizes)
  return sizes
}

/** Reads a noise shape and fills in its open entries from the tensor's validated shape. */
export function readNoiseShape(shape: readonly number[], noiseShape: unknown): number[] {
  if (noiseShape === null || noiseShape === undefined) return [...shape]
  const entries = readNoiseEntries(noiseShape)
  if (entries.length > shape.length) {
    reject(
      RangeError,
      'noiseShape',
      entries,
      `it has rank ${entries.length} and the tensor has rank ${shape.length}: it must not be longer`,
      `Remove leading entries to match the shape ${show(shape)}`,
    )
  }
  const missing = shape.length - entries.length
  const sizes = shape.map((size, axis) => {
    if (axis < missing) return 1
    const entry = entries[axis - missing]
    if (isOpen(entry) || entry === size) return size
    if (entry !== 1) rejectEntry(entry, axis - missing, size, shape)
    return 1
  })
  readProduct('noiseShape', sizes)
  return sizes
}

function rejectEntry(entry: unknown, axis: number, size: number, shape: readonly number[]): never {
  const name = `noiseShape[${axis}]`
  if (typeof entry !== 'number') {
    reject(TypeError, name, entry, 'an entry must be a number or null', `Pass 1, ${size} or null`)
  }
  const rule = `it must be 1 or the tensor's own size, ${size}`
  const remedy = `Pass 1 to share one flag along that axis of the shape ${show(shape)}, ${size} or null to draw one for each index`
  reject(RangeError, name, entry, rule, remedy)
}

/** Reads a noise shape for tensors that are not known yet; an open entry becomes null. */
export function readOpenNoiseShape(noiseShape: unknown): (number | null)[] | null {
  if (noiseShape === null || noiseShape === undefined) return null
  return readNoiseEntries(noiseShape).map((entry, axis) => {
    if (isOpen(entry)) return null
    const remedy = 'Pass 1 to share one flag along that axis, or null to draw one for each index'
    return readInteger(`noiseShape[${axis}]`, entry, Number.MAX_SAFE_INTEGER, '2^53 - 1', remedy, 1)
  })
}

function readNoiseEntries(noiseShape: unknown): unknown[] {
  const remedy = 'Leave it out for plain dropout, or pass e.g. [null, 1, null]'
  return readEntries('noiseShape', noiseShape, remedy)
}

/** True for an entry that takes the tensor's size. */
function isOpen(entry: unknown): boolean {
  return entry === null || entry === undefined || entry === -1
}

/** Reads a dropout rate. */
export function readRate(rate: unknown): number {
  const remedy = 'Pass the probability that a noise cell is dropped, e.g. 0.2'
  if (typeof rate !== 'number') reject(TypeError, 'rate', rate, 'it must be a number', remedy)
  if (!(rate >= 0 && rate <= 1)) reject(RangeError, 'rate', rate, 'it must lie in [0, 1]', remedy)
  return rate + 0
}

/** Reads the option `oneMaskForBatch`. */
export function readOneMask(oneMaskForBatch: unknown): boolean {
  return readFlag('oneMaskForBatch', oneMaskForBatch, 'Pass true to share one mask in a batch')
}

/** Reads a stream. */
export function readStream(stream: unknown): number {
  return readInteger('stream', stream, 2 ** 32 - 1, '2^32 - 1', 'Pass the number of the layer, e.g. 3')
}

/** Reads the first cell of a window of `cells` noise cells. */
export function readCellOffset(cellOffset: unknown, cells: number): number {
  if (cellOffset === undefined) return 0 // a noise shape has at most 2^53 - 1 cells
  return readInteger(
    'cellOffset',
    cellOffset,
    Number.MAX_SAFE_INTEGER - cells,
    `2^53 - 1 less the ${cells} noise cells`,
    'Pass the first cell of the window, e.g. 0',
  )
}

/** Reads a tensor's values: as many as its shape has elements, in the array of its element type. */
export function readTensor(
  x: unknown,
  { shape, elements, element }: { shape: readonly number[]; elements: number; element: ElementType },
): Values {
  const values = readValues('x', x, element, () => tensorRemedy(x, element))
  const length = lengthOf(values)
  if (length !== elements) {
    reject(
      RangeError,
      'x.length',
      length,
      `the shape ${show(shape)} has ${elements} elements`,
      length === 0
        ? 'Pass the values: an array is empty, too, after its memory was transferred, e.g. to a worker'
        : 'Pass as many values as the shape has elements, or the shape that fits the values',
    )
  }
  return length === 0 ? new element.array(0) : values // without memory, `length` is unreliable: see `lengthOf`
}

/** Reads an output array of the length of `x`: other memory, or exactly its range to work in place. */
export function readOutput(
  output: unknown,
  x: Values,
  element: ElementType,
): Values<ArrayBuffer> | undefined {
  if (output === undefined) return undefined
  const values = readValues('output', output, element, () => 'Leave it out for a new one')
  if (lengthOf(values) !== x.length) {
    const rule = `x has ${x.length} elements`
    reject(RangeError, 'output.length', lengthOf(values), rule, 'Pass an array of the same length')
  }
  const begins = values.byteOffset - x.byteOffset
  if (values.buffer === x.buffer && begins !== 0 && Math.abs(begins) < x.byteLength) {
    const rule = `it overlaps x, which begins at byte ${x.byteOffset} of the same memory`
    const remedy = 'Pass x itself to work in place, or an array with its own memory'
    reject(RangeError, 'output.byteOffset', values.byteOffset, rule, remedy)
  }
  return values as Values<ArrayBuffer>
}

function readValues(name: string, value: unknown, { array }: ElementType, remedy: () => string): Values {
  if (!(value instanceof array)) {
    reject(TypeError, name, value, `it must be a ${array.name}`, remedy())
  }
  return value
}

export function readDataFormat(dataFormat: unknown): DataFormat {
  if (dataFormat === undefined) return 'channelsLast'
  if (dataFormat !== 'channelsLast' && dataFormat !== 'channelsFirst') {
    const rule = "it must be 'channelsLast' or 'channelsFirst'"
    const remedy = "Pass 'channelsLast' for [b, ..., channels] or 'channelsFirst' for [b, channels, ...]"
    reject(typeof dataFormat === 'string' ? RangeError : TypeError, 'dataFormat', dataFormat, rule, remedy)
  }
  return dataFormat
}

function readEntries(name: string, value: unknown, remedy: string): unknown[] {
  if (!Array.isArray(value)) reject(TypeError, name, value, 'it must be an array', remedy)
  const rank = value.length // checked before copying: an array may have four billion entries
  if (!(rank <= MAX_RANK))
    reject(RangeError, name, value, `its rank, ${rank}, must be at most ${MAX_RANK}`, remedy)
  return Array.from({ length: rank }, (_, axis) => value[axis])
}

/** Checks that the element count of a shape is a safe integer. */
export function readProduct(name: string, sizes: readonly number[]): void {
  const elements = sizes.includes(0) ? 0 : product(sizes)
  if (elements > Number.MAX_SAFE_INTEGER) {
    const rule = `its product, about ${elements.toPrecision(3)}, must be at most 2^53 - 1`
    reject(RangeError, name, sizes, rule, SPLIT)
  }
}
