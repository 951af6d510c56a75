/**
 * Tensors above one binding and grids above the largest dispatch, at a size a test can afford: the device says that
 * it has tiny limits. Chunking never changes a bit.
 */

import { beforeEach, describe, expect, test } from 'vitest'
import { createEngine } from '../../src/index.js'
import { createDropout } from '../../src/webgpu/index.js'
import { expectSameBits, floats } from '../support/compare'
import { claimLimits } from '../support/disfigured'
import { storageUsage, useGpu } from '../support/gpu'
import { input } from '../support/inputs'
import { type Draw, judgeDropout, judgeMask } from '../support/judge'

const gpu = useGpu()

const TIGHT: Record<string, number>[] = [
  { maxStorageBufferBindingSize: 4096 },
  { maxStorageBufferBindingSize: 4100 },
  { maxComputeWorkgroupsPerDimension: 2 },
  { maxStorageBufferBindingSize: 8192, maxComputeWorkgroupsPerDimension: 3 },
]

const LAYERS: { name: string; shape: number[]; noiseShape?: number[] }[] = [
  { name: 'elementwise', shape: [20_003] },
  { name: 'one flag per inner run', shape: [3, 7, 1001], noiseShape: [3, 7, 1] },
  { name: 'flags along the inner dim', shape: [30, 701], noiseShape: [1, 701] },
  { name: 'SpatialDropout1D', shape: [5, 40, 101], noiseShape: [5, 1, 101] },
  { name: 'alternating dims', shape: [6, 7, 5, 9, 11], noiseShape: [1, 7, 1, 9, 1] },
  { name: 'one flag for all', shape: [20_001], noiseShape: [1] },
  { name: 'more cells in a row than elements in a binding', shape: [3, 5003], noiseShape: [1, 5003] },
]

const call = { rate: 0.3, seed: 3, stream: 1, call: 2, cellOffset: 77 }

describe.each(TIGHT)('with %o', (limits) => {
  let device: GPUDevice

  beforeEach(async () => {
    device = await gpu.anotherDevice()
    claimLimits(device, limits)
    for (const filter of ['internal', 'out-of-memory', 'validation'] as const) device.pushErrorScope(filter)
  })

  const expectNoError = async () => {
    for (let i = 0; i < 3; i++) expect((await device.popErrorScope())?.message).toBeUndefined()
  }

  test.each(LAYERS)('an engine gives the bits of the judge: $name, $shape', async ({ shape, noiseShape }) => {
    const draw: Draw = { shape, noiseShape, ...call }
    const x = input(shape, 1, 'rare')
    const engine = await createEngine({ backend: 'webgpu', device })
    expectSameBits(await engine.dropout(floats(x), draw), judgeDropout(x, draw), { shape })
    expectSameBits(await engine.mask(draw), judgeMask(draw), { packed: true })
    engine.destroy()
    await expectNoError()
  })

  test.each(LAYERS)('an op gives the bits of the judge: $name, $shape', async ({ shape, noiseShape }) => {
    const { rate, ...options } = call
    const x = input(shape, 2, 'rare')
    const size = x.byteLength
    const op = createDropout(device, { shape, noiseShape, rate })
    const source = device.createBuffer({ size, usage: storageUsage() })
    const output = device.createBuffer({ size, usage: storageUsage() })
    const readable = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST
    const staging = device.createBuffer({ size: 2 * size, usage: readable })
    device.queue.writeBuffer(source, 0, x as Uint32Array<ArrayBuffer>)
    const encoder = device.createCommandEncoder()
    op.encode(encoder, { input: source, output }, options)
    op.encode(encoder, { input: source, output: source }, { ...options, reuseMask: true })
    encoder.copyBufferToBuffer(output, 0, staging, 0, size)
    encoder.copyBufferToBuffer(source, 0, staging, size, size)
    device.queue.submit([encoder.finish()])
    await staging.mapAsync(GPUMapMode.READ)
    const got = new Uint32Array(staging.getMappedRange().slice(0))
    const expected = judgeDropout(x, { shape, noiseShape, ...call })
    expectSameBits(got.subarray(0, x.length), expected, { shape, what: 'out of place' })
    expectSameBits(got.subarray(x.length), expected, { shape, what: 'in place' })
    op.destroy()
    await expectNoError()
  })
})
