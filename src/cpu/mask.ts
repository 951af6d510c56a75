/**
 * Pass 1 on the CPU: the packed mask of a window of noise cells. Twin of shaders/mask.wgsl.
 *
 * The stream (version 1): bit plane p of 128 cells is one generator call, so a cell's 32-bit draw U stands upright
 * across the planes, and U < T is decided from the top plane down for all lanes at once.
 */

import type { Call } from '../options.js'
import { CELLS_PER_GROUP, planesOf, STREAM_VERSION, windowStart } from '../stream.js'
import { encrypt, expandKey } from './threefry4x32.js'

/**
 * Draws `cells` noise cells from `call.cellOffset` on.
 *
 * @param threshold T, an integer from 0 to 2^32: a cell is kept when its draw is below
 * @returns ceil(cells / 32) words; bit i of word w is cell 32 w + i of the window, 1 = kept; bits past the end are 0
 */
export function generateMask(cells: number, threshold: number, call: Call): Uint32Array<ArrayBuffer> {
  const mask = new Uint32Array(Math.ceil(cells / 32))
  const { group: firstGroup, shift } = windowStart(call.cellOffset)
  const groups = Math.ceil((shift + cells) / CELLS_PER_GROUP)
  const wordShift = shift >>> 5
  const bitShift = shift & 31
  const keep = new Int32Array(4)
  const draw = drawer(threshold, call)

  for (let group = 0; group < groups; group++) {
    draw(firstGroup + group, keep)
    // Stores outside of a typed array are ignored: the words before the window, and those after its end.
    const base = group * 4 - wordShift
    for (let word = 0; word < 4; word++) {
      mask[base + word] |= keep[word] >>> bitShift
      if (bitShift > 0) mask[base + word - 1] |= keep[word] << (32 - bitShift)
    }
  }
  if (cells % 32 > 0) mask[mask.length - 1] &= 2 ** (cells % 32) - 1
  return mask
}

/** The function that decides the 128 cells of one group. */
function drawer(threshold: number, { seed, stream, call }: Call): (group: number, keep: Int32Array) => void {
  if (threshold === 0) return (_, keep) => keep.fill(0)
  if (threshold === 2 ** 32) return (_, keep) => keep.fill(-1)
  const planes = planesOf(threshold)
  const bits = threshold | 0
  const key = expandKey([seed.lo, seed.hi, stream, STREAM_VERSION])
  const counter = Int32Array.of(0, 0, call.lo, call.hi)
  const plane = new Int32Array(4)

  return (group, keep) => {
    counter[0] = group % 2 ** 32
    const high = Math.floor(group / 2 ** 32) << 5 // planes take five bits; no cell below 2^53 needs more than the rest
    let keep0 = 0
    let keep1 = 0
    let keep2 = 0
    let keep3 = 0
    let open0 = -1
    let open1 = -1
    let open2 = -1
    let open3 = -1
    for (let p = 0; p < planes; p++) {
      counter[1] = high | p
      encrypt(counter, key, plane)
      const bit = (bits << p) >> 31
      keep0 |= open0 & bit & ~plane[0]
      keep1 |= open1 & bit & ~plane[1]
      keep2 |= open2 & bit & ~plane[2]
      keep3 |= open3 & bit & ~plane[3]
      open0 &= ~(plane[0] ^ bit)
      open1 &= ~(plane[1] ^ bit)
      open2 &= ~(plane[2] ^ bit)
      open3 &= ~(plane[3] ^ bit)
      if ((open0 | open1 | open2 | open3) === 0) break
    }
    keep[0] = keep0
    keep[1] = keep1
    keep[2] = keep2
    keep[3] = keep3
  }
}
