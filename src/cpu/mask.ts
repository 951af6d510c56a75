/**
 * Pass 1 in JavaScript, the reference of the other two: the packed mask of a window of noise cells. In WebAssembly:
 * src/simd/mask.ts. GPU counterpart: shaders/mask.wgsl.
 */

import { GENERATORS_CPU } from '../generators/cpu.js'
import type { Draw } from '../generators/generator.js'
import { CELLS_PER_GROUP, windowStart } from '../mask-words.js'
import type { Dropout } from '../resolve.js'

/**
 * Draws the noise cells of a dropout, starting at `draw.cellOffset`.
 *
 * @returns ceil(cells / 32) words; bit i of word w is cell 32 w + i of the window, 1 = kept; bits past the end are 0
 */
export function generateMask(
  { cells, generator, keepRule }: Pick<Dropout, 'cells' | 'generator' | 'keepRule'>,
  draw: Draw,
): Uint32Array<ArrayBuffer> {
  const mask = new Uint32Array(Math.ceil(cells / 32))
  const { group: firstGroup, shift } = windowStart(draw.cellOffset)
  const groups = Math.ceil((shift + cells) / CELLS_PER_GROUP)
  const wordShift = shift >>> 5
  const bitShift = shift & 31
  const keep = new Int32Array(4)
  const drawGroup = GENERATORS_CPU[generator.name].drawer(keepRule, draw)

  for (let group = 0; group < groups; group++) {
    drawGroup(firstGroup + group, keep)
    // JavaScript ignores stores outside a typed array, so words before and after the window are discarded.
    const base = group * 4 - wordShift
    for (let word = 0; word < 4; word++) {
      mask[base + word] |= keep[word] >>> bitShift
      if (bitShift > 0) mask[base + word - 1] |= keep[word] << (32 - bitShift)
    }
  }
  if (cells % 32 > 0) mask[mask.length - 1] &= 2 ** (cells % 32) - 1
  return mask
}
