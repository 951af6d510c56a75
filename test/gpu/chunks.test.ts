/** Chunks change no bit: passes planned for tiny bindings and few workgroups give what the judge gives. */

import { expect, test } from 'vitest'
import { readCall } from '../../src/options.js'
import { planApply, planMask } from '../../src/plan.js'
import { resolveDropout } from '../../src/resolve.js'
import { createApplyPass } from '../../src/webgpu/apply.js'
import { createMaskPass } from '../../src/webgpu/mask.js'
import { expectSameBits } from '../support/compare'
import { storageUsage, useGpu } from '../support/gpu'
import { input } from '../support/inputs'
import { judgeDropout, judgeMask } from '../support/judge'

const gpu = useGpu()

const CASES = [
  { shape: [5003], noiseShape: null },
  { shape: [7, 300], noiseShape: [null, 1] },
  { shape: [7, 300], noiseShape: [1, null] },
  { shape: [3, 40, 21], noiseShape: [null, 1, null] },
  { shape: [4, 5, 6, 7, 3], noiseShape: [1, null, 1, null, 1] },
  { shape: [4, 5, 6, 7, 3], noiseShape: [null, 1, null, 1, null] },
  { shape: [2501], noiseShape: [1] },
]
const VARIANTS = [1, 2, 4, 8].map((packetsPerThread) => ({ workgroupSize: 64, packetsPerThread }))

test.each(CASES)(
  '$shape with noise shape $noiseShape in bindings of 1 KiB',
  async ({ shape, noiseShape }) => {
    const { device } = gpu
    const draw = { shape, noiseShape, rate: 0.3, seed: 11, stream: 2, call: 5, cellOffset: 77 }
    const dropout = resolveDropout(draw)
    const call = readCall(draw, dropout.cells)
    const limits = {
      maxBufferSize: device.limits.maxBufferSize,
      maxStorageBufferBindingSize: 1024,
      minStorageBufferOffsetAlignment: device.limits.minStorageBufferOffsetAlignment,
      maxComputeWorkgroupsPerDimension: 3,
    }
    const x = input(shape, 1, 'rare')
    const tensor = { buffer: gpu.buffer(x), offset: 0 }

    for (const variant of VARIANTS) {
      const output = { buffer: gpu.buffer(x.byteLength, storageUsage()), offset: 0 }
      const maskPlan = planMask(dropout.cells, limits, variant)
      const applyPlan = planApply(dropout, limits, variant)
      expect(applyPlan.length).toBeGreaterThan(2)
      const mask = createMaskPass(device, dropout, maskPlan, variant, 1)
      const apply = createApplyPass(device, dropout, applyPlan, variant, mask.buffer)
      gpu.submit((encoder) => {
        const place = mask.prepare(encoder, call)
        const pass = encoder.beginComputePass()
        mask.record(pass, place)
        apply.record(pass, tensor, output)
        pass.end()
      })
      const what = `${variant.packetsPerThread} packets per thread`
      const expectedMask = judgeMask(draw)
      expectSameBits((await gpu.read(mask.buffer)).slice(0, expectedMask.length), expectedMask, {
        packed: true,
        what,
      })
      expectSameBits(await gpu.read(output.buffer), judgeDropout(x, draw), { shape, what })
      mask.destroy()
      apply.destroy()
    }
  },
)
