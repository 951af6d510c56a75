/** What goes wrong on a GPU beside a wrong argument: it is lost at the worst moment, comes back, or has no memory left. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  createEngine,
  DeviceLostError,
  type Engine,
  EngineDestroyedError,
  WebGPUFailureError,
} from '../../src/index.js'
import { monteCarlo } from '../../src/monte-carlo/index.js'
import { createDropout } from '../../src/webgpu/index.js'
import { claimLimits, pretendHardware } from '../support/altered-device'
import { bounded } from '../support/bounded'
import { expectSameBits, floats } from '../support/compare'
import { storageUsage, useGpu } from '../support/gpu'
import { input } from '../support/inputs'
import { judgeDropout, judgeMask } from '../support/judge'
import { caught } from '../support/refusals'

const gpu = useGpu()

const draw = { shape: [40, 53], noiseShape: [40, 1], rate: 0.5, seed: 4, stream: 2, step: 9 }
const x = input(draw.shape, 1, 'half')
const expected = judgeDropout(x, draw)

afterEach(() => vi.restoreAllMocks())

async function expectRightBits(engine: Engine) {
  expectSameBits(await bounded(engine.dropout(floats(x), draw)), expected, { shape: draw.shape })
  expectSameBits(await bounded(engine.mask(draw)), judgeMask(draw), { packed: true })
}

/** When a device may go, and how a test makes it go then. */
const MOMENTS: { name: string; arrange: (device: GPUDevice) => void }[] = [
  { name: 'before the call', arrange: (device) => device.destroy() },
  { name: 'while buffers are made', arrange: (device) => destroyAfter(device, device, 'createBuffer', 2) },
  { name: 'while it is recorded', arrange: (device) => destroyAfter(device, device, 'createCommandEncoder') },
  { name: 'when it is submitted', arrange: (device) => destroyAfter(device, device.queue, 'submit') },
  {
    name: 'while it is read back',
    arrange: (device) => destroyAfter(device, GPUBuffer.prototype, 'mapAsync'),
  },
  {
    name: 'when it is read back, before the next slab',
    arrange: (device) => destroyAfter(device, GPUBuffer.prototype, 'unmap', 2),
  },
]

/** Destroys the device right after a method was called so often. */
function destroyAfter<M extends string>(
  device: GPUDevice,
  object: Record<M, (...args: never[]) => unknown>,
  method: M,
  times = 1,
) {
  const real = object[method]
  let calls = 0
  vi.spyOn(object as Record<string, (...args: unknown[]) => unknown>, method).mockImplementation(function (
    this: unknown,
    ...args
  ) {
    const result = real.apply(this, args as never[])
    if (++calls === times) device.destroy()
    return result
  })
}

describe.each(MOMENTS)('a device that is lost $name', ({ arrange }) => {
  let device: GPUDevice

  beforeEach(async () => {
    device = await gpu.anotherDevice()
    claimLimits(device, { maxBufferSize: 4096 }) // less than the tensor, which then goes through in three slabs
  })

  test("an 'auto' engine finishes the call on the CPU with the same bits", async () => {
    const engine = await createEngine({ backend: 'auto', device })
    arrange(device)
    await expectRightBits(engine)
    await bounded(device.lost, 'the news of the loss')
    expect(engine.backend).toBe('cpu')
    expect(engine.fallbackReason).toMatch(/lost.*destroyed/s)
    await expectRightBits(engine)
  })

  test("a 'webgpu' engine rejects it and every later one with DeviceLostError", async () => {
    const engine = await createEngine({ backend: 'webgpu', device })
    arrange(device)
    const calls = [
      () => engine.dropout(floats(x), draw),
      () => engine.mask(draw),
      () => engine.noise(draw),
      () => engine.spatialDropout1D(new Float32Array(6), { shape: [1, 2, 3], rate: 0.5, seed: 1 }),
    ]
    for (const call of calls) expect(await bounded(caught(call))).toBeInstanceOf(DeviceLostError)
    expect(await bounded(engine.ended)).toBeInstanceOf(DeviceLostError)
  })
})

describe("after a loss, an 'auto' engine with its own device", () => {
  let engine: Engine
  let clock = 0

  beforeEach(async () => {
    pretendHardware()
    engine = await createEngine({ backend: 'auto' })
    clock = performance.now()
    vi.spyOn(performance, 'now').mockImplementation(() => clock)
  })
  afterEach(() => engine.destroy())

  const lose = async () => {
    const device = engine.device as GPUDevice
    device.destroy()
    await bounded(device.lost)
    return device
  }

  /** Counts requests for an adapter, which all fail. */
  const nowhere = () => vi.spyOn(navigator.gpu, 'requestAdapter').mockResolvedValue(null)

  /** Resolves when a request that is under way has been answered. */
  const answered = async (request = vi.spyOn(GPUAdapter.prototype, 'requestDevice')) => {
    await vi.waitFor(() => expect(request).toHaveBeenCalled(), 20_000)
    await request.mock.results[0].value
  }

  test('continues on the CPU, and on a GPU again once there is one', async () => {
    await expectRightBits(engine)
    const lost = await lose()
    expect([engine.backend, engine.device]).toEqual(['cpu', undefined])
    expect(engine.fallbackReason).toMatch(/lost/)
    const request = vi.spyOn(GPUAdapter.prototype, 'requestDevice')
    await expectRightBits(engine)
    await answered(request)
    expect([engine.backend, engine.fallbackReason]).toEqual(['webgpu', undefined])
    const device = engine.device as GPUDevice
    expect(device).not.toBe(lost)
    const submit = vi.spyOn(device.queue, 'submit')
    await expectRightBits(engine)
    expect(submit).toHaveBeenCalledTimes(2)
    expect(request).toHaveBeenCalledTimes(1)
  })

  test('reports the next loss as it did the first', async () => {
    for (const round of [1, 2, 3]) {
      await lose()
      expect(engine.backend, `round ${round}`).toBe('cpu')
      clock += 1e6
      const request = vi.spyOn(GPUAdapter.prototype, 'requestDevice').mockClear()
      await expectRightBits(engine)
      await answered(request)
      expect(engine.backend, `round ${round}`).toBe('webgpu')
      await expectRightBits(engine)
    }
  })

  test('has not ended: only destroy ends it, and frees the device it has by then', async () => {
    const ended = vi.fn()
    engine.ended.then(ended)
    await lose()
    const request = vi.spyOn(GPUAdapter.prototype, 'requestDevice')
    await expectRightBits(engine)
    await answered(request)
    expect(ended).not.toHaveBeenCalled()
    const device = engine.device as GPUDevice
    engine.destroy()
    expect((await bounded(device.lost)).reason).toBe('destroyed')
    expect(await bounded(engine.ended)).toBeInstanceOf(EngineDestroyedError)
    expect(await caught(() => engine.mask(draw))).toBeInstanceOf(EngineDestroyedError)
  })

  test('looks for a GPU only when called, with waits that double', async () => {
    const request = nowhere()
    await lose()
    expect(request).not.toHaveBeenCalled()
    /** Each search asks for an adapter, and then for one in compatibility mode. */
    const searches = () => request.mock.calls.filter(([options]) => !options?.featureLevel).length
    let asked = 0
    for (const wait of [0, 1000, 2000, 4000, 8000]) {
      if (wait > 0) {
        clock += wait - 1
        await expectRightBits(engine)
        expect(searches(), `1 ms before the wait of ${wait} ms is over`).toBe(asked)
        clock += 1
      }
      await expectRightBits(engine)
      expect(searches(), `after ${wait} ms`).toBe(++asked)
    }
    expect(engine.backend).toBe('cpu')
  })

  test('a Monte Carlo run over arrays continues through loss and return, and fails only for its own reasons', async () => {
    const passes = 6
    const own = new Error('of forward')
    const run = (failAt?: number) =>
      monteCarlo(engine, {
        samples: passes,
        seed: draw.seed,
        forward: async ({ step }) => {
          if (step === failAt) throw own
          if (step === 2) {
            await lose()
            clock += 1e6
            const request = vi.spyOn(GPUAdapter.prototype, 'requestDevice').mockClear()
            await engine.mask(draw)
            await answered(request)
          }
          return engine.dropout(new Float32Array(x.length).fill(1), { ...draw, step })
        },
      })
    const { mean } = await bounded(run())
    const ones = new Uint32Array(x.length).fill(0x3f800000)
    const each = Array.from({ length: passes }, (_, step) => floats(judgeDropout(ones, { ...draw, step })))
    mean.forEach((value, i) => {
      const exact = each.reduce((sum, pass) => sum + pass[i], 0) / passes
      expect(value).toBeCloseTo(exact, 6)
    })
    expect(engine.backend).toBe('webgpu')
    expect(await bounded(caught(() => run(4)))).toBe(own)
  })

  test('a Monte Carlo run whose outputs are on the next device fails for its own reasons', async () => {
    const own = new Error('of forward')
    const error = await bounded(
      caught(() =>
        monteCarlo(engine, {
          samples: 2,
          seed: 1,
          forward: async ({ step }) => {
            if (step === 1) throw own
            await lose()
            clock += 1e6
            const request = vi.spyOn(GPUAdapter.prototype, 'requestDevice').mockClear()
            await engine.mask(draw)
            await answered(request)
            const device = engine.device as GPUDevice
            return device.createBuffer({ size: 16, usage: GPUBufferUsage.STORAGE })
          },
        }),
      ),
    )
    expect(error).toBe(own)
  })

  test('does not wait for a request that never settles', async () => {
    vi.spyOn(navigator.gpu, 'requestAdapter').mockReturnValue(new Promise(() => {}))
    await lose()
    await expectRightBits(engine)
    await expectRightBits(engine)
    expect(engine.backend).toBe('cpu')
  })

  test('keeps one device when two requests succeed, and destroys the other', async () => {
    const real = navigator.gpu.requestAdapter.bind(navigator.gpu)
    const answers: (() => Promise<void>)[] = []
    const devices: Promise<GPUDevice>[] = []
    vi.spyOn(navigator.gpu, 'requestAdapter').mockImplementation(
      () => new Promise((resolve) => answers.push(async () => resolve(await real()))),
    )
    const requestDevice = GPUAdapter.prototype.requestDevice
    vi.spyOn(GPUAdapter.prototype, 'requestDevice').mockImplementation(function (this: GPUAdapter, wanted) {
      const device = requestDevice.call(this, wanted)
      devices.push(device)
      return device
    })
    await lose()
    await engine.mask(draw)
    clock += 1e6
    await engine.mask(draw)
    expect(answers).toHaveLength(2)
    for (const answer of answers) await answer()
    await vi.waitFor(() => expect(devices).toHaveLength(2), 20_000)
    const [first, second] = await Promise.all(devices)
    const unwanted = await bounded(
      Promise.race([first.lost.then(() => first), second.lost.then(() => second)]),
    )
    expect(engine.device).toBe(unwanted === first ? second : first)
    await expectRightBits(engine)
  })

  test('destroys a device that comes after the engine is destroyed', async () => {
    await lose()
    const request = vi.spyOn(GPUAdapter.prototype, 'requestDevice')
    await engine.mask(draw)
    engine.destroy()
    await answered(request)
    const device = (await request.mock.results[0].value) as GPUDevice
    expect((await bounded(device.lost)).reason).toBe('destroyed')
  })
})

test.each(['auto', 'webgpu'] as const)(
  "an '%s' engine asks for no other device in place of the user's",
  async (backend) => {
    const device = await gpu.anotherDevice()
    const request = vi.spyOn(navigator.gpu, 'requestAdapter')
    const engine = await createEngine({ backend, device })
    device.destroy()
    await bounded(device.lost)
    for (let step = 0; step < 3; step++) await engine.mask({ ...draw, step }).catch(() => {})
    expect(request).not.toHaveBeenCalled()
    expect(engine.backend).toBe(backend === 'auto' ? 'cpu' : 'webgpu')
  },
)

test("a 'webgpu' engine with its own device stays lost, and asks for no other", async () => {
  const engine = await createEngine({ backend: 'webgpu' })
  const request = vi.spyOn(navigator.gpu, 'requestAdapter')
  engine.device?.destroy()
  for (let step = 0; step < 3; step++) {
    expect(await bounded(caught(() => engine.mask({ ...draw, step })))).toBeInstanceOf(DeviceLostError)
  }
  expect(request).not.toHaveBeenCalled()
})

test('a call in slabs stops when its engine is destroyed', async () => {
  const device = await gpu.anotherDevice()
  claimLimits(device, { maxBufferSize: 4096 })
  const engine = await createEngine({ backend: 'webgpu', device })
  const submit = vi.spyOn(device.queue, 'submit')
  const unmap = GPUBuffer.prototype.unmap
  vi.spyOn(GPUBuffer.prototype, 'unmap').mockImplementation(function (this: GPUBuffer) {
    unmap.call(this)
    if (submit.mock.calls.length > 0) engine.destroy()
  })
  const error = await bounded(caught(() => engine.dropout(floats(x), draw)))
  expect(error).toBeInstanceOf(EngineDestroyedError)
  await device.queue.onSubmittedWorkDone()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(submit).toHaveBeenCalledTimes(1)
})

describe('when memory runs out', () => {
  /** SwiftShader allows buffers of its maxBufferSize, and has no memory for one. */
  const exhaust = (device: GPUDevice) => {
    const create = device.createBuffer.bind(device)
    const spy = vi.spyOn(device, 'createBuffer')
    spy.mockImplementation((wanted) => create({ ...wanted, size: device.limits.maxBufferSize }))
    return spy
  }

  test('a mask within the limits that does not fit in memory is refused with both sizes, and the engine works on', async () => {
    const engine = await createEngine({ backend: 'webgpu' })
    const { maxBufferSize } = (engine.device as GPUDevice).limits
    const cells = maxBufferSize * 8
    const error = await bounded(caught(() => engine.mask({ shape: [cells], rate: 0.5, seed: 1 })))
    expect(error).toBeInstanceOf(WebGPUFailureError)
    expect(error.cause).toBeInstanceOf(GPUOutOfMemoryError)
    // the mask, the staging buffer for its way back, and 256 bytes of parameters
    const requestedBytes = 2 * maxBufferSize + 256
    expect(error).toMatchObject({ requestedBytes, maxBufferSize })
    expect(error.message).toContain(`mask failed (out of memory): requested ${requestedBytes} bytes`)
    expect(error.message).toContain(`up to ${maxBufferSize} per buffer`)
    await expectRightBits(engine)
    engine.destroy()
  })

  test('a call and an op report what they requested; the same engine works once there is memory', async () => {
    const device = await gpu.anotherDevice()
    const uncaptured = vi.fn()
    device.addEventListener('uncapturederror', uncaptured)
    const engine = await createEngine({ backend: 'webgpu', device })
    const exhausted = exhaust(device)
    const dropout = await bounded(caught(() => engine.dropout(floats(x), draw)))
    const op = createDropout(device, { shape: draw.shape, rate: 0.5 })
    const refused = await bounded(caught(() => op.ready))
    for (const error of [dropout, refused]) {
      expect(error).toBeInstanceOf(WebGPUFailureError)
      expect(error.message).toMatch(/out of memory/)
    }
    // 40 cells are one group of 16 bytes; tensor and staging
    expect(dropout).toMatchObject({ requestedBytes: 16 + 2 * x.byteLength })
    // 2120 cells are 17 groups; parameters of one dispatch of the apply pass
    expect(refused).toMatchObject({ requestedBytes: 17 * 16 + 256 })
    op.destroy()
    exhausted.mockRestore()
    await expectRightBits(engine)
    await device.queue.onSubmittedWorkDone()
    expect(uncaptured).not.toHaveBeenCalled()
  })

  test('a call that has no memory for its parameters reports that, not what follows from it', async () => {
    const device = await gpu.anotherDevice()
    const engine = await createEngine({ backend: 'webgpu', device })
    const { maxBufferSize } = device.limits
    const create = device.createBuffer.bind(device)
    vi.spyOn(device, 'createBuffer').mockImplementation((wanted) =>
      create(wanted.label?.endsWith('generate_mask/params') ? { ...wanted, size: maxBufferSize } : wanted),
    )
    for (const call of [() => engine.dropout(floats(x), draw), () => engine.mask(draw)]) {
      const error = await bounded(caught(call))
      expect(error).toBeInstanceOf(WebGPUFailureError)
      expect(error).toMatchObject({ requestedBytes: 256, maxBufferSize })
    }
  })

  test("an 'auto' engine rejects as well, and stays on its GPU", async () => {
    const device = await gpu.anotherDevice()
    const engine = await createEngine({ backend: 'auto', device })
    const exhausted = exhaust(device)
    expect(await bounded(caught(() => engine.mask(draw)))).toBeInstanceOf(WebGPUFailureError)
    expect(engine.backend).toBe('webgpu')
    exhausted.mockRestore()
    await expectRightBits(engine)
  })
})

describe('buffers that only the device can recognise as invalid', () => {
  const layer = { shape: [8, 32], rate: 0.5 }
  const values = input(layer.shape, 3)
  const right = judgeDropout(values, { ...layer, seed: 1 })

  /** Records into its own encoder, and says what `encode` says of it before anything is submitted. */
  async function recorded(device: GPUDevice, tensors: { input: GPUBuffer; output: GPUBuffer }) {
    const op = createDropout(device, layer)
    const submit = vi.spyOn(device.queue, 'submit')
    const encoder = device.createCommandEncoder()
    const accepted = op.encode(encoder, tensors, { seed: 1 })
    const refusal = await bounded(
      accepted.then(
        () => undefined,
        (error: Error) => error,
      ),
    )
    expect(submit).not.toHaveBeenCalled()
    return { op, encoder, refusal }
  }

  async function read(device: GPUDevice, source: GPUBuffer) {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST
    const staging = device.createBuffer({ size: source.size, usage })
    const encoder = device.createCommandEncoder()
    encoder.copyBufferToBuffer(source, 0, staging, 0, source.size)
    device.queue.submit([encoder.finish()])
    await staging.mapAsync(GPUMapMode.READ)
    return new Uint32Array(staging.getMappedRange().slice(0))
  }

  /** Runs an op on good buffers. */
  async function expectWorks(device: GPUDevice, op: ReturnType<typeof createDropout>) {
    const source = device.createBuffer({ size: values.byteLength, usage: storageUsage() })
    const output = device.createBuffer({ size: values.byteLength, usage: storageUsage() })
    device.queue.writeBuffer(source, 0, values as Uint32Array<ArrayBuffer>)
    const encoder = device.createCommandEncoder()
    op.encode(encoder, { input: source, output }, { seed: 1 })
    device.queue.submit([encoder.finish()])
    expectSameBits(await read(device, output), right, { shape: layer.shape })
  }

  test.each(['input', 'output', 'both'] as const)(
    'of another device as %s: encode says so before anything is submitted',
    async (which) => {
      const device = await gpu.anotherDevice()
      const other = await gpu.anotherDevice()
      const uncaptured = vi.fn((event: Event) => event.preventDefault())
      device.addEventListener('uncapturederror', uncaptured)
      const make = (from: GPUDevice) => from.createBuffer({ size: values.byteLength, usage: storageUsage() })
      const { op, encoder, refusal } = await recorded(device, {
        input: make(which === 'output' ? device : other),
        output: make(which === 'input' ? device : other),
      })
      expect(refusal).toBeInstanceOf(WebGPUFailureError)
      expect(refusal?.message).toMatch(/tensors failed \(validation\).*noiseshape\/apply_mask\/tensors/s)
      expect(refusal?.cause).toBeInstanceOf(GPUValidationError)
      expect(uncaptured, 'the library leaves no error to the device').not.toHaveBeenCalled()
      device.pushErrorScope('validation')
      encoder.finish()
      expect(await device.popErrorScope(), 'WebGPU does not let it be submitted either').not.toBeNull()
      await expectWorks(device, op)
    },
  )

  test('are refused in each call that has them, and in no other; the op itself stays ready', async () => {
    const device = await gpu.anotherDevice()
    const other = await gpu.anotherDevice()
    const make = (from: GPUDevice) => from.createBuffer({ size: values.byteLength, usage: storageUsage() })
    const op = createDropout(device, layer)
    const [good, bad] = [make(device), make(other)]
    const call = (input: GPUBuffer) =>
      op.encode(device.createCommandEncoder(), { input, output: good }, { seed: 1 })
    for (const round of [1, 2]) {
      const calls = [call(bad), call(good)]
      expect(await bounded(caught(() => calls[0])), `round ${round}`).toBeInstanceOf(WebGPUFailureError)
      await bounded(calls[1])
      await bounded(op.ready)
    }
  })

  test('are no unhandled rejection where nobody asks', async () => {
    const device = await gpu.anotherDevice()
    const other = await gpu.anotherDevice()
    const unhandled = vi.fn((event: Event) => event.preventDefault())
    addEventListener('unhandledrejection', unhandled)
    const op = createDropout(device, layer)
    const tensor = other.createBuffer({ size: values.byteLength, usage: storageUsage() })
    op.encode(device.createCommandEncoder(), { input: tensor, output: tensor }, { seed: 1 })
    await device.queue.onSubmittedWorkDone()
    await new Promise((resolve) => setTimeout(resolve, 50)) // the browser reports them in a later task
    removeEventListener('unhandledrejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  test('that are good are no reason to wait: encode resolves, also with many', async () => {
    const device = await gpu.anotherDevice()
    const make = () => device.createBuffer({ size: values.byteLength, usage: storageUsage() })
    const { op, encoder, refusal } = await recorded(device, { input: make(), output: make() })
    expect(refusal).toBeUndefined()
    const calls = Array.from({ length: 20 }, (_, i) =>
      op.encode(encoder, { input: make(), output: make() }, { seed: i }),
    )
    await bounded(Promise.all(calls))
  })

  test('that are destroyed: WebGPU refuses the whole submission by name, and nothing is written', async () => {
    const device = await gpu.anotherDevice()
    const output = device.createBuffer({ label: 'mine', size: values.byteLength, usage: storageUsage() })
    const marks = new Uint32Array(values.length).fill(0xdeadbeef)
    device.queue.writeBuffer(output, 0, marks)
    const gone = device.createBuffer({
      label: 'the gone one',
      size: values.byteLength,
      usage: storageUsage(),
    })
    gone.destroy()
    const { op, encoder, refusal } = await recorded(device, { input: gone, output })
    expect(refusal, 'a destroyed buffer is not recognised before it is submitted').toBeUndefined()
    device.pushErrorScope('validation')
    device.queue.submit([encoder.finish()])
    expect((await device.popErrorScope())?.message).toMatch(/the gone one.*destroyed/s)
    expectSameBits(await read(device, output), marks)
    await expectWorks(device, op)
  })

  test('that were destroyed after a call went well are refused in the same way', async () => {
    const device = await gpu.anotherDevice()
    const op = createDropout(device, layer)
    const tensor = device.createBuffer({
      label: 'the gone one',
      size: values.byteLength,
      usage: storageUsage(),
    })
    for (const goes of [true, false]) {
      if (!goes) tensor.destroy()
      const encoder = device.createCommandEncoder()
      op.encode(encoder, { input: tensor, output: tensor }, { seed: 1 })
      device.pushErrorScope('validation')
      device.queue.submit([encoder.finish()])
      const error = await device.popErrorScope()
      if (goes) expect(error).toBeNull()
      else expect(error?.message).toMatch(/the gone one.*destroyed/s)
    }
  })
})
