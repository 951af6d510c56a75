/** Plans without data: every element once, the right cell for each, and no limit of the device exceeded. */

import { describe, expect, test } from 'vitest'
import {
  type ApplyDispatch,
  maskBytes,
  type PlanLimits,
  planApply,
  planMask,
  type Tuning,
} from '../../src/plan.js'
import { resolveDropout } from '../../src/resolve.js'
import { VARIANTS as FORCED, WALKED } from '../support/forced'

/** WebGPU's smallest limits for all devices, from the table in section 3.6.2 of the specification. */
const DEFAULTS: PlanLimits = {
  maxBufferSize: 2 ** 28,
  maxStorageBufferBindingSize: 2 ** 27,
  minStorageBufferOffsetAlignment: 256,
  maxComputeWorkgroupsPerDimension: 65535,
}
const TINY: PlanLimits = {
  ...DEFAULTS,
  maxStorageBufferBindingSize: 1024,
  maxComputeWorkgroupsPerDimension: 3,
}
const HUGE: PlanLimits = { ...DEFAULTS, maxBufferSize: 2 ** 53, maxStorageBufferBindingSize: 2 ** 53 }
const VARIANTS: Tuning[] = [1, 8, 32].map((packets) => ({
  workgroupSize: 64,
  groupsPerThread: packets,
  packetsPerThread: { rows: packets, columns: packets },
  fewestThreads: 128,
  fewestPackets: 1,
  columnPackets: packets === 32 ? 4 : 1,
  mostTurns: Number.POSITIVE_INFINITY,
  longestRow: 1000,
  trusting: false,
  rotation: 'shift',
}))

const SMALL = [
  { shape: [5003], noiseShape: null },
  { shape: [7, 300], noiseShape: [null, 1] },
  { shape: [7, 300], noiseShape: [1, null] },
  { shape: [3, 5, 32], noiseShape: [null, 1, null] },
  { shape: [4, 5, 6, 7, 3], noiseShape: [1, null, 1, null, 1] },
  { shape: [4, 5, 6, 7, 3], noiseShape: [null, 1, null, 1, null] },
  { shape: [2500], noiseShape: [1] },
  { shape: [], noiseShape: null },
]

/** Beyond 2^32 elements, cells or both; the last has an outer dim that is itself beyond 2^32. */
const LARGE = [
  { shape: [2 ** 33 + 5], noiseShape: null },
  { shape: [3, 2 ** 33 + 64], noiseShape: [1, null] },
  { shape: [3, 2 ** 32 + 12345], noiseShape: [null, 1] },
  { shape: [5, 2 ** 30 + 1, 3], noiseShape: [null, 1, null] },
  { shape: [2 ** 32 + 7, 3], noiseShape: [null, 1] },
]

/** The noise cell of an element, by definition: row-major indices, 0 where the noise shape is 1. */
function cellOf(element: number, shape: readonly number[], noiseShape: readonly number[]): number {
  let rest = BigInt(element)
  let cell = 0n
  let stride = 1n
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const index = rest % BigInt(shape[axis])
    rest /= BigInt(shape[axis])
    if (noiseShape[axis] !== 1) cell += index * stride
    stride *= BigInt(noiseShape[axis])
  }
  return Number(cell)
}

/** What `locate` in shaders/apply.wgsl computes, in u32 arithmetic: the cell in the bound mask of an element. */
function locate({ cell, dims }: ApplyDispatch, element: number): number {
  let steps = element
  for (const { wrap, size, start, stride } of dims) {
    let index = steps
    let carry = 0
    if (steps >= wrap) {
      const turns = Math.floor((steps - wrap) / size)
      carry = turns + 1
      index = steps - wrap - turns * size - start
    }
    cell = (cell + Math.imul(index, stride)) >>> 0
    steps = carry
  }
  return cell
}

describe.each(VARIANTS)('with $packetsPerThread.rows packets per thread', (variant) => {
  test.each(SMALL)('$shape with noise shape $noiseShape in small bindings is covered once', (options) => {
    const dropout = resolveDropout({ ...options, rate: 0.5 })
    const covered = new Uint8Array(dropout.elements)
    for (const dispatch of planApply(dropout, TINY, variant)) {
      const { tensor, mask, first, count, width, grid } = dispatch
      expect((tensor.offset % 256) + (mask.offset % 256) + (first % width) + (count % width)).toBe(0)
      expect(Math.max(tensor.size, mask.size)).toBeLessThanOrEqual(1024)
      expect(Math.max(...grid)).toBeLessThanOrEqual(3)
      const threads = grid[0] * grid[1] * variant.workgroupSize
      expect(threads * dispatch.packetsPerThread * width).toBeGreaterThanOrEqual(count)
      for (let i = 0; i < count; i++) {
        const element = tensor.offset / 4 + first + i
        covered[element]++
        const cell = mask.offset * 8 + locate(dispatch, i)
        expect(cell, `element ${element}`).toBe(cellOf(element, dropout.shape, dropout.noiseShape))
        expect(cell - mask.offset * 8).toBeLessThan(mask.size * 8)
      }
    }
    expect(covered.every((times) => times === 1)).toBe(true)
  })

  test.each(LARGE)('$shape with noise shape $noiseShape finds every cell beyond 2^32', (options) => {
    const dropout = resolveDropout({ ...options, rate: 0.5 })
    let next = 0
    for (const dispatch of planApply(dropout, HUGE, variant)) {
      const { tensor, mask, first, count } = dispatch
      const start = tensor.offset / 4 + first
      expect(start).toBe(next)
      next += count
      for (const i of [0, Math.floor(count / 3), Math.floor(count / 2), count - 1]) {
        const cell = mask.offset * 8 + locate(dispatch, i)
        expect(cell).toBe(cellOf(start + i, dropout.shape, dropout.noiseShape))
        expect(cell).toBeGreaterThanOrEqual(mask.offset * 8)
        expect(cell).toBeLessThan((mask.offset + mask.size) * 8)
      }
    }
    expect(next).toBe(dropout.elements)
  })
})

describe.each(WALKED)('$shape with noise shape $noiseShape', ({ shape, noiseShape, walk }) => {
  const whole = shape[shape.length - 1] % 16 === 0
  test.each(FORCED)(`is walked by ${walk}, wide where columns are four packets`, (variant) => {
    const expected =
      walk === 'columns' && variant.columnPackets === 4 ? (whole ? 'wideColumns' : 'words') : walk
    const dropout = resolveDropout({ shape, noiseShape, rate: 0.5 })
    expect(planApply(dropout, DEFAULTS, variant)[0].walk).toBe(expected)
    expect(planApply(dropout, TINY, variant).length).toBeGreaterThan(1)
  })
})

test('a range of a tensor is planned from its own start', () => {
  const dropout = resolveDropout({ shape: [10, 1000], noiseShape: [null, 1], rate: 0.5 })
  const [dispatch] = planApply(dropout, DEFAULTS, VARIANTS[0], 4096, 5000)
  expect(dispatch.tensor).toEqual({ offset: 0, size: (5000 - 4096) * 4 })
  expect(locate(dispatch, 0)).toBe(4)
})

test('a mask is planned in whole groups that respect one binding, and only the last may be partly used', () => {
  const dispatches = planMask(20_001, TINY, VARIANTS[0])
  expect(dispatches.map(({ mask }) => mask)).toEqual([
    { offset: 0, size: 1024 },
    { offset: 1024, size: 1024 },
    { offset: 2048, size: 464 },
  ])
  expect(dispatches.map(({ firstGroup, groups, lastCells }) => [firstGroup, groups, lastCells])).toEqual([
    [0, 64, 128],
    [64, 64, 128],
    [128, 29, 20_001 - 156 * 128],
  ])
})

test.each(VARIANTS)('threads of $groupsPerThread groups draw the whole mask', (variant) => {
  for (const { groups, grid } of planMask(20_001, TINY, variant)) {
    const threads = grid[0] * grid[1] * variant.workgroupSize
    expect(threads * variant.groupsPerThread).toBeGreaterThanOrEqual(groups)
  }
})

test('the mask takes a bit for each cell, in whole groups of 16 bytes', () => {
  expect([0, 1, 128, 129, 2 ** 30].map(maskBytes)).toEqual([16, 16, 16, 32, 2 ** 27])
})

test('a mask that no buffer of the device can hold is refused with both sizes', () => {
  expect(() => planMask(2 ** 31, DEFAULTS, VARIANTS[0])).not.toThrow()
  expect(() => planMask(2 ** 31 + 1, DEFAULTS, VARIANTS[0])).toThrow(/268435472 bytes .* 268435456/)
})

test('neighbours whose cells lie further apart than one binding of the mask are refused, with the remedy', () => {
  const dropout = resolveDropout({ shape: [3, 2 ** 33 + 5], noiseShape: [1, null], rate: 0.5 })
  expect(() => planApply(dropout, HUGE, VARIANTS[0])).toThrow(
    /further apart than the 536870912 bytes .* split/,
  )
})

test('an empty tensor takes no dispatch', () => {
  const dropout = resolveDropout({ shape: [3, 0, 2], rate: 0.5 })
  expect(planApply(dropout, DEFAULTS, VARIANTS[0])).toEqual([])
  expect(planMask(0, DEFAULTS, VARIANTS[0])).toEqual([])
})

test.each([
  { promised: 32, used: 256 },
  { promised: 256, used: 256 },
  { promised: 512, used: 512 },
  { promised: 1024, used: 1024 },
])('chunks begin at multiples of $used bytes on a device that asks for $promised', ({ promised, used }) => {
  const limits = { ...TINY, minStorageBufferOffsetAlignment: promised, maxStorageBufferBindingSize: 1536 }
  const starts = [
    ...planMask(20_001, limits, VARIANTS[0]).map(({ mask }) => mask.offset),
    ...SMALL.flatMap((options) =>
      planApply(resolveDropout({ ...options, rate: 0.5 }), limits, VARIANTS[0]).flatMap(
        ({ tensor, mask }) => [tensor.offset, mask.offset],
      ),
    ),
  ]
  const step = Math.floor(1536 / used) * used // the largest binding behind which another can begin
  expect(new Set(starts.map((start) => start % used))).toEqual(new Set([0]))
  expect(planMask(20_001, limits, VARIANTS[0])[1].mask.offset).toBe(step)
})
