/** The scale of kept values, and which values can simply be multiplied by it. */

import type { ElementType } from './elements/element.js'

/** The scale and its limits, as the apply pass needs them. */
export interface Scale {
  /** Factor of kept values, a float32; 0 at rate 1, where nothing is kept. */
  scale: number
  /** Bit pattern of the largest magnitude whose product with `scale` is finite. */
  largest: number
  /** Magnitudes (as bit patterns) below this become a signed zero: all subnormals, or none at rate 0. */
  flushBelow: number
}

/** Inverted dropout: float32(1 / (1 - rate)), computed in double precision and rounded once; 0 at rate 1. */
export function invertedScale(rate: number): number {
  return rate === 1 ? 0 : Math.fround(1 / (1 - rate))
}

/** At rate 0 the output is the input, bit for bit. Other rates flush subnormals even if their scale rounds to 1. */
export function resolveScale(rate: number, scale: number, element: ElementType): Scale {
  return { scale, largest: element.largestFor(scale), flushBelow: rate === 0 ? 0 : element.smallestNormal }
}
