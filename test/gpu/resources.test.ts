/** What the library makes on a device: how it is called, how long it lives, and how often it is compiled. */

import { afterEach, describe, expect, test, vi } from 'vitest'
import { createEngine } from '../../src/index.js'
import { createDropout } from '../../src/webgpu/index.js'
import { floats } from '../support/compare'
import { useGpu } from '../support/gpu'
import { input } from '../support/inputs'

const gpu = useGpu()

const layer = { shape: [40, 51], noiseShape: [40, 1], rate: 0.5 }
const draw = { ...layer, seed: 4 }
const x = input(draw.shape, 1)

afterEach(() => vi.restoreAllMocks())

describe('buffers', () => {
  test('an engine has destroyed everything it created when a call is done', async () => {
    const engine = await createEngine({ device: gpu.device })
    const before = gpu.liveBuffers()
    await engine.dropout(floats(x), draw)
    await engine.mask(draw)
    await engine.noise(draw)
    engine.destroy()
    expect(gpu.liveBuffers()).toBe(before)
  })

  test('after destroy an op has destroyed everything it created, and nothing of the user’s', async () => {
    const [source, output] = [gpu.buffer(x), gpu.buffer(x.byteLength)]
    const before = gpu.liveBuffers()
    const op = createDropout(gpu.device, layer)
    expect(gpu.liveBuffers()).toBeGreaterThan(before)
    gpu.submit((encoder) => op.encode(encoder, { input: source, output }, { seed: 1 }))
    await gpu.device.queue.onSubmittedWorkDone()
    op.destroy()
    expect(gpu.liveBuffers()).toBe(before)
    await gpu.read(source)
    await gpu.read(output)
  })
})

describe('compilation', () => {
  test('nothing is compiled again for another shape, rate, seed, op or engine, once each walk was compiled', async () => {
    const run = async (shape: number[], noiseShape: number[] | undefined, rate: number, seed: number) => {
      const op = createDropout(gpu.device, { shape, noiseShape, rate })
      const bytes = 4 * shape.reduce((a, b) => a * b)
      const [source, output] = [gpu.buffer(bytes), gpu.buffer(bytes)]
      gpu.submit((encoder) => {
        op.encode(encoder, { input: source, output }, { seed })
        op.encode(encoder, { input: source, output: source }, { seed })
      })
      op.destroy()
      const engine = await createEngine({ device: gpu.device })
      await engine.dropout(new Float32Array(bytes / 4), { shape, noiseShape, rate, seed })
      engine.destroy()
    }
    await run([40, 51], undefined, 0.5, 1)
    await run([40, 51], [40, 1], 0.5, 1)
    await run([40, 51], [1, 51], 0.5, 1)
    await run([7, 5, 3], [7, 1, 3], 0.5, 1)
    await run([7, 5, 3], [7, 5, 1], 0.5, 1)
    await run([7, 5, 8], [7, 1, 8], 0.5, 1)
    await run([7, 5, 16], [7, 1, 16], 0.5, 1)
    const compilers = [
      vi.spyOn(gpu.device, 'createShaderModule'),
      vi.spyOn(gpu.device, 'createComputePipeline'),
      vi.spyOn(gpu.device, 'createComputePipelineAsync'),
    ]
    await run([39, 53], undefined, 0.25, 2)
    await run([1, 2, 3, 4, 5, 7], [1, 2, 1, 4, 5, 1], 0.9, 3)
    await run([4001, 3], [4001, 1], 0.001, 4)
    await run([3, 401], [1, 401], 1, 5)
    await run([3, 400], [1, 400], 1, 5)
    for (const compiler of compilers) expect(compiler).not.toHaveBeenCalled()
  })
})

describe('labels', () => {
  test('everything created on the device is labelled noiseshape/<stage>/<object>', async () => {
    const device = await gpu.anotherDevice()
    const makers = [
      'createBuffer',
      'createBindGroup',
      'createBindGroupLayout',
      'createPipelineLayout',
      'createShaderModule',
      'createComputePipeline',
      'createCommandEncoder',
    ] as const
    const spies = makers.map((maker) => vi.spyOn(device, maker))
    const passes = vi.spyOn(GPUCommandEncoder.prototype, 'beginComputePass')
    const engine = await createEngine({ device })
    await engine.dropout(floats(x), draw)
    await engine.mask(draw)
    const descriptors = [...spies, passes].flatMap((spy) => spy.mock.calls.map(([descriptor]) => descriptor))
    expect(descriptors.length).toBeGreaterThan(10)
    for (const descriptor of descriptors) {
      expect(descriptor?.label).toMatch(/^noiseshape\/[a-z_]+\/[a-z_]+$/)
    }
    engine.destroy()
  })

  test('no listener for uncaptured errors is added to the user’s device', async () => {
    const device = await gpu.anotherDevice()
    const listen = vi.spyOn(device, 'addEventListener')
    const engine = await createEngine({ device })
    await engine.dropout(floats(x), draw)
    engine.destroy()
    createDropout(device, layer).destroy()
    expect(listen).not.toHaveBeenCalled()
    expect(device.onuncapturederror).toBeNull()
  })
})
