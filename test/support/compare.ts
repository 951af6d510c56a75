/** Comparison by bit pattern (so -0 is not +0, and a NaN has a payload), with a message that says where to look. */

interface Where {
  /** Shape of the array, for the coordinates of the first difference. */
  shape?: readonly number[]
  /** The words are a packed mask: name the cell. */
  packed?: boolean
  /** What is compared, e.g. the backend and the case. */
  what?: string
}

/** Throws unless both hold the same bit patterns. */
export function expectSameBits(
  got: Float32Array | Uint32Array,
  expected: Float32Array | Uint32Array,
  where: Where = {},
): void {
  const message = difference(got, expected, where)
  if (message) throw new Error(message)
}

/** The message for the first difference; undefined where there is none. */
export function difference(
  got: Float32Array | Uint32Array,
  expected: Float32Array | Uint32Array,
  { shape, packed = false, what = 'result' }: Where = {},
): string | undefined {
  if (got.length !== expected.length) {
    return `${what}: got ${got.length} entries, expected ${expected.length}`
  }
  const left = patterns(got)
  const right = patterns(expected)
  const first = left.findIndex((bits, i) => bits !== right[i])
  if (first < 0) return undefined
  const differing = left.reduce((total, bits, i) => total + (bits === right[i] ? 0 : 1), 0)
  const place = packed
    ? `word ${first}, cell ${first * 32 + lowestBit(left[first] ^ right[first])}`
    : `index ${first}${shape ? `, at [${coordinates(first, shape)}] of [${shape}]` : ''}`
  const shown = packed ? hex : (bits: number) => `${hex(bits)} (${asFloat(bits)})`
  return (
    `${what}: ${differing} of ${left.length} entries differ, the first is ${place}: ` +
    `got ${shown(left[first])}, expected ${shown(right[first])}`
  )
}

/** The bit patterns of float32 values, without a copy. */
export function patterns(values: Float32Array | Uint32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length)
}

/** The float32 values of bit patterns, without a copy: JavaScript numbers could lose a NaN's payload. */
export function floats(bits: Uint32Array): Float32Array<ArrayBuffer> {
  return new Float32Array(bits.buffer as ArrayBuffer, bits.byteOffset, bits.length)
}

export function hex(bits: number): string {
  return `0x${(bits >>> 0).toString(16).padStart(8, '0')}`
}

function asFloat(bits: number): string {
  const value = floats(Uint32Array.of(bits))[0]
  return Object.is(value, -0) ? '-0' : String(value)
}

function coordinates(index: number, shape: readonly number[]): string {
  let rest = index
  const from = shape.map(() => 0)
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    from[axis] = rest % shape[axis]
    rest = Math.floor(rest / shape[axis])
  }
  return from.join(', ')
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits)
}
