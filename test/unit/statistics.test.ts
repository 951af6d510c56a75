/** The third stage: its layouts in WGSL and TypeScript, and how outputs are cut for a device. */

import { describe, expect, test } from 'vitest'
import source from '../../shaders/statistics.wgsl?raw'
import {
  type Accumulation,
  emptySums,
  LEAST_EXPONENT,
  LEAST_PROBABILITY,
  MOMENTS,
  meanOf,
  UNITS,
  varianceOf,
} from '../../src/monte-carlo/statistics.js'
import { accumulate } from '../../src/monte-carlo/statistics-cpu.js'
import { planDispatches, planStatistics } from '../../src/monte-carlo/statistics-plan.js'
import { STATISTICS_PARAMS } from '../../src/monte-carlo/statistics-webgpu.js'

/** The members of a struct, all of four bytes, in their order; a last one without a size is left out. */
function membersOf(struct: string): string[] {
  const body = new RegExp(`struct ${struct} \\{(.*?)\\n\\}`, 's').exec(source)?.[1] ?? ''
  const names = [...body.matchAll(/^ {2}(\w+): (?:f32|u32),/gm)].map(([, name]) => name)
  return names.map((name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()))
}

test.each([
  { struct: 'StatisticsParams', layout: STATISTICS_PARAMS, bytes: 4 },
  { struct: 'Moments', layout: MOMENTS, bytes: 1 },
])('TypeScript has $struct where WGSL has it', ({ struct, layout, bytes }) => {
  const members = membersOf(struct)
  const places = Object.fromEntries(members.map((name, i) => [name, i * bytes]))
  expect(members.length).toBeGreaterThan(1)
  expect(layout).toEqual({ ...places, size: members.length * bytes })
})

test('the constants of the shader are those of its CPU counterpart', () => {
  const text = (name: string) => new RegExp(`const ${name} = ([-+\\da-fx.e]+)u?;`).exec(source)?.[1]
  const constant = (name: string) => Number(text(name))
  const ofBits = (name: string) => new Float32Array(Uint32Array.of(constant(name)).buffer)[0]
  expect(constant('LEAST_EXPONENT')).toBe(LEAST_EXPONENT)
  expect(Math.fround(constant('LEAST_PROBABILITY'))).toBe(LEAST_PROBABILITY)
  expect(Math.fround(Math.exp(LEAST_EXPONENT)), 'exp of it is 0 in float32').toBe(0)
  expect(constant('ORDINARY')).toBe(UNITS.ordinary)
  expect(constant('LARGE')).toBe(UNITS.large)
  expect(constant('TO_LARGE')).toBe(UNITS.large / UNITS.ordinary)
  expect(constant('FROM_LARGE')).toBe(UNITS.ordinary / UNITS.large)
  expect(ofBits('LARGE_FROM')).toBe(UNITS.largeFrom)
  expect(ofBits('LEAST_LARGE')).toBe(UNITS.leastLarge)
  expect(constant('MOMENTS_SIZE')).toBe(MOMENTS.size)
  expect(Math.fround(Math.exp(ofBits('LEAST_INFINITE_POWER')))).toBe(Number.POSITIVE_INFINITY)
})

/** Rows of `rowLength` logits, or values where that is 0. */
const accumulationOf = (rows: number, rowLength: number): Accumulation => ({
  outputs: rowLength > 0 ? 'logits' : 'values',
  elements: rows * Math.max(rowLength, 1),
  rowLength,
  settling: true,
})

describe('a plan', () => {
  const limits = {
    maxBufferSize: 2 ** 28,
    maxStorageBufferBindingSize: 2 ** 27,
    minStorageBufferOffsetAlignment: 256,
    maxComputeWorkgroupsPerDimension: 65535,
  }
  const cases = [1, 13, 1000, 8_388_608, 8_388_609, 2 ** 25 + 1].flatMap((rows) =>
    [0, 1, 3, 10, 64, 1001].map((rowLength) => ({ rows, rowLength })),
  )

  test.each(cases)(
    'takes $rows rows of $rowLength classes once, in order, as a device can bind them',
    (given) => {
      const { rowLength } = given
      const accumulation = accumulationOf(given.rows, rowLength)
      let next = 0
      for (const { start, elements: count, rows } of planStatistics(accumulation, limits)) {
        expect(start).toBe(next)
        expect((start * 4) % 256).toBe(0)
        expect(rows).toBe(rowLength > 0 ? count / rowLength : 0)
        expect(Number.isInteger(rows)).toBe(true)
        expect(count * 16).toBeLessThanOrEqual(limits.maxStorageBufferBindingSize)
        expect(rows * (rowLength + 8) * 4).toBeLessThanOrEqual(limits.maxStorageBufferBindingSize)
        next = start + count
      }
      expect(next).toBe(accumulation.elements)
    },
  )

  test('of nothing is nothing', () => {
    expect(planStatistics(accumulationOf(0, 0), limits)).toEqual([])
  })

  test('refuses rows that no binding holds, and takes the longest that one does', () => {
    const most = Math.floor(limits.maxStorageBufferBindingSize / 16)
    const row = (classes: number, rows: number) => planStatistics(accumulationOf(rows, classes), limits)
    expect(row(most, 1)).toHaveLength(1)
    expect(() => row(most + 1, 1)).toThrow(RangeError)
    // an odd number of float32 values is aligned to 256 bytes when it is taken 64 times
    expect(() => row(most + 1, 1)).toThrow(
      new RegExp(`classes is 8388609.*take ${8_388_609 * 64 * 16} bytes.*maxStorageBufferBindingSize`),
    )
    const gaussian = { ...accumulationOf(1, 2 * most), outputs: 'gaussian' } as const
    expect(() => planStatistics(gaussian, limits)).toThrow(new RegExp(`targets is ${most}, `))
    expect(row(2 ** 22, 3)).toHaveLength(2)
  })

  test('takes rows that fill a binding to its end', () => {
    const small = { ...limits, maxStorageBufferBindingSize: 640 * 16 }
    expect(planStatistics(accumulationOf(2, 640), small)).toEqual([
      { start: 0, elements: 640, rows: 1 },
      { start: 640, elements: 640, rows: 1 },
    ])
  })

  describe('of stacked samples', () => {
    const dispatchesOf = (rows: number, rowLength: number, samples: number, bytes: number) => {
      const small = { ...limits, maxStorageBufferBindingSize: bytes }
      const accumulation = accumulationOf(rows, rowLength)
      const chunks = planStatistics(accumulation, small)
      return { chunks, dispatches: planDispatches(chunks, samples, accumulation, small) }
    }

    test('is one dispatch for all of them where they fit a binding', () => {
      expect(dispatchesOf(32, 10, 100, 2 ** 27).dispatches).toEqual([
        { chunk: 0, outputs: { offset: 0, size: 128_000 }, offset: 0, firstSample: 0, samples: 100 },
      ])
    })

    test.each([
      { rows: 100, rowLength: 0, samples: 40, bytes: 100 * 16 },
      { rows: 1003, rowLength: 0, samples: 7, bytes: 4096 },
      { rows: 333, rowLength: 3, samples: 5, bytes: 4096 },
    ])(
      'takes each element of $samples samples of $rows rows once, in order, in bindings of $bytes bytes',
      ({ rows, rowLength, samples, bytes }) => {
        const { chunks, dispatches } = dispatchesOf(rows, rowLength, samples, bytes)
        const elements = rows * Math.max(rowLength, 1)
        const taken: number[] = []
        for (const { chunk, outputs, offset, firstSample, samples: count } of dispatches) {
          expect(outputs.offset % 256).toBe(0)
          expect(outputs.size).toBeLessThanOrEqual(bytes)
          for (let sample = 0; sample < count; sample++) {
            const first = outputs.offset / 4 + offset + sample * elements
            expect(first).toBe((firstSample + sample) * elements + chunks[chunk].start)
            expect(first + chunks[chunk].elements).toBeLessThanOrEqual((outputs.offset + outputs.size) / 4)
            for (let i = 0; i < chunks[chunk].elements; i++) taken.push(first + i)
          }
        }
        expect(taken).toEqual(Array.from({ length: samples * elements }, (_, i) => i))
      },
    )
  })
})

test('the sums take four numbers for each element, and for each row four, eight if settling, and one for each class', () => {
  const sizesOf = (accumulation: Accumulation) => {
    const { samples, moments, rows } = emptySums(accumulation)
    return [samples, moments.length, rows.length]
  }
  expect(sizesOf(accumulationOf(12, 0))).toEqual([0, 48, 0])
  expect(sizesOf(accumulationOf(4, 3))).toEqual([0, 48, 44])
  expect(sizesOf({ ...accumulationOf(4, 3), settling: false })).toEqual([0, 48, 28])
  expect(sizesOf({ ...accumulationOf(4, 4), outputs: 'gaussian' })).toEqual([0, 64, 0])
})

describe('mean and variance on the CPU', () => {
  const ofValues = { ...accumulationOf(1, 0), settling: false }
  /** Of blocks of values, each added `times`. */
  function momentsOf(...blocks: { times?: number; length: number; of: (i: number) => number }[]) {
    const sums = emptySums(ofValues)
    for (const { times = 1, length, of } of blocks) {
      const values = Float32Array.from({ length }, (_, i) => of(i))
      for (let time = 0; time < times; time++) accumulate(sums, values, ofValues, length)
    }
    return { mean: meanOf(sums.moments, 0), variance: varianceOf(sums.moments, 0), samples: sums.samples }
  }
  const near = (value: number) => expect.closeTo(value, 6 - Math.log10(value))

  test('the last of 2^24 samples counts as the first does', () => {
    // 0 and 1, then 10 and 11: in plain float32 sums, the latter are lost beside the sum of the former.
    const half = { times: 8, length: 2 ** 20 }
    const moments = momentsOf({ ...half, of: (i) => i % 2 }, { ...half, of: (i) => 10 + (i % 2) })
    expect(moments).toEqual({ samples: 2 ** 24, mean: near(5.5), variance: near(25.25) })
  })

  test('an outlier in the first of 10^5 samples does not spoil the mean', () => {
    const samples = 1e5
    const mean = (1e8 + samples - 1) / samples
    const variance = (1e16 + samples - 1) / samples - mean ** 2
    const moments = momentsOf({ length: samples, of: (i) => (i === 0 ? 1e8 : 1) })
    expect(moments).toEqual({ samples, mean: near(mean), variance: near(variance) })
  })

  test('a spread of a millionth of the values is kept', () => {
    const samples = 3e5
    const moments = momentsOf({ length: samples, of: (i) => 2 ** 20 + (i % 3) })
    expect(moments).toEqual({ samples, mean: near(2 ** 20 + 1), variance: near(2 / 3) })
  })
})

test.each(['values', 'gaussian', 'probabilities', 'logits'] as const)(
  'stacked samples of %s give the bits of one after the other on the CPU',
  (outputs) => {
    const rowLength = outputs === 'values' ? 0 : 4
    const accumulation = { outputs, elements: 12, rowLength, settling: true }
    const samples = Float32Array.from({ length: 12 * 9 }, (_, i) => Math.abs(Math.sin(i + 1)))
    const [alone, stacked] = [emptySums(accumulation), emptySums(accumulation)]
    for (let at = 0; at < samples.length; at += 12)
      accumulate(alone, samples.subarray(at, at + 12), accumulation)
    accumulate(stacked, samples.subarray(0, 12 * 4), accumulation, 4)
    accumulate(stacked, samples.subarray(12 * 4), accumulation, 5)
    expect(stacked).toEqual(alone)
  },
)
