/** Dropout of arrays on the CPU: both passes. Twin of src/webgpu/compute.ts. */

import type { Call } from '../options.js'
import type { Dropout } from '../resolve.js'
import { applyMask } from './apply.js'
import { generateMask } from './mask.js'

/** Applies a dropout to `x`, into `output` or a new array. */
export function computeDropout(
  x: Float32Array,
  dropout: Dropout,
  call: Call,
  output?: Float32Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> {
  if (x.length === 0) return output ?? new Float32Array(0) // however many cells its noise may have
  return applyMask(x, generateMask(dropout.cells, dropout.threshold, call), dropout, output)
}
