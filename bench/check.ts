/** Is a result a dropout at all? Nothing is measured that is not. Each check gives what is wrong, or undefined. */

import { type Pattern, patternOf, size } from './noise-cells.js'

/** The most that a kept value may differ from x * scale, relatively: peers round the scale in their own ways. */
const TOLERANCE = 1e-5
/** Standard deviations that the dropped fraction may lie off the rate; chance alone exceeds it once in 5e8 checks. */
const Z_LIMIT = 6

interface Dropped {
  shape: readonly number[]
  noiseShape: readonly number[]
  rate: number
}

/**
 * Checks `y` against `x`, which must have no zero: each element is 0 or x * scale, elements of one noise cell share
 * their fate, and about `rate` of the cells are dropped.
 */
export function checkDropout(
  x: Float32Array,
  y: Float32Array,
  { shape, noiseShape, rate }: Dropped,
): string | undefined {
  if (y.length !== x.length) return `it has ${y.length} elements, not ${x.length}`
  const pattern = patternOf(shape, noiseShape)
  const fates = new Uint8Array(size(noiseShape)) // 0 = not met yet, 1 = kept, 2 = dropped
  return checkElements(x, y, pattern, 1 / (1 - rate), fates) ?? checkRate(fates, rate)
}

function checkElements(
  x: Float32Array,
  y: Float32Array,
  { outer, shared, inner }: Pattern,
  scale: number,
  fates: Uint8Array,
): string | undefined {
  for (let o = 0, element = 0; o < outer; o++) {
    for (let s = 0; s < shared; s++) {
      for (let cell = o * inner; cell < (o + 1) * inner; cell++, element++) {
        const value = y[element]
        const kept = x[element] * scale
        const fate = value === 0 ? 2 : 1
        if (fate === 1 && !(Math.abs(value - kept) <= TOLERANCE * Math.abs(kept))) {
          return `element ${element} is ${value}, neither 0 nor ${Math.fround(kept)}`
        }
        if (fates[cell] === 0) fates[cell] = fate
        else if (fates[cell] !== fate) return `noise cell ${cell} is kept in one place and dropped in another`
      }
    }
  }
  return undefined
}

function checkRate(fates: Uint8Array, rate: number): string | undefined {
  let dropped = 0
  for (const fate of fates) if (fate === 2) dropped++
  const z = (dropped - fates.length * rate) / Math.sqrt(fates.length * rate * (1 - rate))
  if (Math.abs(z) < Z_LIMIT) return undefined
  const [share, sigmas] = [(dropped / fates.length).toFixed(4), z.toFixed(1)]
  return `it dropped ${share} of ${fates.length} noise cells at rate ${rate}, which is ${sigmas} standard deviations off`
}

/** Are these the very bits that are expected? */
export function checkBits(y: Float32Array, expected: Float32Array): string | undefined {
  if (y.length !== expected.length) return `it has ${y.length} elements, not ${expected.length}`
  const [is, should] = [bitsOf(y), bitsOf(expected)]
  for (let i = 0; i < is.length; i++) {
    if (is[i] !== should[i]) return `element ${i} is ${y[i]}, not ${expected[i]}`
  }
  return undefined
}

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length)
}
