/** Pass 2 in WebAssembly, a window of the tensor at a time. In JavaScript: src/cpu/apply.ts. */

import { type Axis, axesOf, firstCells } from '../axes.js'
import { isKept } from '../mask-words.js'
import type { Dropout } from '../resolve.js'
import { apply, spread } from './flags.js'
import type { FlagKernel, Kernel } from './kernel.js'

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
  let values = kernel.values
  forEachWindow(kernel, mask, dims, {
    clear: (from, to) => output?.fill(0, from, to), // a new array is already zero
    apply(flags, from, size) {
      if (values.length !== size) values = kernel.values.subarray(0, size)
      if (x) values.set(x.subarray(from, from + size))
      else values.fill(1)
      apply(kernel, kernel[flags].byteOffset, values.byteOffset, values.byteOffset, size, scale)
      result.set(values, from)
    },
  })
  return result
}

/** What is done with the elements of a window. */
interface WindowActions {
  /** Drops these elements. */
  clear(from: number, to: number): void
  /** Drops and scales `size` elements by their flags in the kernel's memory. */
  apply(flags: 'cells' | 'flags', from: number, size: number): void
}

/** Goes through a non-empty tensor in windows, with the flags of each in the kernel's memory. */
export function forEachWindow(
  kernel: FlagKernel,
  mask: Uint32Array,
  dims: Dropout['dims'],
  { clear, apply }: WindowActions,
): void {
  const axes = axesOf(dims)
  const { whole, block } = wholeInWindow(axes, kernel.window)
  const cut = axes[whole.length]
  const drawn = cut.stride > 0
  const cells = whole.reduce((product, { size, stride }) => (stride > 0 ? product * size : product), 1)
  const step = Math.floor(kernel.window / block)
  const oneRun = whole.length === 0 && !drawn
  if (oneRun) kernel.flags.fill(0xffffffff)
  let flags: 'cells' | 'flags' = 'flags'
  let element = 0

  for (const firstCell of firstCells(axes.slice(whole.length + 1))) {
    if (oneRun && !isKept(mask, firstCell)) {
      clear(element, element + cut.size)
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
      apply(flags, element, size)
      element += size
    }
  }
}

/** The inner axes that a window holds whole, and how many elements they have; the next axis is cut into steps. */
function wholeInWindow(axes: readonly Axis[], window: number): { whole: readonly Axis[]; block: number } {
  let count = 0
  let block = 1
  while (count < axes.length - 1 && block * axes[count].size <= window) block *= axes[count++].size
  return { whole: axes.slice(0, count), block }
}

/** Copies the flags of neighbouring cells into the kernel's memory. Returns the place of the first in its word. */
function loadCells(kernel: FlagKernel, mask: Uint32Array, firstCell: number, cells: number): number {
  const bit = firstCell % 32
  const word = (firstCell - bit) / 32
  kernel.cells.set(mask.subarray(word, word + Math.ceil((bit + cells) / 32)))
  return bit
}
