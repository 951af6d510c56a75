/** Dropout of arrays on the CPU: both passes, in WebAssembly or in JavaScript. GPU counterpart: src/webgpu/arrays.ts. */

import type { Values } from '../elements/element.js'
import type { Draw } from '../generators/generator.js'
import { GENERATORS_SIMD } from '../generators/simd.js'
import { isKept } from '../mask-words.js'
import { type Dropout, noiseOf } from '../resolve.js'
import { applyMask as applyMaskInWasm } from '../simd/apply.js'
import { kernelFor } from '../simd/choice.js'
import { flagsModule } from '../simd/flags.js'
import type { Kernel } from '../simd/kernel.js'
import { generateMask as generateMaskInWasm } from '../simd/mask.js'
import { reject } from '../validation.js'
import { applyMask } from './apply.js'
import { generateMask } from './mask.js'

type Result = Values<ArrayBuffer>

/** Applies a dropout to `x` and writes to `output`, or to a new array. */
export function computeDropout(x: Values, dropout: Dropout, draw: Draw, output?: Result): Result {
  if (x.length === 0) return output ?? new dropout.element.array(0) // even if its noise has cells
  const kernel = kernelFor(x.length, flagsModule)
  const mask = drawMask(kernel, dropout, draw)
  if (!kernel || dropout.flushBelow === 0) return applyMask(x, mask, dropout, output)
  return applyMaskInWasm(kernel, x, mask, dropout, output)
}

/** The packed mask of the noise shape. */
export function computeMask(dropout: Dropout, draw: Draw): Uint32Array<ArrayBuffer> {
  return allocating(dropout, () => drawMask(kernelFor(dropout.cells, flagsModule), dropout, draw))
}

/**
 * A tensor of the noise shape: the scale where a cell is kept, 0 where it is dropped. Writes to `output`, or to a new
 * array.
 */
export function computeNoise(dropout: Dropout, draw: Draw, output?: Result): Result {
  return allocating(dropout, () => drawNoise(dropout, draw, output))
}

function drawNoise(dropout: Dropout, draw: Draw, output?: Result): Result {
  const kernel = kernelFor(dropout.cells, flagsModule)
  const mask = drawMask(kernel, dropout, draw)
  if (kernel) return applyMaskInWasm(kernel, undefined, mask, noiseOf(dropout), output)
  const noise = output ?? new dropout.element.array(dropout.cells)
  for (let cell = 0; cell < noise.length; cell++) {
    noise[cell] = isKept(mask, cell) ? dropout.scale : 0
  }
  return noise
}

/** How long an array may be depends on the engine and its memory, so it is found by trying. */
function allocating<T>({ cells }: Dropout, compute: () => T): T {
  try {
    return compute()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const rule = 'no array for so many can be had here'
    reject(RangeError, 'the number of noise cells', cells, rule, 'Compute it in parts, with cellOffset')
  }
}

function drawMask(kernel: Kernel | undefined, dropout: Dropout, draw: Draw): Uint32Array<ArrayBuffer> {
  const simd = GENERATORS_SIMD[dropout.generator.name]
  return kernel && simd ? generateMaskInWasm(kernel, simd, dropout, draw) : generateMask(dropout, draw)
}
