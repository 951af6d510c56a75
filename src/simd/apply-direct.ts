/** Pass 2 in WebAssembly on tensors in the kernel's own memory: nothing is copied. On other arrays: apply.ts. */

import type { Dropout } from '../resolve.js'
import { forEachWindow } from './apply.js'
import { apply } from './flags.js'
import { BLOCK, type FlagKernel } from './kernel.js'

/**
 * Drops and scales every element of `x` by the flag of its noise cell.
 *
 * @param x values of a non-empty tensor, row-major
 * @param mask the packed mask of the noise shape, first cell at bit 0
 * @param y receives the values: the same place as `x`, or none of it
 */
export function applyMaskDirectly(
  kernel: FlagKernel,
  x: Float32Array,
  mask: Uint32Array,
  { dims, scale }: Pick<Dropout, 'dims' | 'scale'>,
  y: Float32Array,
): void {
  const { spare } = kernel
  forEachWindow(kernel, mask, dims, {
    clear: (from, to) => y.fill(0, from, to),
    apply(name, from, size) {
      const flags = kernel[name].byteOffset
      const rest = size % BLOCK
      const end = from + size - rest
      apply(kernel, flags, x.byteOffset + 4 * from, y.byteOffset + 4 * from, size - rest, scale)
      if (rest === 0) return
      spare.set(x.subarray(end, end + rest))
      apply(kernel, flags + (size - rest) / 8, spare.byteOffset, spare.byteOffset, rest, scale)
      y.set(spare.subarray(0, rest), end)
    },
  })
}
