/** Means and variances in WebAssembly: the bits of JavaScript, whatever the values are. */

import { afterEach, describe, expect, test } from 'vitest'
import { addValues } from '../../src/monte-carlo/moments-windows.js'
import { type Accumulation, emptySums, type OutputKind, type Sums } from '../../src/monte-carlo/statistics.js'
import { accumulate } from '../../src/monte-carlo/statistics-cpu.js'
import { CPU_KERNELS, forceKernel } from '../../src/simd/choice.js'
import { createKernel } from '../../src/simd/kernel.js'
import { expectSameBits, floats } from '../support/compare'
import { ODD_VALUES } from '../support/inputs'
import { randomOutputs } from '../support/moments'

afterEach(() => forceKernel())

/** Elements that WebAssembly computes at a time. */
const WINDOW = 3072

const accumulationOf = (elements: number, outputs: OutputKind = 'values'): Accumulation => ({
  outputs,
  elements,
  rowLength: outputs === 'values' ? 0 : 6,
  settling: false,
})

/** What each kernel makes of the same samples, `stacked` of them in each output. */
function expectSameMoments(samples: readonly Float32Array[], accumulation: Accumulation, stacked = 1): Sums {
  const [expected, actual] = ['javascript', 'wasm-simd'].map((name) => {
    forceKernel(name as (typeof CPU_KERNELS)[number])
    const sums = emptySums(accumulation)
    for (let at = 0; at < samples.length; at += stacked) {
      const parts = samples.slice(at, at + stacked)
      accumulate(sums, Float32Array.from(parts.flatMap((part) => [...part])), accumulation, parts.length)
    }
    return sums
  })
  expect(actual.samples).toBe(samples.length)
  expect(actual.samples).toBe(expected.samples)
  expectSameBits(actual.moments, expected.moments)
  return actual
}

const LENGTHS = [1, 3, 4, 5, 63, 67, WINDOW - 1, WINDOW, WINDOW + 1, 2 * WINDOW + 7]

test.each(LENGTHS)('samples of %d ordinary values', (length) => {
  for (const stacked of [1, 4, 9]) {
    const samples = randomOutputs(9, length, 2, (u) => 4 * u - 2)
    expectSameMoments(samples, accumulationOf(length), stacked)
  }
})

/** A magnitude from 2^-149 to 2^127, and a sign. */
const ofAnyMagnitude = (u: number) => (u < 0.5 ? -1 : 1) * 2 ** (((u * 7919) % 1) * 277 - 149.5)

describe.each([
  { name: 'values of any magnitude', value: ofAnyMagnitude },
  { name: 'values around 2^46', value: (u: number) => 2 ** 46 * (0.9 + 0.2 * u) },
  { name: 'values below 2^46 with a spread as large', value: (u: number) => 2 ** 47 * (u - 0.5) },
  { name: 'values around the smallest normal', value: (u: number) => 2 ** -125 * (u - 0.5) },
  { name: 'differences near 2^-110', value: (u: number) => 2 ** (-100 - 30 * u) },
  { name: 'a small spread around a large number', value: (u: number) => 2 ** 20 * (1 + 1e-6 * u) },
  {
    name: 'two values, zeros of both signs among them',
    value: (u: number) => (u < 0.5 ? -0 : u < 0.7 ? 0 : 1),
  },
])('$name', ({ value }) => {
  test.each([1, 7])('%d samples in each output', (stacked) => {
    const length = WINDOW + 517
    expectSameMoments(randomOutputs(14, length, 3, value), accumulationOf(length), stacked)
  })
})

test.each([0.001, 0.03, 0.5])('values of which %d are odd', (share) => {
  const length = 2 * WINDOW + 3
  const odd = [
    ...ODD_VALUES.map(({ bits }) => floats(Uint32Array.of(bits))[0]),
    2 ** 46,
    -(2 ** 46),
    2 ** 46 - 2 ** 22,
    3.4e38,
    2 ** -149,
  ]
  const value = (u: number) =>
    u < share ? odd[Math.floor((u / share) * odd.length)] : 100 * ((u * 7919) % 1) - 50
  for (const stacked of [1, 5]) {
    expectSameMoments(randomOutputs(20, length, 4, value), accumulationOf(length), stacked)
  }
})

test('samples after 2^23 others', () => {
  const length = 100
  const samples = randomOutputs(3, length, 5, (u) => u)
  const [expected, actual] = CPU_KERNELS.map((name) => {
    forceKernel(name)
    const sums = emptySums(accumulationOf(length))
    sums.samples = 2 ** 23
    for (const sample of samples) accumulate(sums, sample, accumulationOf(length))
    return sums.moments
  })
  expectSameBits(actual, expected)
})

test('means and log variances of normal distributions, in rows across windows', () => {
  const length = 6 * 400
  for (const stacked of [1, 3]) {
    const samples = randomOutputs(6, length, 6, (u) => 40 * u - 20)
    expectSameMoments(samples, accumulationOf(length, 'gaussian'), stacked)
  }
})

/** How many of the values of one sample WebAssembly adds; JavaScript adds the rest. */
function addedInWasm(x: Float32Array): number {
  const kernel = createKernel()
  let added = 0
  const counting = {
    ...kernel,
    exportsOf<Exports>(module: string): Exports {
      const { addToMoments } = kernel.exportsOf<{ addToMoments(...args: number[]): number }>(module)
      const counted = (moments: number, values: number, ...more: number[]) => {
        const stop = addToMoments(moments, values, ...more)
        added += (stop - values) / Float32Array.BYTES_PER_ELEMENT
        return stop
      }
      return { addToMoments: counted } as Exports
    },
  }
  addValues(counting, emptySums(accumulationOf(x.length)), x, x.length, 1, () => {})
  return added
}

test('WebAssembly adds all ordinary values but up to three at the end, and all but 64 from an odd one on', () => {
  const ordinary = new Float32Array(WINDOW + 1003).fill(1)
  expect(addedInWasm(ordinary)).toBe(WINDOW + 1000)
  const odd = ordinary.slice()
  odd[400] = Number.NaN
  expect(addedInWasm(odd)).toBe(WINDOW + 1000 - 64)
})
