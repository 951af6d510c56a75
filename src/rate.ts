/** Rate: the only place where a floating-point number becomes a decision. */

/** What a rate means to the passes. */
export interface Rate {
  /** Keep a cell when its 32-bit draw is below this: an integer from 0 (none kept) to 2^32 (all kept). */
  threshold: number
  /** What a kept value is multiplied by: float32(1 / (1 - rate)), and 0 at rate 1, where nothing is kept. */
  scale: number
  /** Bit pattern of the largest float32 magnitude whose product with `scale` is finite. */
  largest: number
  /** Magnitudes (as bit patterns) below this become a signed zero: all subnormals, or none at rate 0. */
  flushBelow: number
}

/** Bit patterns of float32 magnitudes. */
export const SMALLEST_NORMAL = 0x00800000
export const INFINITE = 0x7f800000

/** Resolves a checked rate. The reciprocal is taken in double precision and rounded once (inverted dropout). */
export function resolveRate(rate: number): Rate {
  const scale = rate === 1 ? 0 : Math.fround(1 / (1 - rate))
  return {
    threshold: Math.round((1 - rate) * 2 ** 32),
    scale,
    largest: largestFor(scale),
    flushBelow: rate === 0 ? 0 : SMALLEST_NORMAL,
  }
}

/** Walks down from 2^128 / scale, the quotient that no finite product exceeds: one or two steps. */
function largestFor(scale: number): number {
  const float = new Float32Array([2 ** 128 / scale])
  const bits = new Uint32Array(float.buffer)
  while (!Number.isFinite(Math.fround(float[0] * scale))) bits[0]--
  return bits[0]
}
