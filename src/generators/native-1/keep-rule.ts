/** The keep rule: a rate as a threshold on 32-bit draws. */

/** A cell is kept when its 32-bit draw is below the threshold, an integer from 0 (none kept) to 2^32 (all kept). */
export interface NativeKeepRule extends Readonly<Record<string, number>> {
  threshold: number
}

export function nativeKeepRule(rate: number): NativeKeepRule {
  return { threshold: Math.round((1 - rate) * 2 ** 32) }
}

/** Bit planes down to the lowest set bit of T; lower ones cannot change U < T. 0 when T is 0 or 2^32. */
export function planesOf({ threshold }: NativeKeepRule): number {
  return threshold === 0 || threshold === 2 ** 32 ? 0 : Math.clz32(threshold & -threshold) + 1
}
