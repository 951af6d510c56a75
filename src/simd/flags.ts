/** Spreads and applies the flags in a kernel's memory: what apply.simd.ts exports. */

import type { Axis } from '../axes.js'
import flagsModule from './apply.simd.ts?wasm'
import type { FlagKernel } from './kernel.js'

export { flagsModule }

interface FlagsExports {
  spreadFlags(axes: number, count: number, words: number, cell: number, out: number, elements: number): void
  applyFlags(x: number, y: number, flags: number, elements: number, scale: number): void
}

/**
 * Spreads flags from `cells` to the elements that share them, in `flags`.
 *
 * @param axes of the elements, innermost first
 * @param cell where in `cells` the flag of the first element is
 */
export function spread(kernel: FlagKernel, axes: readonly Axis[], cell: number, elements: number): void {
  const { axes: memory, cells, flags } = kernel
  axes.forEach(({ size, stride }, i) => {
    memory.set([size, stride, 0], 3 * i)
  })
  const { spreadFlags } = kernel.exportsOf<FlagsExports>(flagsModule)
  spreadFlags(memory.byteOffset, axes.length, cells.byteOffset, cell, flags.byteOffset, elements)
}

/**
 * Drops and scales `elements` values at address `x` by flags at address `flags`, one each. `y` receives the results: the
 * same address, or apart. Whole blocks of 32 values are read and written.
 */
export function apply(
  kernel: FlagKernel,
  flags: number,
  x: number,
  y: number,
  elements: number,
  scale: number,
): void {
  const { applyFlags } = kernel.exportsOf<FlagsExports>(flagsModule)
  applyFlags(x, y, flags, elements, scale)
}
