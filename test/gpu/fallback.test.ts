/** Which backend an engine takes, and what becomes of its calls when the GPU goes away. */

import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  createEngine,
  DeviceLostError,
  EngineDestroyedError,
  WebGPUFailureError,
  WebGPUUnavailableError,
} from '../../src/index.js'
import { createDropout } from '../../src/webgpu/index.js'
import { pretendHardware } from '../support/altered-device'
import { expectSameBits, floats } from '../support/compare'
import { storageUsage, useGpu } from '../support/gpu'
import { input } from '../support/inputs'
import { judgeDropout, judgeMask } from '../support/judge'
import { caught } from '../support/refusals'

const gpu = useGpu()

const draw = { shape: [40, 50], noiseShape: [40, 1], rate: 0.5, seed: 4 }
const x = input(draw.shape, 1, 'half')
const expected = judgeDropout(x, draw)

afterEach(() => vi.restoreAllMocks())

describe('where there is a GPU', () => {
  test.each(['auto', 'webgpu', undefined] as const)(
    '%s requests its own device and runs on it',
    async (backend) => {
      pretendHardware()
      const engine = await createEngine({ backend })
      expect(engine.backend).toBe('webgpu')
      expect(engine.fallbackReason).toBeUndefined()
      expect(engine.adapterInfo).toBeInstanceOf(GPUAdapterInfo)
      expectSameBits(await engine.dropout(floats(x), draw), expected, { shape: draw.shape })
      engine.destroy()
    },
  )

  test("'cpu' does not ask for one", async () => {
    const request = vi.spyOn(navigator.gpu, 'requestAdapter')
    const engine = await createEngine({ backend: 'cpu' })
    expect(engine.backend).toBe('cpu')
    expectSameBits(await engine.dropout(floats(x), draw), expected, { shape: draw.shape })
    expect(request).not.toHaveBeenCalled()
    engine.destroy()
  })

  test('its own device has the adapter’s limits for tensor sizes', async () => {
    const adapter = (await navigator.gpu.requestAdapter()) as GPUAdapter
    const request = vi.spyOn(GPUAdapter.prototype, 'requestDevice')
    const engine = await createEngine({ backend: 'webgpu' })
    const device = (await request.mock.results[0].value) as GPUDevice
    expect(device.limits.maxBufferSize).toBe(adapter.limits.maxBufferSize)
    expect(device.limits.maxStorageBufferBindingSize).toBe(adapter.limits.maxStorageBufferBindingSize)
    engine.destroy()
    expect((await device.lost).reason, 'its own device goes with the engine').toBe('destroyed')
  })

  test("the user's device is used as it is, and outlives the engine", async () => {
    const request = vi.spyOn(navigator.gpu, 'requestAdapter')
    const device = await gpu.anotherDevice()
    request.mockClear()
    const engine = await createEngine({ device })
    expect(engine.backend).toBe('webgpu')
    expect(request).not.toHaveBeenCalled()
    await engine.dropout(floats(x), draw)
    engine.destroy()
    const lost = await Promise.race([
      device.lost.then(() => true),
      device.queue.onSubmittedWorkDone().then(() => false),
    ])
    expect(lost).toBe(false)
  })
})

describe('where the only adapter is software', () => {
  test("'auto' uses the CPU, which is faster, and says how to have it otherwise", async () => {
    const engine = await createEngine({ backend: 'auto' })
    expect(engine.backend).toBe('cpu')
    expect(engine.fallbackReason).toMatch(/software.*backend: 'webgpu'/)
    expectSameBits(await engine.dropout(floats(x), draw), expected, { shape: draw.shape })
    engine.destroy()
  })

  test("'webgpu' runs on it", async () => {
    const engine = await createEngine({ backend: 'webgpu' })
    expect(engine.backend).toBe('webgpu')
    expectSameBits(await engine.dropout(floats(x), draw), expected, { shape: draw.shape })
    engine.destroy()
  })
})

describe('where there is no adapter', () => {
  test("'auto' uses the CPU, says why, and gives the same bits", async () => {
    vi.spyOn(navigator.gpu, 'requestAdapter').mockResolvedValue(null)
    const engine = await createEngine({ backend: 'auto' })
    expect(engine.backend).toBe('cpu')
    expect(engine.fallbackReason).toMatch(/adapter/)
    expect(engine.adapterInfo).toBeUndefined()
    expectSameBits(await engine.dropout(floats(x), draw), expected, { shape: draw.shape })
    engine.destroy()
  })

  test("'webgpu' throws WebGPUUnavailableError", async () => {
    vi.spyOn(navigator.gpu, 'requestAdapter').mockResolvedValue(null)
    const error = await caught(() => createEngine({ backend: 'webgpu' }))
    expect(error).toBeInstanceOf(WebGPUUnavailableError)
    expect(error.message).toMatch(/adapter/)
  })
})

describe('when the device is lost', () => {
  test("an 'auto' engine goes on on the CPU with the same bits, and says why", async () => {
    const device = await gpu.anotherDevice()
    const engine = await createEngine({ backend: 'auto', device })
    expectSameBits(await engine.dropout(floats(x), draw), expected, { shape: draw.shape, what: 'before' })
    device.destroy()
    expectSameBits(await engine.dropout(floats(x), draw), expected, { shape: draw.shape, what: 'after' })
    expectSameBits(await engine.mask(draw), judgeMask(draw), { packed: true })
    expect(engine.backend).toBe('cpu')
    expect(engine.fallbackReason).toMatch(/lost/)
  })

  test("calls of an 'auto' engine that are under way finish on the CPU with the same bits", async () => {
    const device = await gpu.anotherDevice()
    const engine = await createEngine({ backend: 'auto', device })
    const pending = [engine.dropout(floats(x), draw), engine.dropout(floats(x), { ...draw, seed: 5 })]
    const mask = engine.mask(draw)
    device.destroy()
    expectSameBits(await pending[0], expected, { shape: draw.shape })
    expectSameBits(await pending[1], judgeDropout(x, { ...draw, seed: 5 }), { shape: draw.shape })
    expectSameBits(await mask, judgeMask(draw), { packed: true })
  })

  test("a 'webgpu' engine rejects pending and later calls with DeviceLostError", async () => {
    const device = await gpu.anotherDevice()
    const engine = await createEngine({ backend: 'webgpu', device })
    const pending = caught(() => engine.dropout(floats(x), draw))
    const pendingMask = caught(() => engine.mask(draw))
    device.destroy()
    for (const error of [await pending, await pendingMask, await caught(() => engine.noise(draw))]) {
      expect(error).toBeInstanceOf(DeviceLostError)
      expect(error.name).toBe('DeviceLostError')
      expect(error.message).toMatch(/lost.*destroyed/s)
    }
    expect(engine.backend).toBe('webgpu')
    expect(engine.fallbackReason).toBeUndefined()
  })

  test('a device that was lost before the engine was created counts as no GPU', async () => {
    const device = await gpu.anotherDevice()
    device.destroy()
    await device.lost
    const auto = await createEngine({ backend: 'auto', device })
    expectSameBits(await auto.dropout(floats(x), draw), expected, { shape: draw.shape })
    expect(auto.backend).toBe('cpu')
    const strict = await createEngine({ backend: 'webgpu', device })
    expect(await caught(() => strict.dropout(floats(x), draw))).toBeInstanceOf(DeviceLostError)
  })

  test('a wrong argument is still an argument error', async () => {
    const device = await gpu.anotherDevice()
    const engine = await createEngine({ backend: 'webgpu', device })
    device.destroy()
    await device.lost
    expect(await caught(() => engine.dropout(floats(x), { ...draw, rate: 2 }))).toBeInstanceOf(RangeError)
  })
})

describe('when the engine is destroyed', () => {
  test('pending and later calls reject with a clear error', async () => {
    const engine = await createEngine({ backend: 'webgpu', device: gpu.device })
    const pending = caught(() => engine.dropout(floats(x), draw))
    engine.destroy()
    engine.destroy()
    for (const error of [await pending, await caught(() => engine.mask(draw))]) {
      expect(error).toBeInstanceOf(EngineDestroyedError)
      expect(error.message).toMatch(/destroyed/)
    }
  })

  test("an 'auto' engine with its own device does not take that for a loss", async () => {
    pretendHardware()
    const engine = await createEngine({ backend: 'auto' })
    const pending = caught(() => engine.dropout(floats(x), draw))
    engine.destroy()
    expect(await pending).toBeInstanceOf(EngineDestroyedError)
    expect(await caught(() => engine.dropout(floats(x), draw))).toBeInstanceOf(EngineDestroyedError)
  })

  test('another engine on the same device is not touched', async () => {
    const first = await createEngine({ device: gpu.device })
    const second = await createEngine({ device: gpu.device })
    await first.dropout(floats(x), draw)
    first.destroy()
    expectSameBits(await second.dropout(floats(x), draw), expected, { shape: draw.shape })
    second.destroy()
  })
})

describe('when the device refuses', () => {
  /** Every buffer that is not filled at its creation becomes larger than the device allows. */
  const refuseBuffers = (device: GPUDevice) => {
    const create = device.createBuffer.bind(device)
    const tooLarge = { size: device.limits.maxBufferSize + 4 }
    device.createBuffer = (wanted) => create({ ...wanted, ...tooLarge })
  }

  test('a call rejects with WebGPUFailureError, the cause and the label, and no error reaches the device', async () => {
    const device = await gpu.anotherDevice()
    const uncaptured = vi.fn()
    device.addEventListener('uncapturederror', uncaptured)
    const engine = await createEngine({ backend: 'webgpu', device })
    refuseBuffers(device)
    const errors = [
      await caught(() => engine.dropout(floats(x), draw)),
      await caught(() => engine.mask(draw)),
    ]
    for (const error of errors) {
      expect(error).toBeInstanceOf(WebGPUFailureError)
      expect(error.message).toMatch(/noiseshape\//)
      expect(error.cause).toBeInstanceOf(GPUError)
    }
    await device.queue.onSubmittedWorkDone()
    expect(uncaptured).not.toHaveBeenCalled()
  })

  test('an op is not ready, and its calls are refused, with the same error', async () => {
    const device = await gpu.anotherDevice()
    const uncaptured = vi.fn()
    device.addEventListener('uncapturederror', uncaptured)
    const tensor = device.createBuffer({ size: x.byteLength, usage: storageUsage() })
    refuseBuffers(device)
    const { seed, ...layer } = draw
    const op = createDropout(device, layer)
    const error = await caught(() => op.ready)
    expect(error).toBeInstanceOf(WebGPUFailureError)
    expect(error.cause).toBeInstanceOf(GPUError)
    await device.queue.onSubmittedWorkDone()
    expect(uncaptured).not.toHaveBeenCalled()
    const call = op.encode(device.createCommandEncoder(), { input: tensor, output: tensor }, { seed })
    expect(await caught(() => call)).toBe(error)
  })
})
