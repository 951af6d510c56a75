/** How a plan divides the apply pass among threads, by the rules that its comments give. */

import { describe, expect, test } from 'vitest'
import { type PlanLimits, planApply, planMask, type Tuning } from '../../src/plan.js'
import { resolveDropout } from '../../src/resolve.js'

const LIMITS: PlanLimits = {
  maxBufferSize: 2 ** 28,
  maxStorageBufferBindingSize: 2 ** 27,
  minStorageBufferOffsetAlignment: 256,
  maxComputeWorkgroupsPerDimension: 65535,
}
const TUNING: Tuning = {
  workgroupSize: 64,
  groupsPerThread: 4,
  packetsPerThread: { rows: 512, columns: 128 },
  fewestThreads: 128,
  fewestPackets: 1,
  columnPackets: 1,
  mostTurns: Number.POSITIVE_INFINITY,
  longestRow: 1024,
  trusting: false,
  rotation: 'shift',
}

const plan = (
  shape: number[],
  noiseShape: (number | null)[] | null,
  tuning: Partial<Tuning> = {},
  limits = LIMITS,
) => planApply(resolveDropout({ shape, noiseShape, rate: 0.5 }), limits, { ...TUNING, ...tuning })

describe('packets per thread', () => {
  // n / 4 packets, shared by 128 threads: whole words of 8 packets each, and at most 512.
  test.each([
    [1_000_000, 512],
    [4 * 128 * 512, 512],
    [4 * 128 * 504, 504],
    [4 * 128 * 504 - 4, 504],
    [4 * 128 * 496, 496],
    [4 * 128 * 8 + 4, 16],
    [4 * 128 * 8, 8],
    [4000, 8],
    [4, 8],
  ])('of a row of %s elements: %s', (elements, packets) => {
    expect(plan([elements], null)[0].packetsPerThread).toBe(packets)
  })

  test('are not fewer than a thread is worth', () => {
    const packets = (elements: number) => plan([elements], null, { fewestPackets: 64 })[0].packetsPerThread
    expect([4, 4 * 128 * 8, 4 * 128 * 64, 4 * 128 * 64 + 4].map(packets)).toEqual([64, 64, 64, 72])
  })

  test('a tuning of at most 8 stays as it is', () => {
    expect(plan([400], null, { packetsPerThread: { rows: 8, columns: 8 } })[0].packetsPerThread).toBe(8)
    expect(plan([400], null, { packetsPerThread: { rows: 2, columns: 8 } })[0].packetsPerThread).toBe(2)
  })

  test('rows and columns have numbers of their own', () => {
    expect(plan([64, 4096, 512], [null, 1, null])[0].packetsPerThread).toBe(128)
    expect(plan([64, 4096, 2048], [null, 1, null])[0].packetsPerThread).toBe(512)
  })
})

describe('threads', () => {
  const threads = ({ grid }: { grid: readonly [number, number] }) => grid[0] * grid[1] * 64

  test('along rows: one for each group of packets, in whole workgroups', () => {
    const [dispatch] = plan([4 * 512 * 64 * 3], null)
    expect(dispatch.packetsPerThread).toBe(512)
    expect(threads(dispatch)).toBe(64 * 3)
    expect(threads(plan([4 * 512 * 64 * 3 + 4], null)[0])).toBe(64 * 4)
  })

  test('the last elements, fewer than a packet, have a thread each', () => {
    const [, tail] = plan([4 * 512 * 128 + 3], null)
    expect(tail).toMatchObject({ width: 1, count: 3, packetsPerThread: 1, grid: [1, 1] })
  })

  test.each([
    [1, 128],
    [4, 128],
  ] as const)(
    'down columns of %s packets: each strip of rows of each column has one',
    (columnPackets, packets) => {
      // 16 blocks of 1000 rows of 256 elements: 64 packets across.
      const [dispatch] = plan([16, 1000, 256], [null, 1, null], { columnPackets })
      const strips = Math.ceil(1000 / (packets / columnPackets))
      expect(dispatch).toMatchObject({
        walk: columnPackets === 1 ? 'columns' : 'wideColumns',
        packetsPerThread: packets,
        blocks: { columns: 64, rows: 1000, strips },
      })
      const needed = 16 * strips * (64 / columnPackets)
      expect(threads(dispatch)).toBe(64 * Math.ceil(needed / 64))
    },
  )

  test('more workgroups than a row of the grid holds are spread evenly over rows', () => {
    const limits = { ...LIMITS, maxComputeWorkgroupsPerDimension: 10 }
    const tuning = { packetsPerThread: { rows: 1, columns: 1 } }
    expect(plan([4 * 64 * 10], null, tuning, limits)[0].grid).toEqual([10, 1])
    expect(plan([4 * 64 * 10 + 4], null, tuning, limits)[0].grid).toEqual([6, 2])
    expect(plan([4 * 64 * 25], null, tuning, limits)[0].grid).toEqual([9, 3])
  })

  test('of the mask: one for each four groups', () => {
    const [dispatch] = planMask(128 * 4 * 64 * 2, LIMITS, TUNING)
    expect(dispatch.grid).toEqual([2, 1])
    expect(planMask(128 * 4 * 64 * 2 + 1, LIMITS, TUNING)[0].grid).toEqual([3, 1])
  })

  test('of a small mask: fewer groups, so that there are enough threads', () => {
    const tuning = { ...TUNING, groupsPerThread: 64, fewestThreads: 32 }
    const groupsPerThread = (groups: number) => planMask(128 * groups, LIMITS, tuning)[0].groupsPerThread
    expect([1, 32, 33, 192, 64 * 32, 10_000].map(groupsPerThread)).toEqual([1, 1, 2, 6, 64, 64])
    expect(planMask(128 * 192, LIMITS, { ...tuning, workgroupSize: 8 })[0].grid).toEqual([4, 1])
  })
})

describe('column walks are for rows', () => {
  const walk = (...options: Parameters<typeof plan>) => plan(...options)[0].walk

  test('that share their flags, and are no longer than the longest', () => {
    expect(walk([8, 50, 1024], [null, 1, null])).toBe('columns')
    expect(walk([8, 50, 1028], [null, 1, null])).toBe('words')
    expect(walk([8, 50, 1024], [null, null, null])).toBe('words')
    expect(walk([8, 50, 1024], [null, 1, 1])).toBe('runs')
    expect(walk([1024], [null])).toBe('words')
  })

  test('of whole packets, or of whole columns where those are wider', () => {
    expect(walk([8, 50, 12], [null, 1, null])).toBe('columns')
    expect(walk([8, 50, 10], [null, 1, null])).toBe('words')
    expect(walk([8, 50, 16], [null, 1, null], { columnPackets: 4 })).toBe('wideColumns')
    expect(walk([8, 50, 12], [null, 1, null], { columnPackets: 4 })).toBe('words')
  })

  test('of whole blocks: chunks are cut between blocks where one fits into a binding', () => {
    const small = { ...LIMITS, maxStorageBufferBindingSize: 2 ** 16 } // 16,384 elements
    const fits = plan([8, 64, 128], [null, 1, null], {}, small) // blocks of 8,192
    expect(fits.map(({ walk: each, count }) => [each, count])).toEqual(new Array(4).fill(['columns', 16_384]))
    const uneven = plan([8, 48, 128], [null, 1, null], {}, small) // blocks of 6,144: two of them in a binding
    expect(uneven.map(({ count }) => count)).toEqual([12_288, 12_288, 12_288, 12_288])
    const tooLarge = plan([8, 256, 128], [null, 1, null], {}, small) // blocks of 32,768
    expect(new Set(tooLarge.map(({ walk: each }) => each))).toEqual(new Set(['words']))
    expect(tooLarge[0].count).toBe(16_384)
  })

  test('blocks that no alignment divides are doubled until one does', () => {
    const small = { ...LIMITS, maxStorageBufferBindingSize: 2 ** 12 } // 1,024 elements, aligned to 64
    const chunks = plan([40, 2, 16], [null, 1, null], {}, small) // blocks of 32: two of them
    expect(chunks.map(({ walk: each, count }) => [each, count])).toEqual([
      ['columns', 1024],
      ['columns', 256],
    ])
  })
})
