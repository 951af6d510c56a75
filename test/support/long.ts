/** Tensors of hundreds of megabytes: made and compared in a time that a test can afford. Knows no test runner. */

import { difference, floats, patterns } from './compare'
import { input } from './inputs'
import type { Draw } from './judge'

/** Elements of a binding on a device with no more than the limits that WebGPU promises everywhere: 128 MiB. */
export const BINDING = 2 ** 25

/** Layers of every pattern, each a little larger than one binding. */
export const ABOVE_BINDING: Pick<Draw, 'shape' | 'noiseShape'>[] = [
  { shape: [BINDING + 4099] },
  { shape: [33, 1021, 1000], noiseShape: [33, 1021, 1] },
  { shape: [33, 1021, 1001], noiseShape: [1, 1, 1001] },
  { shape: [33_000, 1024], noiseShape: [1, 1024] },
  { shape: [33, 1000, 1024], noiseShape: [33, 1, 1024] },
  { shape: [33, 1021, 10, 101], noiseShape: [33, 1021, 1, 1] },
  { shape: [7, 31, 17, 101, 91], noiseShape: [1, 31, 1, 101, 1] },
  { shape: [BINDING + 5], noiseShape: [1] },
]

/** Values whose pattern repeats after a prime number of elements, so that no part of a tensor looks like another. */
export function longInput(length: number): Float32Array<ArrayBuffer> {
  const x = new Float32Array(length)
  const pattern = floats(input([Math.min(length, 999_983)], 1, 'rare'))
  x.set(pattern)
  for (let filled = pattern.length; filled < length; filled *= 2) x.copyWithin(filled, 0, filled)
  return x
}

/** As expectSameBits, at the speed of a plain loop while they are the same. */
export function expectSameLongBits(
  got: Float32Array | Uint32Array,
  expected: Float32Array | Uint32Array,
  what: string,
): void {
  const [left, right] = [patterns(got), patterns(expected)]
  if (left.length !== right.length) throw new Error(`${what}: got ${left.length}, expected ${right.length}`)
  for (let i = 0; i < left.length; i++) {
    if (left[i] !== right[i]) {
      const near = (all: Uint32Array) => all.subarray(i, i + 32)
      throw new Error(`from ${i} on, ${difference(near(left), near(right), { what })}`)
    }
  }
}
