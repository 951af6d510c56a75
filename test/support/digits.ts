/** The digits of models/digits, what the network never saw, and PyTorch's word on both (models/digits/README.md). */

import { INK, readDigit, SIDE } from '../../models/digits/digits'
import expected from '../../models/digits/expected.json'
import samples from '../../models/digits/samples.json'
import split from '../../models/digits/test-split.json'

export type Digit = Uint8Array

export { toInput } from '../../models/digits/digits'
export { expected }

/** The images that expected.json lists one by one. */
export const sampleDigits: readonly Digit[] = samples.samples.map(({ pixels }) => readDigit(pixels))

/** Held out when the network was trained. */
export const testDigits: readonly Digit[] = split.pixels.map(readDigit)

/** A quarter turn against the clock. */
function rotated(digit: Digit): Digit {
  return digit.map((_, i) => digit[(i % SIDE) * SIDE + SIDE - 1 - Math.floor(i / SIDE)])
}

function inverted(digit: Digit): Digit {
  return digit.map((ink) => INK - ink)
}

/** Images that owe nothing to a digit, from the generator that the README gives. */
function noise(count: number): Digit[] {
  let state = 1
  const pixel = () => {
    state = (Math.imul(1103515245, state) + 12345) & 0x7fffffff
    return (state >> 16) % (INK + 1)
  }
  return Array.from({ length: count }, () => Uint8Array.from({ length: SIDE * SIDE }, pixel))
}

/** As many of each kind as there are test digits. */
export const neverSeen = {
  rotated: testDigits.map(rotated),
  inverted: testDigits.map(inverted),
  noise: noise(testDigits.length),
}

/**
 * Area under the receiver operating characteristic: the probability that one of `high` is above one of `low`, ties
 * counted half (Mann-Whitney).
 */
export function auroc(low: ArrayLike<number>, high: ArrayLike<number>): number {
  let above = 0
  for (const h of Array.from(high)) {
    for (const l of Array.from(low)) above += h > l ? 1 : h === l ? 0.5 : 0
  }
  return above / (low.length * high.length)
}
