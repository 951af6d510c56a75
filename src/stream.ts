/**
 * The mask stream, version 1, as far as CPU and GPU share it. One generator call gives one bit plane of 128 cells; its
 * counter is (group, plane, call), its key (seed, stream, version). It is part of the public contract and never changes
 * under the same version.
 */

export const STREAM_VERSION = 1
export const CELLS_PER_GROUP = 128

/** The group in which a window of cells begins, and how many cells of that group lie before it. */
export function windowStart(cellOffset: number): { group: number; shift: number } {
  const shift = cellOffset % CELLS_PER_GROUP
  return { group: (cellOffset - shift) / CELLS_PER_GROUP, shift }
}

/** Bit planes down to the lowest set bit of T, below which no draw can be decided; 0 when T is 0 or 2^32. */
export function planesOf(threshold: number): number {
  return threshold === 0 || threshold === 2 ** 32 ? 0 : Math.clz32(threshold & -threshold) + 1
}
