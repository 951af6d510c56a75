/** The draw options of the native stream, validated and split into 32-bit words. */

import { type DrawOptions, readCellOffset, readStream } from '../../options.js'
import { readSeed, readWords, type Words } from '../../validation.js'
import type { Draw } from '../generator.js'

/** The last word of the key. */
export const STREAM_VERSION = 1

export interface NativeDraw extends Draw {
  seed: Words
  stream: number
  step: Words
}

export function readNativeDraw(options: DrawOptions, cells: number): NativeDraw {
  const { seed, stream = 0, step = 0, cellOffset } = options
  return {
    seed: readSeed(seed),
    stream: readStream(stream),
    step: readWords('step', step),
    cellOffset: readCellOffset(cellOffset, cells),
  }
}

export function nextNativeStep(draw: NativeDraw): NativeDraw {
  const { lo, hi } = draw.step
  const next = (lo + 1) >>> 0
  return { ...draw, step: { lo: next, hi: next === 0 ? (hi + 1) >>> 0 : hi } }
}

/** The generator's key: seed, stream and stream version. */
export function keyOf({ seed, stream }: NativeDraw): readonly number[] {
  return [seed.lo, seed.hi, stream, STREAM_VERSION]
}
