/** The coins of a draw: what the library decides for each noise cell. */

import { type DrawOptions, type DropoutOptions, mask, unpackMask } from 'noiseshape/cpu'

interface Toss extends DropoutOptions, DrawOptions {
  shape: readonly number[]
  noiseShape: readonly number[]
}

/** One flag per coin, row-major: 1 keeps what it decides, 0 drops it. */
export function toss(draw: Toss): Uint8Array {
  const coins = draw.noiseShape.reduce((all, size) => all * size, 1)
  return unpackMask(mask(draw), coins)
}
