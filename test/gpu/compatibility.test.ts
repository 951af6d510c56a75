/** WebGPU's compatibility mode, which is all that older graphics chips have: smaller limits, the same bits. */

import { createEngine, type Engine } from 'noiseshape'
import { monteCarlo } from 'noiseshape/monte-carlo'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { buffersOn } from '../support/buffers'
import { checkEngine, checkOp, LAYERS } from '../support/small-limits'

let engine: Engine
let device: GPUDevice
const errors: string[] = []

beforeEach(async () => {
  const request = navigator.gpu.requestAdapter.bind(navigator.gpu)
  vi.spyOn(navigator.gpu, 'requestAdapter').mockImplementation(async (options) =>
    options?.featureLevel === 'compatibility' ? request(options) : null,
  )
  engine = await createEngine({ backend: 'webgpu' })
  device = engine.device as GPUDevice
  device.addEventListener('uncapturederror', ({ error }) => errors.push(error.message))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await device.queue.onSubmittedWorkDone()
  engine.destroy()
  expect(errors.splice(0)).toEqual([])
})

const kernelOf = (invocations: number) => ({
  layout: 'auto' as const,
  compute: {
    module: device.createShaderModule({
      code: `@compute @workgroup_size(${invocations}) fn nothing() {}`,
    }),
  },
})

test('is taken where there is no other adapter, and its limits are in force', async () => {
  expect(device.limits.maxComputeInvocationsPerWorkgroup).toBe(128)
  expect(device.limits.maxComputeWorkgroupSizeX).toBe(128)
  expect(device.features.has('core-features-and-limits')).toBe(false)
  await device.createComputePipelineAsync(kernelOf(128))
  await expect(device.createComputePipelineAsync(kernelOf(129))).rejects.toThrow()
})

describe('gives the bits of the judge', () => {
  test.each(LAYERS.filter((_, i) => i % 4 === 0))('engine: $name, $shape', (layer) =>
    checkEngine(device, {}, layer),
  )
  test.each(LAYERS.filter((_, i) => i % 4 === 3))('op: $name, $shape', (layer) => checkOp(device, {}, layer))
})

test('computes the statistics of Monte Carlo dropout on the device', async () => {
  const gpu = buffersOn(() => device)
  const outputs = [1, 2, 3, 6].map((value) =>
    gpu.buffer(new Uint32Array(new Float32Array([value, 2]).buffer)),
  )
  const options = { samples: 4, seed: 1, forward: ({ step }: { step: number }) => outputs[step] }
  const { mean, variance } = await monteCarlo(engine, options)
  expect([...mean]).toEqual([3, 2])
  expect(variance[0]).toBeCloseTo(3.5, 5)
  expect(variance[1]).toBe(0)
})
