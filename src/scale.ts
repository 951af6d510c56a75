/** The scale of kept values, and which values can simply be multiplied by it. */

import { SMALLEST_NORMAL } from './elements/float32.js'

/** The scale and its limits, as the apply pass needs them. */
export interface Scale {
  /** Factor of kept values, a float32; 0 at rate 1, where nothing is kept. */
  scale: number
  /** Bit pattern of the largest float32 magnitude whose product with `scale` is finite. */
  largest: number
  /** Magnitudes (as bit patterns) below this become a signed zero: all subnormals, or none at rate 0. */
  flushBelow: number
}

/** Inverted dropout: float32(1 / (1 - rate)), computed in double precision and rounded once; 0 at rate 1. */
export function invertedScale(rate: number): number {
  return rate === 1 ? 0 : Math.fround(1 / (1 - rate))
}

/** At rate 0 the output is the input, bit for bit. Other rates flush subnormals even if their scale rounds to 1. */
export function resolveScale(rate: number, scale: number): Scale {
  return { scale, largest: largestFor(scale), flushBelow: rate === 0 ? 0 : SMALLEST_NORMAL }
}

/** Searches downwards from 2^128 / scale, an upper bound: one or two steps. */
function largestFor(scale: number): number {
  const float = new Float32Array([2 ** 128 / scale])
  const bits = new Uint32Array(float.buffer)
  while (!Number.isFinite(Math.fround(float[0] * scale))) bits[0]--
  return bits[0]
}
