/** The third stage: its layouts in WGSL and TypeScript, and how outputs are cut for a device. */

import { describe, expect, test } from 'vitest'
import source from '../../shaders/statistics.wgsl?raw'
import { nextCheck } from '../../src/monte-carlo/settled.js'
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
  expect(ofBits('LARGE_FROM')).toBe(UNITS.largeFrom)
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
  const ENDLESS = { mostTurns: Number.POSITIVE_INFINITY }
  const cases = [1, 13, 1000, 8_388_608, 8_388_609, 2 ** 25 + 1].flatMap((rows) =>
    [0, 1, 3, 10, 64, 1001].map((rowLength) => ({ rows, rowLength })),
  )

  test.each(cases)(
    'takes $rows rows of $rowLength classes once, in order, as a device can bind them',
    (given) => {
      const { rowLength } = given
      const accumulation = accumulationOf(given.rows, rowLength)
      let next = 0
      for (const { start, elements: count, rows } of planStatistics(accumulation, limits, ENDLESS)) {
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
    expect(planStatistics(accumulationOf(0, 0), limits, ENDLESS)).toEqual([])
  })

  test('refuses rows that no binding holds, and takes the longest that one does', () => {
    const most = Math.floor(limits.maxStorageBufferBindingSize / 16)
    const row = (classes: number, rows: number) =>
      planStatistics(accumulationOf(rows, classes), limits, ENDLESS)
    expect(row(most, 1)).toHaveLength(1)
    expect(() => row(most + 1, 1)).toThrow(RangeError)
    // an odd number of float32 values is aligned to 256 bytes when it is taken 64 times
    expect(() => row(most + 1, 1)).toThrow(
      new RegExp(`classes is 8388609.*take ${8_388_609 * 64 * 16} bytes.*maxStorageBufferBindingSize`),
    )
    const gaussian = { ...accumulationOf(1, 2 * most), outputs: 'gaussian' } as const
    expect(() => planStatistics(gaussian, limits, ENDLESS)).toThrow(new RegExp(`targets is ${most}, `))
    expect(row(2 ** 22, 3)).toHaveLength(2)
  })

  test('takes rows that fill a binding to its end', () => {
    const small = { ...limits, maxStorageBufferBindingSize: 640 * 16 }
    expect(planStatistics(accumulationOf(2, 640), small, ENDLESS)).toEqual([
      { start: 0, elements: 640, rows: 1 },
      { start: 640, elements: 640, rows: 1 },
    ])
  })

  describe('of stacked samples', () => {
    const dispatchesOf = (
      rows: number,
      rowLength: number,
      samples: number,
      bytes: number,
      tuning = ENDLESS,
    ) => {
      const small = { ...limits, maxStorageBufferBindingSize: bytes }
      const accumulation = accumulationOf(rows, rowLength)
      const chunks = planStatistics(accumulation, small, tuning)
      return { chunks, dispatches: planDispatches(chunks, samples, accumulation, small, tuning) }
    }

    test('is one dispatch for all of them where they fit a binding', () => {
      expect(dispatchesOf(32, 10, 100, 2 ** 27).dispatches).toEqual([
        { chunk: 0, outputs: { offset: 0, size: 128_000 }, offset: 0, firstSample: 0, samples: 100 },
      ])
      expect(dispatchesOf(4, 0, 32, 4 * 32 * 4).dispatches).toHaveLength(1)
      expect(dispatchesOf(4, 0, 33, 4 * 32 * 4).dispatches).toHaveLength(33)
    })

    // A loop takes one turn more than its body runs: 2 for a row, and 1 + 3 * 1001 for each of its samples.
    test('splits them where a thread would take too many turns, and refuses what one sample takes', () => {
      const samplesOf = (mostTurns: number) =>
        dispatchesOf(4, 1000, 5, 2 ** 27, { mostTurns }).dispatches.map(({ samples }) => samples)
      expect(samplesOf(2 + 5 * 3004)).toEqual([5])
      expect(samplesOf(1 + 5 * 3004)).toEqual([4, 1])
      expect(samplesOf(2 + 3004)).toEqual([1, 1, 1, 1, 1])
      expect(() => samplesOf(1 + 3004)).toThrow(/classes is 1000, .* 3006 .* 3005\. Return a Float32Array/)
    })

    test.each([
      { rows: 1, rowLength: 3, samples: 2 ** 15, bytes: 2 ** 20 },
      { rows: 1, rowLength: 3, samples: 40_000, bytes: 40_000 * 12 },
      { rows: 100, rowLength: 0, samples: 40, bytes: 100 * 16 },
      { rows: 1003, rowLength: 0, samples: 7, bytes: 4096 },
      { rows: 333, rowLength: 3, samples: 5, bytes: 4096 },
    ])(
      'takes each element of $samples samples of $rows rows once, in order, in bindings of $bytes bytes',
      ({ rows, rowLength, samples, bytes }) => {
        const { chunks, dispatches } = dispatchesOf(rows, rowLength, samples, bytes)
        const elements = rows * Math.max(rowLength, 1)
        const taken: { at: number; sample: number; element: number }[] = []
        for (const { chunk, outputs, offset, firstSample, samples: count } of dispatches) {
          expect(outputs.offset % 256).toBe(0)
          expect(outputs.size).toBeLessThanOrEqual(bytes)
          expect(count).toBeGreaterThan(0)
          const last = outputs.offset / 4 + offset + (count - 1) * elements + chunks[chunk].elements
          expect(last).toBeLessThanOrEqual((outputs.offset + outputs.size) / 4)
          for (let sample = 0; sample < count; sample++) {
            const first = outputs.offset / 4 + offset + sample * elements
            for (let i = 0; i < chunks[chunk].elements; i++) {
              taken.push({ at: first + i, sample: firstSample + sample, element: chunks[chunk].start + i })
            }
          }
        }
        expect(taken).toHaveLength(samples * elements)
        const misplaced = taken.find(
          ({ at, sample, element }, i) => at !== i || at !== sample * elements + element,
        )
        expect(misplaced).toBeUndefined()
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

  test('sample 2^23 and those after it count as the first does', () => {
    // As after 2^23 samples of 0 and 1, and then 2^16 of 10 and 11; long/unit takes them all.
    const before = 2 ** 23
    const sums = emptySums(ofValues)
    sums.samples = before
    sums.moments[MOMENTS.mean] = 0.5
    sums.moments[MOMENTS.variance] = 0.25 * UNITS.ordinary ** 2
    const added = 2 ** 16
    accumulate(
      sums,
      Float32Array.from({ length: added }, (_, i) => 10 + (i % 2)),
      ofValues,
      added,
    )
    const weight = added / (before + added)
    const moments = { mean: meanOf(sums.moments, 0), variance: varianceOf(sums.moments, 0) }
    expect(moments).toEqual({
      mean: near(0.5 + 10 * weight),
      variance: near(0.25 + 100 * weight * (1 - weight)),
    })
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

test('it is asked whether a run is settled after 16, 32, 64, ... samples, and after the last', () => {
  const next = [0, 15, 16, 31, 32, 63, 64, 99].map((done) => nextCheck(done, 100))
  expect(next).toEqual([16, 16, 32, 32, 64, 64, 100, 100])
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
