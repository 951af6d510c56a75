/** How work is cut changes no bit: every variant of both passes, forced, in one piece and in many small chunks. */

import { describe, expect, test } from 'vitest'
import { readCall } from '../../src/options.js'
import { type PlanLimits, planApply, planMask, type Variant, type Walk } from '../../src/plan.js'
import { resolveDropout } from '../../src/resolve.js'
import { createApplyPass } from '../../src/webgpu/apply.js'
import { createMaskPass } from '../../src/webgpu/mask.js'
import { expectSameBits } from '../support/compare'
import { storageUsage, useGpu } from '../support/gpu'
import { input, type Oddness } from '../support/inputs'
import { judgeDropout, judgeMask } from '../support/judge'

const gpu = useGpu()

/** With the walk that a plan should choose for the tensor in one piece; `columns` are wide ones where they may be. */
const CASES = [
  { shape: [5003], noiseShape: null, walk: 'words' },
  { shape: [7, 300], noiseShape: [null, 1], walk: 'runs' },
  { shape: [6, 5, 13, 13], noiseShape: [null, null, 1, 1], walk: 'runs' },
  { shape: [2501], noiseShape: [1], walk: 'runs' },
  { shape: [300, 7], noiseShape: [null, 1], walk: 'runs' },
  { shape: [301, 3], noiseShape: [null, 1], walk: 'runs' },
  { shape: [7, 300], noiseShape: [1, null], walk: 'columns' },
  { shape: [3, 40, 20], noiseShape: [null, 1, null], walk: 'columns' },
  { shape: [3, 40, 21], noiseShape: [null, 1, null], walk: 'words' },
  { shape: [2, 300, 4], noiseShape: [null, 1, null], walk: 'columns' },
  { shape: [2, 70, 48], noiseShape: [null, 1, null], walk: 'columns' },
  { shape: [33, 16], noiseShape: [1, null], walk: 'columns' },
  { shape: [4, 5, 6, 7, 3], noiseShape: [1, null, 1, null, 1], walk: 'runs' },
  { shape: [4, 5, 6, 7, 8], noiseShape: [null, 1, null, 1, null], walk: 'columns' },
  { shape: [4, 5, 6, 17], noiseShape: [1, null, 1, null], walk: 'words' },
  { shape: [4, 5, 6, 17], noiseShape: [null, 1, null, 1], walk: 'runs' },
] as const

const VARIANTS: Variant[] = [1, 8, 32, 512].flatMap((packets) =>
  [false, true].map((trusting) => ({
    workgroupSize: packets === 32 ? 32 : 64,
    groupsPerThread: packets === 8 ? 3 : packets,
    packetsPerThread: { rows: packets, columns: packets },
    columnPackets: packets === 1 || packets === 32 ? 1 : 4,
    longestRow: 1000,
    trusting,
    rotation: trusting ? 'float' : 'shift',
  })),
)

function walkWith({ columnPackets }: Variant, walk: Walk, shape: readonly number[]): Walk {
  if (walk !== 'columns' || columnPackets === 1) return walk
  return shape[shape.length - 1] % 16 === 0 ? 'wideColumns' : 'words'
}

describe.each(CASES)('$shape with noise shape $noiseShape', ({ shape, noiseShape, walk }) => {
  const draw = { shape, noiseShape, rate: 0.3, seed: 11, stream: 2, call: 5, cellOffset: 77 }
  const dropout = resolveDropout(draw)

  async function check(limits: PlanLimits, oddness: Oddness, inPlace: boolean) {
    const x = input(shape, 1, oddness)
    const expectedMask = judgeMask(draw)
    const expected = judgeDropout(x, draw)
    for (const variant of VARIANTS) {
      const tensor = { buffer: gpu.buffer(x), offset: 0 }
      const output = inPlace ? tensor : { buffer: gpu.buffer(x.byteLength, storageUsage()), offset: 0 }
      const maskPlan = planMask(dropout.cells, limits, variant)
      const applyPlan = planApply(dropout, limits, variant)
      const mask = createMaskPass(gpu.device, dropout, maskPlan, variant, 1)
      const apply = createApplyPass(gpu.device, dropout, applyPlan, variant, mask.buffer)
      gpu.submit((encoder) => {
        const place = mask.prepare(encoder, readCall(draw, dropout.cells))
        const pass = encoder.beginComputePass()
        mask.record(pass, place)
        apply.record(pass, apply.bind(tensor, output))
        pass.end()
      })
      const what = JSON.stringify(variant)
      const words = (await gpu.read(mask.buffer)).slice(0, expectedMask.length)
      expectSameBits(words, expectedMask, { packed: true, what })
      expectSameBits(await gpu.read(output.buffer), expected, { shape, what })
      mask.destroy()
      apply.destroy()
    }
  }

  test(`in one piece, by the walk for ${walk}`, async () => {
    for (const variant of VARIANTS) {
      const expected = walkWith(variant, walk, shape)
      expect(planApply(dropout, gpu.device.limits, variant)[0].walk).toBe(expected)
    }
    await check(gpu.device.limits, 'none', false)
  })

  test('in one piece, with odd values among the ordinary', () => check(gpu.device.limits, 'rare', false))

  test('in place, with odd values', () => check(gpu.device.limits, 'half', true))

  test('in chunks of 1 KiB and grids of 3 workgroups a side', () => {
    const limits = {
      maxBufferSize: gpu.device.limits.maxBufferSize,
      maxStorageBufferBindingSize: 1024,
      minStorageBufferOffsetAlignment: gpu.device.limits.minStorageBufferOffsetAlignment,
      maxComputeWorkgroupsPerDimension: 3,
    }
    expect(planApply(dropout, limits, VARIANTS[0]).length).toBeGreaterThan(1)
    return check(limits, 'rare', false)
  })
})
