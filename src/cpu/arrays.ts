/** Dropout of arrays on the CPU: both passes. GPU counterpart: src/webgpu/arrays.ts. */

import type { Values } from '../elements/element.js'
import type { Draw } from '../generators/generator.js'
import type { Dropout } from '../resolve.js'
import { applyMask } from './apply.js'
import { generateMask } from './mask.js'

type Result = Values<ArrayBuffer>

/** Applies a dropout to `x` and writes to `output`, or to a new array. */
export function computeDropout(x: Values, dropout: Dropout, draw: Draw, output?: Result): Result {
  if (x.length === 0) return output ?? new dropout.element.array(0) // even if its noise has cells
  return applyMask(x, generateMask(dropout, draw), dropout, output)
}

/** A tensor of the noise shape: the scale where a cell is kept, 0 where it is dropped. */
export function computeNoise(dropout: Dropout, draw: Draw): Result {
  const mask = generateMask(dropout, draw)
  const noise = new dropout.element.array(dropout.cells)
  for (let cell = 0; cell < noise.length; cell++) {
    if ((mask[cell >>> 5] >>> (cell & 31)) & 1) noise[cell] = dropout.scale
  }
  return noise
}
