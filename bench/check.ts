/** Checks that a result is a dropout; nothing else is measured. Each check returns what is wrong, or undefined. */

import { type Pattern, patternOf, size } from './noise-cells.js'

/** The most that a kept value may differ from x * scale, relatively: peers round the scale differently. */
const TOLERANCE = 1e-5
/** Standard deviations that the dropped fraction may lie off the rate; chance alone exceeds it once in 5e8 checks. */
const Z_LIMIT = 6

interface Dropped {
  shape: readonly number[]
  noiseShape: readonly number[]
  rate: number
}

/**
 * Checks `y` against `x`, which must have no zero: each element is 0 or x * scale, the elements of a noise cell are kept or
 * dropped together, and about `rate` of the cells are dropped.
 */
export function checkDropout(
  x: Float32Array,
  y: Float32Array,
  { shape, noiseShape, rate }: Dropped,
): string | undefined {
  if (y.length !== x.length) return `it has ${y.length} elements, not ${x.length}`
  const pattern = patternOf(shape, noiseShape)
  const states = new Uint8Array(size(noiseShape)) // 0 = not seen yet, 1 = kept, 2 = dropped
  return checkElements(x, y, pattern, 1 / (1 - rate), states) ?? checkRate(states, rate)
}

function checkElements(
  x: Float32Array,
  y: Float32Array,
  { outer, shared, inner }: Pattern,
  scale: number,
  states: Uint8Array,
): string | undefined {
  for (let o = 0, element = 0; o < outer; o++) {
    for (let s = 0; s < shared; s++) {
      for (let cell = o * inner; cell < (o + 1) * inner; cell++, element++) {
        const value = y[element]
        const kept = x[element] * scale
        const state = value === 0 ? 2 : 1
        if (state === 1 && !(Math.abs(value - kept) <= TOLERANCE * Math.abs(kept))) {
          return `element ${element} is ${value}, neither 0 nor ${Math.fround(kept)}`
        }
        if (states[cell] === 0) states[cell] = state
        else if (states[cell] !== state)
          return `noise cell ${cell} is kept in one place and dropped in another`
      }
    }
  }
  return undefined
}

function checkRate(states: Uint8Array, rate: number): string | undefined {
  let dropped = 0
  for (const state of states) if (state === 2) dropped++
  const z = (dropped - states.length * rate) / Math.sqrt(states.length * rate * (1 - rate))
  if (Math.abs(z) < Z_LIMIT) return undefined
  const [share, sigmas] = [(dropped / states.length).toFixed(4), z.toFixed(1)]
  return `it dropped ${share} of ${states.length} noise cells at rate ${rate}, which is ${sigmas} standard deviations off`
}

/** Checks that two arrays have the same bits. */
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
