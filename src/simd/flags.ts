/** Spreads and applies the flags in the kernel's memory: what apply.simd.ts exports. */

import type { Axis } from '../axes.js'
import flagsModule from './apply.simd.ts?wasm'
import type { Kernel } from './kernel.js'

export { flagsModule }

interface FlagsExports {
  spreadFlags(axes: number, count: number, words: number, cell: number, out: number, elements: number): void
  applyFlags(values: number, flags: number, elements: number, scale: number): void
}

/**
 * Spreads flags from `cells` to the elements that share them, in `flags`.
 *
 * @param axes of the elements, innermost first
 * @param cell where in `cells` the flag of the first element is
 */
export function spread(kernel: Kernel, axes: readonly Axis[], cell: number, elements: number): void {
  const { axes: memory, cells, flags } = kernel
  axes.forEach(({ size, stride }, i) => {
    memory.set([size, stride, 0], 3 * i)
  })
  const { spreadFlags } = kernel.exportsOf<FlagsExports>(flagsModule)
  spreadFlags(memory.byteOffset, axes.length, cells.byteOffset, cell, flags.byteOffset, elements)
}

/** Drops and scales the first `elements` values by these flags, of which they have one each. */
export function apply(kernel: Kernel, flags: 'cells' | 'flags', elements: number, scale: number): void {
  const { applyFlags } = kernel.exportsOf<FlagsExports>(flagsModule)
  applyFlags(kernel.values.byteOffset, kernel[flags].byteOffset, elements, scale)
}
