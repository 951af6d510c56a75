/** float32: size, array type, and the bit patterns that bound normal, finite values. */

export const float32 = { name: 'float32', bytes: 4, Values: Float32Array } as const

/** Bit patterns of float32 magnitudes. */
export const SMALLEST_NORMAL = 0x00800000
export const INFINITE = 0x7f800000
