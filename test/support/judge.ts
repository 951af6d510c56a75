/**
 * The judge: what mask and dropout are by definition, one element
 * at a time. It knows no collapsed dims, no plan and no bit planes, and imports nothing from src/, so that a mistake
 * there cannot hide here. It is slow on purpose; the only shortcut is to keep the generator calls of a group.
 */

/** A noise shape as users write it. */
export type NoiseShape = readonly (number | null | undefined)[] | null | undefined

/** Everything that decides a mask. */
export interface Draw {
  shape: readonly number[]
  rate: number
  noiseShape?: NoiseShape
  seed: number | bigint
  stream?: number
  step?: number | bigint
  cellOffset?: number
  /** Handed on: this reference knows the native stream, version 1. */
  generator?: 'native-1'
}

/** Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3" (SC11); rotations of Random123. */
const ROTATIONS = [
  [10, 26],
  [11, 21],
  [13, 27],
  [23, 5],
  [6, 20],
  [17, 11],
  [25, 10],
  [18, 20],
]
const KEY_PARITY = 0x1bd11bda

/** Threefry4x32 with 20 rounds: four words of counter and four of key give four random words. */
export function judgeThreefry(counter: readonly number[], key: readonly number[]): Uint32Array {
  const keys = [...key, key.reduce((parity, word) => parity ^ word, KEY_PARITY)]
  const x = Uint32Array.from(counter, (word, i) => word + keys[i])
  for (let round = 1; round <= 20; round++) {
    const [first, second] = ROTATIONS[(round - 1) % 8]
    const [a, b] = round % 2 === 1 ? [1, 3] : [3, 1]
    mix(x, 0, a, first)
    mix(x, 2, b, second)
    if (round % 4 === 0) {
      const injection = round / 4
      for (let i = 0; i < 4; i++) x[i] += keys[(injection + i) % 5]
      x[3] += injection
    }
  }
  return x
}

function mix(x: Uint32Array, even: number, odd: number, rotation: number): void {
  x[even] += x[odd]
  x[odd] = ((x[odd] << rotation) | (x[odd] >>> (32 - rotation))) ^ x[even]
}

/** The full noise shape: right-aligned, missing entries 1, open entries the tensor's own size. */
export function judgeNoiseShape({ shape, noiseShape }: Pick<Draw, 'shape' | 'noiseShape'>): number[] {
  if (noiseShape === null || noiseShape === undefined) return [...shape]
  const missing = shape.length - noiseShape.length
  return shape.map((size, axis) => {
    if (axis < missing) return 1
    const entry = noiseShape[axis - missing]
    return entry === null || entry === undefined || entry === -1 ? size : entry
  })
}

/** One flag for each noise cell of the window, 1 = kept. */
export function judgeFlags(draw: Draw): Uint8Array {
  const threshold = Math.round((1 - draw.rate) * 2 ** 32)
  const number = uniform(draw)
  const first = draw.cellOffset ?? 0
  return Uint8Array.from({ length: count(judgeNoiseShape(draw)) }, (_, i) =>
    number(first + i) < threshold ? 1 : 0,
  )
}

/** The packed mask: cell i of the window is bit i % 32 of word floor(i / 32), and the bits after the last are 0. */
export function judgeMask(draw: Draw): Uint32Array {
  const flags = judgeFlags(draw)
  const words = new Uint32Array(Math.ceil(flags.length / 32))
  flags.forEach((kept, i) => {
    if (kept) words[Math.floor(i / 32)] += 2 ** (i % 32)
  })
  return words
}

/** The noise as bit patterns: +0 or the scale, in the noise shape. */
export function judgeNoise(draw: Draw): Uint32Array {
  const kept = bitsOf(scaleOf(draw.rate))
  return Uint32Array.from(judgeFlags(draw), (flag) => (flag ? kept : 0))
}

/** Dropout of the float32 values whose bit patterns are `x`; the result as bit patterns. */
export function judgeDropout(x: Uint32Array, draw: Draw): Uint32Array {
  const { shape, rate } = draw
  const noiseShape = judgeNoiseShape(draw)
  const flags = judgeFlags(draw)
  const y = new Uint32Array(count(shape))
  const index = shape.map(() => 0)
  for (let element = 0; element < y.length; element++) {
    let cell = 0
    for (let axis = 0; axis < shape.length; axis++) {
      cell = cell * noiseShape[axis] + (noiseShape[axis] === 1 ? 0 : index[axis])
    }
    y[element] = judgeValue(x[element], flags[cell] === 1, rate)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]++
      if (index[axis] < shape[axis]) break
      index[axis] = 0
    }
  }
  return y
}

/** What becomes of one float32 pattern. */
export function judgeValue(bits: number, kept: boolean, rate: number): number {
  if (!kept) return 0
  if (rate === 0) return bits
  const exponent = (bits >>> 23) & 0xff
  if (exponent === 0xff) return bits // NaN and infinities keep their bits
  if (exponent === 0) return (bits & 0x80000000) >>> 0 // zeros and subnormals become a signed zero
  // The product of two float32 is exact in double precision, so that fround is its one rounding.
  return bitsOf(Math.fround(floatOf(bits) * scaleOf(rate)))
}

/** float32(1 / (1 - rate)). */
export function scaleOf(rate: number): number {
  return Math.fround(1 / (1 - rate))
}

export function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** U(cell), the 32-bit number of a cell: its bit 31 - p is one bit of the generator's call number p. */
function uniform({ seed, stream = 0, step = 0 }: Draw): (cell: number) => number {
  const [seedLow, seedHigh] = words(seed)
  const [callLow, callHigh] = words(step)
  const key = [seedLow, seedHigh, stream, 1]
  const known = new Map<number, Uint32Array[]>()

  /** The 32 calls of a group. The group's high bits ride on p, whose own values end at 31. */
  const callsOf = (group: number): Uint32Array[] => {
    const low = group % 2 ** 32
    const high = Math.floor(group / 2 ** 32)
    return Array.from({ length: 32 }, (_, p) => judgeThreefry([low, p + 32 * high, callLow, callHigh], key))
  }

  return (cell) => {
    const group = Math.floor(cell / 128)
    const word = Math.floor(cell / 32) % 4
    const bit = cell % 32
    const calls = known.get(group) ?? callsOf(group)
    known.set(group, calls)
    return calls.reduce((number, output) => number * 2 + ((output[word] >>> bit) & 1), 0)
  }
}

function words(value: number | bigint): [low: number, high: number] {
  const big = BigInt(value)
  return [Number(big % 2n ** 32n), Number(big / 2n ** 32n)]
}

const float = new Float32Array(1)
const pattern = new Uint32Array(float.buffer)

function bitsOf(value: number): number {
  float[0] = value
  return pattern[0]
}

function floatOf(bits: number): number {
  pattern[0] = bits
  return float[0]
}
