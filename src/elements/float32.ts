/** float32: its size, and the bit patterns that bound normal, finite values. */

import type { ElementType } from './element.js'

export const float32: ElementType = { name: 'float32', bytes: 4 }

/** Bit patterns of float32 magnitudes. */
export const SMALLEST_NORMAL = 0x00800000
export const INFINITE = 0x7f800000
