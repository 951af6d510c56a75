/** float32: its size and array, and the bit patterns that bound normal, finite values. */

import type { ElementType } from './element.js'

/** Bit patterns of float32 magnitudes. */
export const SMALLEST_NORMAL = 0x00800000
export const INFINITE = 0x7f800000

/** A float32 and its bit pattern. Made once: a new pair takes a tenth of the time of a call on a few cells. */
const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

export const float32: ElementType = {
  name: 'float32',
  bytes: 4,
  array: Float32Array,
  smallestNormal: SMALLEST_NORMAL,
  largestFor(scale) {
    // Downwards from 2^128 / scale, an upper bound: one or two steps.
    float[0] = 2 ** 128 / scale
    while (!Number.isFinite(Math.fround(float[0] * scale))) bits[0]--
    return bits[0]
  },
}
