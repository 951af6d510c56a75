/** Seeded input tensors as bit patterns, from ordinary values to every pattern that a float unit may mistreat. */

import { count } from './judge'

/** float32 patterns with a name; `doubled` is what a kept one becomes at rate 0.5, worked out by hand. */
export const ODD_VALUES = [
  { name: 'the quiet NaN', bits: 0x7fc00000, doubled: 0x7fc00000 },
  { name: 'a negative NaN with a payload', bits: 0xffc12345, doubled: 0xffc12345 },
  { name: 'a signalling NaN', bits: 0x7f800001, doubled: 0x7f800001 },
  { name: 'a negative signalling NaN', bits: 0xffbfffff, doubled: 0xffbfffff },
  { name: 'the NaN of all ones', bits: 0xffffffff, doubled: 0xffffffff },
  { name: '+Infinity', bits: 0x7f800000, doubled: 0x7f800000 },
  { name: '-Infinity', bits: 0xff800000, doubled: 0xff800000 },
  { name: '+0', bits: 0x00000000, doubled: 0x00000000 },
  { name: '-0', bits: 0x80000000, doubled: 0x80000000 },
  { name: 'the smallest subnormal', bits: 0x00000001, doubled: 0x00000000 },
  { name: 'the largest subnormal', bits: 0x007fffff, doubled: 0x00000000 },
  { name: 'a negative subnormal', bits: 0x80400000, doubled: 0x80000000 },
  { name: 'the largest negative subnormal', bits: 0x807fffff, doubled: 0x80000000 },
  { name: 'the smallest normal', bits: 0x00800000, doubled: 0x01000000 },
  { name: 'the smallest negative normal', bits: 0x80800000, doubled: 0x81000000 },
  { name: 'the largest float', bits: 0x7f7fffff, doubled: 0x7f800000 },
  { name: 'the largest negative float', bits: 0xff7fffff, doubled: 0xff800000 },
  { name: 'the largest float whose double is finite', bits: 0x7effffff, doubled: 0x7f7fffff },
  { name: 'the smallest float whose double overflows', bits: 0x7f000000, doubled: 0x7f800000 },
  { name: 'one', bits: 0x3f800000, doubled: 0x40000000 },
  { name: 'minus one and a half', bits: 0xbfc00000, doubled: 0xc0400000 },
] as const

/** How many of the values are odd. */
export type Oddness = 'none' | 'rare' | 'half' | 'any bits'

/** One bit pattern for each element of `shape`. */
export function input(shape: readonly number[], seed: number, oddness: Oddness = 'none'): Uint32Array {
  const random = randomWords(seed)
  return Uint32Array.from({ length: count(shape) }, () => {
    const word = random()
    if (oddness === 'any bits') return word
    const odd = oddness === 'half' ? random() % 2 === 0 : oddness === 'rare' && random() % 40 === 0
    // An exponent field from 120 to 135: ordinary magnitudes from 2^-7 to 2^8, and either sign.
    return odd ? ODD_VALUES[word % ODD_VALUES.length].bits : ordinary(word)
  })
}

function ordinary(word: number): number {
  const exponent = 120 + ((word >>> 23) & 15)
  return ((word & 0x807fffff) | (exponent << 23)) >>> 0
}

/** xorshift32 (Marsaglia 2003): inputs need no better generator. */
export function randomWords(seed: number): () => number {
  let state = (seed * 2654435761 + 1013904223) >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state
  }
}
