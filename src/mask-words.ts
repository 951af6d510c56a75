/** The packed mask: 32 noise cells per word, the first in the lowest bit, 1 = kept; drawn in groups of 128 cells. */

import { lengthOf, readInteger, reject } from './validation.js'

export const CELLS_PER_GROUP = 128

/** The group in which a window of cells begins, and the number of cells of that group before the window. */
export function windowStart(cellOffset: number): { group: number; shift: number } {
  const shift = cellOffset % CELLS_PER_GROUP
  return { group: (cellOffset - shift) / CELLS_PER_GROUP, shift }
}

/**
 * Unpacks keep flags to one byte per noise cell.
 *
 * @param words a packed mask
 * @param cells how many cells to unpack; default: all bits of `words`
 * @returns `cells` bytes, 1 = kept, 0 = dropped
 * @throws TypeError or RangeError if `words` is not a Uint32Array, or holds fewer cells
 */
export function unpackMask(words: Uint32Array, cells?: number): Uint8Array<ArrayBuffer> {
  if (!(words instanceof Uint32Array)) {
    reject(TypeError, 'words', words, 'it must be a Uint32Array', 'Pass what mask() returned')
  }
  const length = lengthOf(words)
  const available = length * 32
  const count = readInteger(
    'cells',
    cells === undefined ? available : cells,
    available,
    `${available}, the cells that ${length} words hold`,
    'Pass the product of the noise shape',
  )
  const flags = new Uint8Array(count)
  // No `cell >>> 5`, which wraps at 2^32 cells. A load for each word, not for each cell, is faster too.
  for (let first = 0; first < count; first += 32) {
    const word = words[first / 32]
    const end = Math.min(first + 32, count)
    for (let cell = first; cell < end; cell++) flags[cell] = (word >>> (cell - first)) & 1
  }
  return flags
}

/** Whether the mask keeps a cell, which may be beyond 2^32. */
export function isKept(mask: Uint32Array, cell: number): boolean {
  const position = cell % 32
  return ((mask[(cell - position) / 32] >>> position) & 1) === 1
}
