/**
 * Customs: what a user passes comes in, plain checked values go out, or a throw says what was received, which rule
 * it broke and what to do. Every argument error of the library is worded here. Each option is read exactly once.
 */

/** A noise shape as users write it: `null`, `undefined` and `-1` mean "the tensor's size here". */
export type NoiseShape = readonly (number | null | undefined)[]

/** Which element order an image or sequence tensor has. */
export type DataFormat = 'channelsLast' | 'channelsFirst'

export interface DropoutOptions {
  /** The tensor's shape: rank 0 to 8, row-major, sizes >= 0. */
  shape: readonly number[]
  /** Probability in [0, 1] that a noise cell is dropped. */
  rate: number
  /** Shape of the flags that are drawn, right-aligned to `shape`; each entry 1 or the tensor's size. Default: `shape`. */
  noiseShape?: NoiseShape | null | undefined
  /** True: all examples of the batch share one mask, the first entry of the noise shape being 1. Default false. */
  oneMaskForBatch?: boolean | undefined
}

export interface SpatialDropoutOptions {
  /** The tensor's shape: rank 3 for 1D, 4 for 2D, 5 for 3D, the batch first. */
  shape: readonly number[]
  /** Probability in [0, 1] that a feature map is dropped. */
  rate: number
  /** `'channelsLast'` (default) for [b, ..., channels], `'channelsFirst'` for [b, channels, ...]. */
  dataFormat?: DataFormat | undefined
  /** True: all examples of the batch share one mask, the first entry of the noise shape being 1. Default false. */
  oneMaskForBatch?: boolean | undefined
}

export interface CallOptions {
  /** Which experiment: a safe integer >= 0, or a bigint below 2^64. Required: the library keeps no hidden state. */
  seed: number | bigint
  /** Which layer: an integer below 2^32. Default 0. */
  stream?: number | undefined
  /** Which forward pass: a safe integer >= 0, or a bigint below 2^64. Default 0. */
  call?: number | bigint | undefined
  /** First cell of this window in a larger noise tensor. Default 0. */
  cellOffset?: number | undefined
}

/** The generator's side of a call, checked and split into 32-bit words. */
export interface Call {
  seed: Words
  stream: number
  call: Words
  cellOffset: number
}

/** A 64-bit number as two unsigned 32-bit words. */
export interface Words {
  lo: number
  hi: number
}

export const MAX_RANK = 8

/** Throws the library's one kind of argument error: value received, rule, remedy. */
export function reject(
  Kind: typeof RangeError | typeof TypeError,
  name: string,
  value: unknown,
  rule: string,
  remedy: string,
): never {
  throw new Kind(`noiseshape: ${name} is ${show(value)}, but ${rule}. ${remedy}.`)
}

/** Reads an options object, so that `dropout(x)` fails here and not on a property of undefined. */
export function readOptions<T extends object>(options: T): T {
  if (typeof options !== 'object' || options === null) {
    reject(
      TypeError,
      'options',
      options,
      'it must be an object',
      'Pass e.g. { shape: [2, 3], rate: 0.5, seed: 42 }',
    )
  }
  return options
}

/** Reads a tensor's shape. The copy is the caller's: later changes to the argument do not reach it. */
export function readShape(shape: unknown): number[] {
  const entries = readEntries('shape', shape, "Pass the tensor's sizes, e.g. [32, 128, 300]")
  entries.forEach((size, axis) => {
    const name = `shape[${axis}]`
    const remedy = `Pass the tensor's size along axis ${axis}; received shape ${show(entries)}`
    if (typeof size !== 'number') reject(TypeError, name, size, 'a size must be a number', remedy)
    if (!Number.isSafeInteger(size) || size < 0) {
      reject(RangeError, name, size, 'a size must be an integer from 0 to 2^53 - 1', remedy)
    }
  })
  const sizes = (entries as number[]).map((size) => size + 0) // -0 becomes 0
  readProduct('shape', sizes)
  return sizes
}

/** Reads a noise shape against the (checked) shape of its tensor, and fills in the sizes it leaves open. */
export function readNoiseShape(shape: readonly number[], noiseShape: unknown): number[] {
  if (noiseShape === null || noiseShape === undefined) return [...shape]
  const entries = readEntries(
    'noiseShape',
    noiseShape,
    'Leave it out for plain dropout, or pass e.g. [null, 1, null]',
  )
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
    if (entry === null || entry === undefined || entry === -1) return size
    const name = `noiseShape[${axis - missing}]`
    if (typeof entry !== 'number') {
      reject(TypeError, name, entry, 'an entry must be a number or null', `Pass 1, ${size} or null`)
    }
    if (entry !== 1 && entry !== size) {
      reject(
        RangeError,
        name,
        entry,
        `it must be 1 or the tensor's own size, ${size}`,
        `Pass 1 to share one flag along that axis of the shape ${show(shape)}, ${size} or null to draw one for each index`,
      )
    }
    return entry + 0
  })
  readProduct('noiseShape', sizes)
  return sizes
}

/** Reads a dropout rate. */
export function readRate(rate: unknown): number {
  const remedy = 'Pass the probability that a noise cell is dropped, e.g. 0.2'
  if (typeof rate !== 'number') reject(TypeError, 'rate', rate, 'it must be a number', remedy)
  if (!(rate >= 0 && rate <= 1)) reject(RangeError, 'rate', rate, 'it must lie in [0, 1]', remedy)
  return rate + 0
}

/** Reads what selects the random bits of one call over `cells` noise cells. */
export function readCall(options: CallOptions, cells: number): Call {
  const { seed, stream = 0, call = 0, cellOffset = 0 } = readOptions(options)
  if (seed === undefined || seed === null) {
    reject(TypeError, 'seed', seed, 'it is required: the library keeps no hidden state', 'Pass e.g. seed: 42')
  }
  return {
    seed: readWords('seed', seed),
    stream: readInteger('stream', stream, 2 ** 32 - 1, '2^32 - 1', 'Pass the number of the layer, e.g. 3'),
    call: readWords('call', call),
    cellOffset: readInteger(
      'cellOffset',
      cellOffset,
      Number.MAX_SAFE_INTEGER - cells,
      `2^53 - 1 less the ${cells} noise cells`,
      'Pass the first cell of the window, e.g. 0',
    ),
  }
}

/** Reads a tensor's values: a Float32Array of `elements` values. */
export function readTensor(x: unknown, shape: readonly number[], elements: number): Float32Array {
  const values = readFloats('x', x, 'Convert it with Float32Array.from(x)')
  if (values.length !== elements) {
    reject(
      RangeError,
      'x.length',
      values.length,
      `the shape ${show(shape)} has ${elements} elements`,
      'Pass as many values as the shape has elements, or the shape that fits the values',
    )
  }
  return values
}

/** Reads an array to write results to: as long as `x`, and no part of it, since what is not finite is looked at twice. */
export function readOutput(output: unknown, x: Float32Array): Float32Array<ArrayBuffer> | undefined {
  if (output === undefined) return undefined
  const values = readFloats('output', output, 'Leave it out for a new one')
  if (values.length !== x.length) {
    const rule = `x has ${x.length} elements`
    reject(RangeError, 'output.length', values.length, rule, 'Pass an array of the same length')
  }
  const begins = values.byteOffset - x.byteOffset
  if (values.buffer === x.buffer && Math.abs(begins) < x.byteLength) {
    const rule = 'it overlaps x, which is read while it is written'
    reject(RangeError, 'output.byteOffset', values.byteOffset, rule, 'Pass an array with memory of its own')
  }
  return values as Float32Array<ArrayBuffer>
}

/**
 * Reads a Float32Array as a plain view of the same memory: members of a subclass, or of the array's own, may say what
 * they like of length and buffer.
 */
function readFloats(name: string, value: unknown, remedy: string): Float32Array {
  if (!(value instanceof Float32Array) || memberOf(value, Symbol.toStringTag) !== 'Float32Array') {
    reject(TypeError, name, value, 'it must be a Float32Array', remedy)
  }
  const length = memberOf(value, 'length') as number
  if (length === 0) return new Float32Array(0) // its memory may be gone
  return new Float32Array(
    memberOf(value, 'buffer') as ArrayBuffer,
    memberOf(value, 'byteOffset') as number,
    length,
  )
}

/** What every typed array really says; undefined for what is none. */
function memberOf(value: object, name: PropertyKey): unknown {
  const TypedArray = Object.getPrototypeOf(Float32Array.prototype)
  return ArrayBuffer.isView(value) ? Reflect.get(TypedArray, name, value) : undefined
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

/** Reads an option that is off where it is left out. */
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
  const rule = `it must be an integer from ${min} to ${maxAsText}`
  if (typeof value !== 'number') reject(TypeError, name, value, rule, remedy)
  if (!Number.isSafeInteger(value) || value < min || value > max)
    reject(RangeError, name, value, rule, remedy)
  return value + 0
}

function readWords(name: string, value: unknown): Words {
  const rule = 'it must be an integer from 0 to 2^53 - 1, or a bigint from 0n to 2n ** 64n - 1n'
  const remedy = `Pass e.g. ${name}: 42, or a bigint for more than 53 bits`
  if (typeof value === 'bigint') {
    if (value < 0n || value >= 1n << 64n) reject(RangeError, name, value, rule, remedy)
    return { lo: Number(value & 0xffffffffn), hi: Number(value >> 32n) }
  }
  if (typeof value !== 'number') reject(TypeError, name, value, rule, remedy)
  if (!Number.isSafeInteger(value) || value < 0) reject(RangeError, name, value, rule, remedy)
  return { lo: value >>> 0, hi: Math.floor(value / 2 ** 32) }
}

function readEntries(name: string, value: unknown, remedy: string): unknown[] {
  if (!Array.isArray(value)) reject(TypeError, name, value, 'it must be an array', remedy)
  const rank = value.length // before the copy: an array may claim four billion entries
  if (!(rank <= MAX_RANK))
    reject(RangeError, name, value, `its rank, ${rank}, must be at most ${MAX_RANK}`, remedy)
  return Array.from({ length: rank }, (_, axis) => value[axis])
}

function readProduct(name: string, sizes: readonly number[]): void {
  const product = sizes.includes(0) ? 0 : sizes.reduce((total, size) => total * size, 1)
  if (product > Number.MAX_SAFE_INTEGER) {
    const rule = `its product, about ${product.toPrecision(3)}, must be at most 2^53 - 1`
    reject(RangeError, name, sizes, rule, 'Split the tensor and draw its parts with cellOffset')
  }
}

/** A value as a person would write it, short and without calling any of its methods. */
export function show(value: unknown, depth = 0): string {
  if (Array.isArray(value)) {
    if (depth === MAX_DEPTH) return '[...]'
    const shown = Array.from({ length: Math.min(value.length, MAX_RANK) }, (_, i) =>
      show(value[i], depth + 1),
    )
    return `[${shown.join(', ')}${value.length > MAX_RANK ? ', ...' : ''}]`
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

/** Arrays deeper than this are shown as such: one may hold itself, and eight in eight in eight never end. */
const MAX_DEPTH = 2
