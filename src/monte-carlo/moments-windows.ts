/** Means and variances of values in WebAssembly, a window of the elements at a time. In JavaScript: moments.ts. */

import type { Kernel } from '../simd/kernel.js'
import { addToMoments } from './moments.js'
import momentsModule from './moments.simd.ts?wasm'
import { MOMENTS, reciprocalOf, type Sums, UNITS } from './statistics.js'

export { momentsModule }

interface MomentsExports {
  addToMoments(
    moments: number,
    values: number,
    end: number,
    reciprocal: number,
    unit: number,
    largeFrom: number,
  ): number
}

/** A window holds the moments of this many elements, and behind them their values of one sample: 60 KiB. */
const ELEMENTS = 3072
const MOMENTS_LENGTH = ELEMENTS * MOMENTS.size

/** Where WebAssembly stops at a value, JavaScript adds this many: neighbours of an odd value are often odd, too. */
const IN_JAVASCRIPT = 64

/**
 * Adds the values of one or more samples, one after the other in `x`.
 *
 * @param prepare changes the values of the elements from `first` on before they are added
 */
export function addValues(
  kernel: Kernel,
  sums: Sums,
  x: Float32Array,
  elements: number,
  samples: number,
  prepare: (values: Float32Array, first: number) => void,
): void {
  for (let first = 0; first < elements; first += ELEMENTS) {
    const count = Math.min(ELEMENTS, elements - first)
    const stored = sums.moments.subarray(first * MOMENTS.size, (first + count) * MOMENTS.size)
    const moments = kernel.values.subarray(0, stored.length)
    const values = kernel.values.subarray(MOMENTS_LENGTH, MOMENTS_LENGTH + count)
    moments.set(stored)
    for (let sample = 0; sample < samples; sample++) {
      const start = sample * elements + first
      values.set(x.subarray(start, start + count))
      prepare(values, first)
      addWindow(kernel, moments, values, reciprocalOf(sums.samples + sample + 1))
    }
    stored.set(moments)
  }
  sums.samples += samples
}

function addWindow(kernel: Kernel, moments: Float32Array, values: Float32Array, reciprocal: number): void {
  const exports = kernel.exportsOf<MomentsExports>(momentsModule)
  const { ordinary, largeFrom } = UNITS
  const bytes = values.BYTES_PER_ELEMENT
  const end = values.byteOffset + bytes * values.length
  let at = 0
  while (at < values.length) {
    const stop = exports.addToMoments(
      moments.byteOffset + bytes * MOMENTS.size * at,
      values.byteOffset + bytes * at,
      end,
      reciprocal,
      ordinary,
      largeFrom,
    )
    at = (stop - values.byteOffset) / bytes
    const next = Math.min(at + IN_JAVASCRIPT, values.length)
    for (; at < next; at++) addToMoments(moments, at * MOMENTS.size, values[at], reciprocal)
  }
}
