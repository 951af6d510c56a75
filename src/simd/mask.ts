/** Pass 1 in WebAssembly: the packed mask of a window of noise cells. In JavaScript: src/cpu/mask.ts. */

import type { Draw, GeneratorSimd } from '../generators/generator.js'
import { CELLS_PER_GROUP, windowStart } from '../mask-words.js'
import type { Dropout } from '../resolve.js'
import { spread } from './flags.js'
import { type FlagKernel, WINDOW } from './kernel.js'

const WORDS_AT_ONCE = WINDOW / 32

/**
 * Draws the noise cells of a dropout, starting at `draw.cellOffset`.
 *
 * @returns ceil(cells / 32) words; bit i of word w is cell 32 w + i of the window, 1 = kept; bits past the end are 0
 */
export function generateMask(
  kernel: FlagKernel,
  generator: GeneratorSimd,
  { cells, keepRule }: Pick<Dropout, 'cells' | 'keepRule'>,
  draw: Draw,
): Uint32Array<ArrayBuffer> {
  const mask = new Uint32Array(Math.ceil(cells / 32))
  const { group, shift } = windowStart(draw.cellOffset)
  const drawGroups = kernel.drawer(generator, keepRule, draw)
  for (let word = 0; word < mask.length; word += WORDS_AT_ONCE) {
    const words = Math.min(WORDS_AT_ONCE, mask.length - word)
    drawGroups(group + (32 * word) / CELLS_PER_GROUP, Math.ceil((shift + 32 * words) / CELLS_PER_GROUP))
    if (shift > 0) spread(kernel, [{ size: 32 * words, stride: 1 }], shift, 32 * words)
    mask.set((shift > 0 ? kernel.flags : kernel.cells).subarray(0, words), word)
  }
  if (cells % 32 > 0) mask[mask.length - 1] &= 2 ** (cells % 32) - 1
  return mask
}
