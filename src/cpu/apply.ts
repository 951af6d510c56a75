/** Pass 2 on the CPU: broadcast-multiply a tensor by mask x scale. Twin of shaders/apply.wgsl. */

import { INFINITE, SMALLEST_NORMAL } from '../rate.js'
import type { Dropout } from '../resolve.js'

/** The same values as floats and as bit patterns: patterns that arithmetic may not touch go through the second. */
interface Tensor {
  floats: Float32Array
  bits: Uint32Array
}

/**
 * Drops and scales every element of `x` by the flag of its noise cell.
 *
 * @param x values of the tensor, row-major; not altered
 * @param mask the packed mask of the noise shape, first cell at bit 0
 * @returns a new array: kept values times scale, rounded once; +0 where dropped
 */
export function applyMask(x: Float32Array, mask: Uint32Array, dropout: Dropout): Float32Array<ArrayBuffer> {
  const result = new Float32Array(x.length)
  const input = asTensor(x)
  const output = asTensor(result)
  const inner = dropout.dims.at(-1) ?? { size: 1, drawn: false }

  let from = 0
  for (const cell of rowCells(dropout)) {
    const to = from + inner.size
    if (inner.drawn) {
      scaleRun(input, output, from, to, dropout)
      clearDropped(output.bits, from, to, mask, cell)
    } else if (isKept(mask, cell)) {
      scaleRun(input, output, from, to, dropout)
    }
    from = to
  }
  return result
}

/** The first noise cell of every row of the innermost dim, in order: an odometer over the outer dims. */
function* rowCells({ dims, elements }: Dropout): Generator<number> {
  if (elements === 0) return
  const outer = dims.slice(0, -1)
  const strides = outer.map(() => 0)
  let stride = dims.at(-1)?.drawn ? dims[dims.length - 1].size : 1
  for (let axis = outer.length - 1; axis >= 0; axis--) {
    if (!outer[axis].drawn) continue
    strides[axis] = stride
    stride *= outer[axis].size
  }
  const index = outer.map(() => 0)
  let cell = 0
  while (true) {
    yield cell
    let axis = outer.length - 1
    for (; axis >= 0 && ++index[axis] === outer[axis].size; axis--) {
      cell -= strides[axis] * (index[axis] - 1)
      index[axis] = 0
    }
    if (axis < 0) return
    cell += strides[axis]
  }
}

function scaleRun(
  x: Tensor,
  y: Tensor,
  from: number,
  to: number,
  { scale, largest, flushBelow }: Dropout,
): void {
  const span = largest - SMALLEST_NORMAL
  for (let i = from; i < to; i++) {
    const bits = x.bits[i]
    const magnitude = bits & 0x7fffffff
    if ((magnitude - SMALLEST_NORMAL) >>> 0 <= span) y.floats[i] = x.floats[i] * scale
    else y.bits[i] = keepOdd(bits, magnitude, largest, flushBelow)
  }
}

/** A kept zero, subnormal, NaN, Inf, or a value whose product overflows: decided on its bits. */
function keepOdd(bits: number, magnitude: number, largest: number, flushBelow: number): number {
  const sign = bits & 0x80000000
  if (magnitude < flushBelow) return sign
  return magnitude > largest && magnitude < INFINITE ? sign | INFINITE : bits
}

/** Clears dropped elements without a branch on their flags, which no branch predictor could foresee. */
function clearDropped(bits: Uint32Array, from: number, to: number, mask: Uint32Array, cell: number): void {
  for (let i = from; i < to; ) {
    const position = cell % 32
    let flags = mask[(cell - position) / 32] >>> position
    const end = Math.min(to, i + 32 - position)
    cell += end - i
    for (; i < end; i++, flags >>>= 1) bits[i] &= -(flags & 1)
  }
}

function isKept(mask: Uint32Array, cell: number): boolean {
  const position = cell % 32
  return ((mask[(cell - position) / 32] >>> position) & 1) === 1
}

function asTensor(floats: Float32Array): Tensor {
  return { floats, bits: new Uint32Array(floats.buffer, floats.byteOffset, floats.length) }
}
