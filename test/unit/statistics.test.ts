/** The third stage: its layouts in WGSL and TypeScript, and how outputs are cut for a device. */

import { describe, expect, test } from 'vitest'
import source from '../../shaders/statistics.wgsl?raw'
import {
  ENTROPY,
  emptySums,
  LEAST_EXPONENT,
  LEAST_PROBABILITY,
  MOMENTS,
  type OutputKind,
} from '../../src/monte-carlo/statistics.js'
import { planStatistics, STATISTICS_PARAMS } from '../../src/monte-carlo/statistics-webgpu.js'

/** The members of a struct, all of four bytes, in their order. */
function membersOf(struct: string): string[] {
  const body = new RegExp(`struct ${struct} \\{(.*?)\\n\\}`, 's').exec(source)?.[1] ?? ''
  return [...body.matchAll(/^ {2}(\w+): (?:f32|u32),/gm)].map(([, name]) => name)
}

test.each([
  { struct: 'StatisticsParams', layout: STATISTICS_PARAMS, bytes: 4 },
  { struct: 'Moments', layout: MOMENTS, bytes: 1 },
  { struct: 'Entropy', layout: ENTROPY, bytes: 1 },
])('TypeScript has $struct where WGSL has it', ({ struct, layout, bytes }) => {
  const members = membersOf(struct)
  const places = Object.fromEntries(members.map((name, i) => [name, i * bytes]))
  expect(members.length).toBeGreaterThan(1)
  expect(layout).toEqual({ ...places, size: members.length * bytes })
})

test('the constants of the shader are those of its CPU counterpart', () => {
  const constant = (name: string) => Number(new RegExp(`const ${name} = ([-\\d.e]+);`).exec(source)?.[1])
  expect(constant('LEAST_EXPONENT')).toBe(LEAST_EXPONENT)
  expect(Math.fround(constant('LEAST_PROBABILITY'))).toBe(LEAST_PROBABILITY)
  expect(Math.fround(Math.exp(LEAST_EXPONENT)), 'exp of it is 0 in float32').toBe(0)
})

describe('a plan', () => {
  const limits = {
    maxBufferSize: 2 ** 28,
    maxStorageBufferBindingSize: 2 ** 27,
    minStorageBufferOffsetAlignment: 256,
    maxComputeWorkgroupsPerDimension: 65535,
  }
  const cases = [1, 13, 1000, 11_184_810, 11_184_811, 2 ** 25 + 1].flatMap((rows) =>
    [0, 1, 3, 10, 64, 1001].map((classes) => ({ rows, classes })),
  )

  test.each(cases)(
    'takes $rows rows of $classes classes once, in order, as a device can bind them',
    (given) => {
      const { classes } = given
      const elements = given.rows * Math.max(classes, 1)
      const outputs = classes > 0 ? 'logits' : 'values'
      let next = 0
      for (const { start, elements: count, rows } of planStatistics({ outputs, classes, elements }, limits)) {
        expect(start).toBe(next)
        expect((start * 4) % 256).toBe(0)
        expect(rows).toBe(classes > 0 ? count / classes : 0)
        expect(Number.isInteger(rows)).toBe(true)
        expect(count * 12).toBeLessThanOrEqual(limits.maxStorageBufferBindingSize)
        next = start + count
      }
      expect(next).toBe(elements)
    },
  )

  test('of nothing is nothing', () => {
    expect(planStatistics({ outputs: 'values', classes: 0, elements: 0 }, limits)).toEqual([])
  })

  test('refuses rows that no binding holds, and takes the longest that one does', () => {
    const most = Math.floor(limits.maxStorageBufferBindingSize / 12)
    const row = (classes: number, rows: number) =>
      planStatistics({ outputs: 'logits', classes, elements: classes * rows }, limits)
    expect(row(most, 1)).toHaveLength(1)
    expect(() => row(most + 1, 1)).toThrow(RangeError)
    // an odd number of float32 values is aligned to 256 bytes when it is taken 64 times
    expect(() => row(most + 1, 1)).toThrow(
      new RegExp(`classes is 11184811.*take ${11_184_811 * 64 * 12} bytes.*maxStorageBufferBindingSize`),
    )
    expect(row(2 ** 23, 3)).toHaveLength(3)
  })

  test('takes rows that fill a binding to its end', () => {
    const small = { ...limits, maxStorageBufferBindingSize: 640 * 12 }
    const plan = planStatistics({ outputs: 'logits', classes: 640, elements: 1280 }, small)
    expect(plan).toEqual([
      { start: 0, elements: 640, rows: 1 },
      { start: 640, elements: 640, rows: 1 },
    ])
  })
})

test('the sums take three numbers for each element and two for each row, however many samples there are', () => {
  const sizesOf = (outputs: OutputKind, elements: number, classes: number) => {
    const { samples, moments, entropies } = emptySums({ outputs, elements, classes })
    return [samples, moments.length, entropies.length]
  }
  expect(sizesOf('values', 12, 0)).toEqual([0, 36, 0])
  expect(sizesOf('logits', 12, 3)).toEqual([0, 36, 8])
  expect(sizesOf('logits', 12, 1)).toEqual([0, 36, 24])
})
