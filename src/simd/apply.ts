/** Pass 2 in WebAssembly, a window of the tensor at a time. In JavaScript: src/cpu/apply.ts. */

import { type Axis, axesOf, firstCells } from '../axes.js'
import { isKept } from '../mask-words.js'
import type { Dropout } from '../resolve.js'
import { apply, spread } from './flags.js'
import { type Kernel, WINDOW } from './kernel.js'

/**
 * Drops and scales every element of `x` by the flag of its noise cell.
 *
 * @param x values of the tensor, row-major; undefined: ones
 * @param mask the packed mask of the noise shape, first cell at bit 0
 * @param output receives the values: the same memory as `x`, or none of it; default: a new array
 */
export function applyMask(
  kernel: Kernel,
  x: Float32Array | undefined,
  mask: Uint32Array,
  { dims, elements, scale }: Pick<Dropout, 'dims' | 'elements' | 'scale'>,
  output?: Float32Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> {
  const result = output ?? new Float32Array(elements)
  if (elements === 0) return result
  const axes = axesOf(dims)
  const { whole, block } = wholeInWindow(axes)
  const cut = axes[whole.length]
  const drawn = cut.stride > 0
  const cells = whole.reduce((product, { size, stride }) => (stride > 0 ? product * size : product), 1)
  const step = Math.floor(WINDOW / block)
  const oneRun = whole.length === 0 && !drawn
  if (oneRun) kernel.flags.fill(0xffffffff)
  let flags: 'cells' | 'flags' = 'flags'
  let values = kernel.values
  let element = 0

  for (const firstCell of firstCells(axes.slice(whole.length + 1))) {
    if (oneRun && !isKept(mask, firstCell)) {
      output?.fill(0, element, element + cut.size) // a new array is already zero
      element += cut.size
      continue
    }
    for (let at = 0; at < cut.size; at += step) {
      const count = Math.min(step, cut.size - at)
      const size = count * block
      // Where the cut axis is broadcast, the flags of its first window serve all.
      if (!oneRun && (at === 0 || drawn)) {
        const bit = loadCells(kernel, mask, firstCell + at * cut.stride, drawn ? cells * count : cells)
        const each = whole.length === 0 && bit === 0 // each element has its own flag, in its place
        if (!each) spread(kernel, [...whole, { size: count, stride: cut.stride }], bit, size)
        flags = each ? 'cells' : 'flags'
      }
      if (values.length !== size) values = kernel.values.subarray(0, size)
      if (x) values.set(x.subarray(element, element + size))
      else values.fill(1)
      apply(kernel, flags, size, scale)
      result.set(values, element)
      element += size
    }
  }
  return result
}

/** The inner axes that a window holds whole, and how many elements they have; the next axis is cut into steps. */
function wholeInWindow(axes: readonly Axis[]): { whole: readonly Axis[]; block: number } {
  let count = 0
  let block = 1
  while (count < axes.length - 1 && block * axes[count].size <= WINDOW) block *= axes[count++].size
  return { whole: axes.slice(0, count), block }
}

/** Copies the flags of neighbouring cells into the kernel's memory. Returns the place of the first in its word. */
function loadCells(kernel: Kernel, mask: Uint32Array, firstCell: number, cells: number): number {
  const bit = firstCell % 32
  const word = (firstCell - bit) / 32
  kernel.cells.set(mask.subarray(word, word + Math.ceil((bit + cells) / 32)))
  return bit
}
