/** Monte Carlo dropout with its outputs on the GPU: the same statistics, and what becomes of buffers and devices. */

import {
  createEngine,
  DeviceLostError,
  type Engine,
  EngineDestroyedError,
  WebGPUFailureError,
} from 'noiseshape'
import {
  type ForwardOutput,
  type MonteCarloOptions,
  monteCarlo,
  type PredictionProgress,
  type SampleDraw,
} from 'noiseshape/monte-carlo'
import { createDropout } from 'noiseshape/webgpu'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createStatistics } from '../../src/monte-carlo/statistics-webgpu.js'
import { floats } from '../support/compare'
import { storageUsage, useGpu } from '../support/gpu'
import { input } from '../support/inputs'
import { judgeDropout } from '../support/judge'
import { expectMoments, randomOutputs } from '../support/moments'
import { caught, expectRefusal } from '../support/refusals'

const gpu = useGpu()
const gpuEngine = () => createEngine({ backend: 'webgpu', device: gpu.device })

describe('outputs on the GPU', () => {
  const shape = [6, 41]
  const x = input(shape, 1)
  let engine: Engine
  let output: GPUBuffer
  beforeEach(async () => {
    engine = await gpuEngine()
    output = gpu.buffer(4 * 6)
  })
  afterEach(() => {
    engine.destroy()
    vi.restoreAllMocks()
  })

  const run = (options: Partial<MonteCarloOptions>) =>
    monteCarlo(engine, { samples: 3, seed: 1, forward: () => output, ...options })

  test.each([true, false])(
    'a dropout recorded for each pass draws the masks of its call (oneMaskForBatch: %s)',
    async (oneMaskForBatch) => {
      const device = engine.device as GPUDevice
      const op = createDropout(device, { shape, rate: 0.3, oneMaskForBatch })
      const [source, target] = [gpu.buffer(x), gpu.buffer(x.byteLength)]
      const forward = (call: SampleDraw) => {
        gpu.submit((encoder) => op.encode(encoder, { input: source, output: target }, { stream: 2, ...call }))
        return target
      }
      const result = await monteCarlo(engine, { samples: 5, seed: 3, firstStep: 4, oneMaskForBatch, forward })
      const draw = { shape, rate: 0.3, seed: 3, stream: 2, noiseShape: oneMaskForBatch ? [1, null] : null }
      const expected = [4, 5, 6, 7, 8].map((step) => floats(judgeDropout(x, { ...draw, step })))
      expectMoments(result, expected)
      op.destroy()
    },
  )

  test('each sample is accumulated before forward is called again', async () => {
    const outputs = randomOutputs(100, 6, 1, (u) => u)
    const result = await run({
      samples: 100,
      forward({ step }) {
        gpu.device.queue.writeBuffer(output, 0, outputs[step])
        return output
      },
    })
    gpu.device.queue.writeBuffer(output, 0, new Float32Array(6).fill(Number.NaN))
    expectMoments(result, outputs)
  })

  test('progress reads the statistics so far', async () => {
    const outputs = randomOutputs(3, 6, 2, (u) => u)
    const reads: ReturnType<PredictionProgress['read']>[] = []
    await run({
      forward({ step }) {
        gpu.device.queue.writeBuffer(output, 0, outputs[step])
        return output
      },
      onProgress: async ({ done, read }) => {
        reads.push(read())
        if (done === 2) await reads[1]
      },
    })
    const results = await Promise.all(reads)
    results.forEach((result, i) => {
      expectMoments(result, outputs.slice(0, i + 1))
    })
  })

  test('nothing is read back before the end', async () => {
    const map = vi.spyOn(GPUBuffer.prototype, 'mapAsync')
    await run({ samples: 50 })
    expect(map).toHaveBeenCalledTimes(1)
  })

  test('until settled, the sums are read back only when it is asked', async () => {
    const map = vi.spyOn(GPUBuffer.prototype, 'mapAsync')
    const outputs = [0, 1].map((value) => gpu.buffer(new Float32Array(6).fill(value)))
    const options = {
      samples: { max: 1000, tolerance: 0.07 },
      forward: ({ step }: SampleDraw) => outputs[step % 2],
    }
    expect(await run(options)).toMatchObject({ samples: 64, settled: true })
    expect(map).toHaveBeenCalledTimes(4) // after 16, 32 and 64, and at the end
  })

  test('another run, of any length, compiles nothing new', async () => {
    await run({})
    const compile = vi.spyOn(gpu.device, 'createComputePipeline')
    const longer = gpu.buffer(4 * 99)
    await run({ samples: 7, forward: () => longer })
    expect(compile).not.toHaveBeenCalled()
  })

  test('everything a run creates is labelled noiseshape/statistics/...', async () => {
    const create = vi.spyOn(gpu.device, 'createBuffer')
    await run({ outputs: 'logits', classes: 3 })
    expect(create).toHaveBeenCalled()
    for (const [{ label }] of create.mock.calls) expect(label).toMatch(/^noiseshape\/statistics\/\w+$/)
  })

  const TIGHT: { [limit in keyof GPUSupportedLimits & string]?: number }[] = [
    { maxStorageBufferBindingSize: 256 * 12 },
    { maxBufferSize: 5000 },
    { maxComputeWorkgroupsPerDimension: 1 },
  ]
  describe.each(TIGHT)(
    'on a device with $maxStorageBufferBindingSize$maxBufferSize$maxComputeWorkgroupsPerDimension',
    (tight) => {
      const tightDevice = () =>
        new Proxy(gpu.device, {
          get(real, name) {
            if (name === 'limits') {
              return new Proxy(real.limits, {
                get: (limits, limit: keyof GPUSupportedLimits & string) => tight[limit] ?? limits[limit],
              })
            }
            const value = Reflect.get(real, name, real)
            return typeof value === 'function' ? value.bind(real) : value
          },
        })
      const tightEngine = () => createEngine({ backend: 'webgpu', device: tightDevice() })

      test.each([
        { kind: 'values', more: {}, length: 1003 },
        { kind: 'logits', more: { classes: 3 }, length: 999 },
        { kind: 'logits', more: { classes: 3, samples: { max: 3, tolerance: 1 } }, length: 999 },
        { kind: 'logits', more: { classes: 64 }, length: 64 * 11 },
        { kind: 'gaussian', more: { targets: 2 }, length: 1000 },
        { kind: 'values', more: { keepSamples: true, quantiles: [0.5] }, length: 200 },
      ] as const)('$length $kind go through in parts', async ({ kind, more, length }) => {
        const small = await tightEngine()
        const outputs = randomOutputs(3, length, 8, (u) => 4 * u)
        const options = { samples: 3, seed: 1, outputs: kind, ...more }
        const buffers = outputs.map((values) => gpu.buffer(values))
        const got = await monteCarlo(small, { ...options, forward: ({ step }) => buffers[step] })
        const expected = await monteCarlo(small, { ...options, forward: ({ step }) => outputs[step] })
        expect(Object.keys(got)).toEqual(Object.keys(expected))
        for (const [name, values] of Object.entries(expected)) {
          if (!(values instanceof Float32Array)) continue
          const other = got[name as 'mean']
          expect(other).toHaveLength(values.length)
          values.forEach((value, i) => {
            expect(Math.abs(other[i] - value), `${name}[${i}]`).toBeLessThan(1e-5)
          })
        }
        small.destroy()
      })

      test('stacked samples go through in parts, with the bits of one after the other', async () => {
        const device = tightDevice()
        const [a, b, c] = randomOutputs(3, 999, 9, (u) => 4 * u)
        const accumulation = { outputs: 'logits', elements: 999, rowLength: 3, settling: true } as const
        const sumsOf = async (...stacks: Float32Array[][]) => {
          const statistics = createStatistics(device, accumulation)
          for (const stack of stacks) {
            const whole = Float32Array.from(stack.flatMap((output) => [...output]))
            await statistics.add({ buffer: gpu.buffer(whole), offset: 0 }, stack.length)
          }
          const sums = await statistics.read()
          statistics.destroy()
          return sums
        }
        expect(await sumsOf([a, b, c])).toEqual(await sumsOf([a], [b], [c]))
      })

      if ('maxStorageBufferBindingSize' in tight) {
        test('rows that no binding can hold are refused', async () => {
          const small = await tightEngine()
          const rows = gpu.buffer(4 * 257 * 2)
          const options = {
            samples: 3,
            seed: 1,
            outputs: 'logits',
            classes: 257,
            forward: () => rows,
          } as const
          const error = await caught(() => monteCarlo(small, options))
          expectRefusal(error, RangeError, ['classes', '257', 'maxStorageBufferBindingSize'])
          small.destroy()
        })

        test('samples that no binding can keep are refused', async () => {
          const small = await tightEngine()
          const values = gpu.buffer(4 * 100)
          const options = { samples: 8, seed: 1, keepSamples: true, forward: () => values }
          const error = await caught(() => monteCarlo(small, options))
          expectRefusal(error, RangeError, [
            'samples is 8',
            '3200 bytes',
            'this device binds 3072',
            'request the device',
          ])
          small.destroy()
        })
      }
    },
  )

  describe('everything a run creates is destroyed, and nothing of the user’s', () => {
    const expectNothingLeft = async (body: () => Promise<unknown>) => {
      await run({}) // compiles
      const before = gpu.liveBuffers()
      await body()
      expect(gpu.liveBuffers()).toBe(before)
      await gpu.read(output)
    }

    test('after a run', () => expectNothingLeft(() => run({ outputs: 'probabilities', classes: 2 })))

    test('after a run whose progress was read', () =>
      expectNothingLeft(() => run({ onProgress: ({ read }) => void read() })))

    test('after an error', () =>
      expectNothingLeft(() =>
        caught(() => run({ forward: ({ step }) => (step === 2 ? Promise.reject(new Error('no')) : output) })),
      ))

    test('after an abort, also with a read under way', () =>
      expectNothingLeft(async () => {
        const controller = new AbortController()
        const onProgress = ({ read }: PredictionProgress) => {
          read()
          controller.abort('enough')
        }
        await expect(run({ onProgress, signal: controller.signal })).rejects.toBe('enough')
        await gpu.device.queue.onSubmittedWorkDone()
      }))
  })

  describe('an output that is refused', () => {
    test.each<{ name: string; give(): unknown; kind: typeof RangeError | typeof TypeError; says: string[] }>([
      {
        name: 'without usage STORAGE',
        give: () => gpu.buffer(24, GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST),
        kind: RangeError,
        says: ['output.usage', 'STORAGE'],
      },
      {
        name: 'at an offset that cannot be bound',
        give: () => ({ buffer: gpu.buffer(1024), offset: 4 }),
        kind: RangeError,
        says: ['output.offset', '4', 'multiple'],
      },
      {
        name: 'larger than its buffer',
        give: () => ({ buffer: gpu.buffer(24), size: 28 }),
        kind: RangeError,
        says: ['output.size', '28', '24'],
      },
      {
        name: 'of half a value',
        give: () => ({ buffer: gpu.buffer(24), size: 22 }),
        kind: RangeError,
        says: ['output.size', '22', '4 bytes'],
      },
      { name: 'an ArrayBuffer', give: () => new ArrayBuffer(24), kind: TypeError, says: ['GPUBuffer'] },
      { name: 'a Float64Array', give: () => new Float64Array(6), kind: TypeError, says: ['Float32Array'] },
    ])('$name is refused', async ({ give, kind, says }) => {
      const wrong = give() as ForwardOutput
      expectRefusal(await caught(() => run({ forward: () => wrong })), kind, says)
    })

    test('whose length differs from the first', async () => {
      const longer = gpu.buffer(28)
      const error = await caught(() => run({ forward: ({ step }) => (step === 1 ? longer : output) }))
      expectRefusal(error, RangeError, ['output.length', '7', '6 values'])
    })

    test.each([0, 1])('whose kind differs from the first, which is %i', async (first) => {
      const kinds = [output, new Float32Array(6)]
      const error = await caught(() => run({ forward: ({ step }) => kinds[(first + step) % 2] }))
      expectRefusal(error, TypeError, ['output', 'same kind'])
    })

    test('in a buffer, where the engine runs on the CPU', async () => {
      const cpu = await createEngine({ backend: 'cpu' })
      const error = await caught(() => monteCarlo(cpu, { samples: 2, seed: 1, forward: () => output }))
      expectRefusal(error, TypeError, ['output', 'GPUBuffer', 'CPU', 'device'])
    })

    test('of another device rejects with WebGPUFailureError, and no error reaches the device', async () => {
      const other = await gpu.anotherDevice()
      const foreign = other.createBuffer({ size: 24, usage: storageUsage() })
      for (const samples of [1, 3, 100]) {
        const error = await caught(() => run({ samples, forward: () => foreign }))
        expect(error).toBeInstanceOf(WebGPUFailureError)
        expect(error.cause).toBeInstanceOf(GPUError)
      }
    })
  })
})

describe('engine.device', () => {
  test("is the user's device, or the engine's own", async () => {
    const given = await gpuEngine()
    expect(given.device).toBe(gpu.device)
    given.destroy()
    const own = await createEngine({ backend: 'webgpu' })
    expect(own.device).toBeInstanceOf(GPUDevice)
    own.destroy()
  })

  test('is undefined on the CPU, also after falling back to it', async () => {
    expect((await createEngine({ backend: 'cpu' })).device).toBeUndefined()
    const device = await gpu.anotherDevice()
    const engine = await createEngine({ backend: 'auto', device })
    expect(engine.device).toBe(device)
    device.destroy()
    await device.lost
    expect(engine.device).toBeUndefined()
  })
})

describe('when the device is lost', () => {
  const never = () => new Promise<ForwardOutput>(() => {})
  const lostDuring = async (
    backend: 'auto' | 'webgpu',
    forward: (device: GPUDevice) => MonteCarloOptions['forward'],
  ) => {
    const device = await gpu.anotherDevice()
    const engine = await createEngine({ backend, device })
    const create = vi.spyOn(device, 'createBuffer')
    const running = monteCarlo(engine, { samples: 5, seed: 1, forward: forward(device) })
    return { error: await caught(() => running), made: create.mock.results.map(({ value }) => value) }
  }

  test('a run that waits for forward rejects with DeviceLostError', async () => {
    const { error } = await lostDuring('webgpu', (device) => () => {
      device.destroy()
      return never()
    })
    expect(error).toBeInstanceOf(DeviceLostError)
  })

  test.each(['auto', 'webgpu'] as const)(
    "statistics on the GPU of an '%s' engine are lost with it",
    async (backend) => {
      const { error, made } = await lostDuring(backend, (device) => {
        const output = device.createBuffer({ size: 24, usage: storageUsage() })
        return ({ step }) => {
          if (step < 2) return output
          device.destroy()
          return never()
        }
      })
      expect(error).toBeInstanceOf(DeviceLostError)
      expect(made.length).toBeGreaterThan(1)
    },
  )

  test('an error of forward just before the loss is reported becomes a DeviceLostError too', async () => {
    const { error } = await lostDuring('webgpu', (device) => async () => {
      device.destroy()
      throw new Error('my buffer is gone')
    })
    expect(error).toBeInstanceOf(DeviceLostError)
  })

  test("an 'auto' engine finishes a run whose outputs are arrays, with the same masks", async () => {
    const device = await gpu.anotherDevice()
    const engine = await createEngine({ backend: 'auto', device })
    const shape = [5, 9]
    const x = input(shape, 3)
    const result = await monteCarlo(engine, {
      samples: 4,
      seed: 2,
      forward: (call) => {
        if (call.step === 2) device.destroy()
        return engine.dropout(floats(x), { shape, rate: 0.5, ...call })
      },
    })
    const expected = [0, 1, 2, 3].map((step) => floats(judgeDropout(x, { shape, rate: 0.5, seed: 2, step })))
    expectMoments(result, expected)
    expect(engine.backend).toBe('cpu')
  })

  test('an engine that is destroyed ends a run that waits', async () => {
    const engine = await gpuEngine()
    const running = caught(() => monteCarlo(engine, { samples: 2, seed: 1, forward: never }))
    engine.destroy()
    expect(await running).toBeInstanceOf(EngineDestroyedError)
    const own = await createEngine({ backend: 'webgpu' })
    const runningOnOwn = caught(() => monteCarlo(own, { samples: 2, seed: 1, forward: never }))
    own.destroy()
    expect(await runningOnOwn).toBeInstanceOf(EngineDestroyedError)
  })

  test('a device that refuses the buffers of the statistics is a WebGPUFailureError', async () => {
    const device = await gpu.anotherDevice()
    const output = device.createBuffer({ size: 24, usage: storageUsage() })
    const engine = await createEngine({ backend: 'webgpu', device })
    const create = device.createBuffer.bind(device)
    device.createBuffer = (wanted) => create({ ...wanted, size: device.limits.maxBufferSize + 4 })
    const error = await caught(() => monteCarlo(engine, { samples: 9, seed: 1, forward: () => output }))
    expect(error).toBeInstanceOf(WebGPUFailureError)
    expect(error.message).toMatch(/statistics/)
  })
})
