/** Monte Carlo sessions in Node, on the wasm of ONNX Runtime Web; `gpu/onnx` has those on the GPU. */

import { readFileSync } from 'node:fs'
import {
  createMonteCarloSession,
  type MonteCarloSessionOptions,
  OnnxModelError,
  type OrtModule,
  type PredictOptions,
} from 'noiseshape/onnx'
import * as ort from 'onnxruntime-web'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { expectSameBits, floats } from '../support/compare'
import { type Draw, judgeDropout } from '../support/judge'
import { floats as constant, dropoutOnly, encode, INT64, info, node } from '../support/onnx-models'
import { caught, expectRefusal } from '../support/refusals'
import { withoutWebgpu } from '../support/without-webgpu'

const WASM = ['wasm'] as const
const golden = (name: string) => new Uint8Array(readFileSync(`test/golden/onnx/${name}.onnx`))

beforeAll(() => {
  ort.env.wasm.numThreads = 1
  ort.env.logLevel = 'error' // it warns of every initializer that is no longer used
})

const opened: { release(): Promise<void> }[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const session of opened.splice(0)) await session.release()
})

async function open(model: Uint8Array, options: MonteCarloSessionOptions = {}, runtime: OrtModule = ort) {
  const session = await createMonteCarloSession(runtime, model, { executionProviders: WASM, ...options })
  opened.push(session)
  return session
}

/** The noise by definition: dropout of ones. */
const noise = (draw: Draw) =>
  floats(judgeDropout(new Uint32Array(draw.shape.reduce((a, b) => a * b, 1)).fill(0x3f800000), draw))

const filled = (value: number, dims: number[]) =>
  new ort.Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(value), dims)
const ones = (...dims: number[]) => filled(1, dims)

/** Each time that ONNX Runtime runs a model: the dims of its feeds by name, and the outputs asked for. */
function watchRuns() {
  const runs: { dims: Record<string, readonly number[]>; outputs: readonly string[] }[] = []
  const { create } = ort.InferenceSession
  vi.spyOn(ort.InferenceSession, 'create').mockImplementation((async (model: Uint8Array, options: object) => {
    const session = await create.call(ort.InferenceSession, model, options)
    const { run } = session
    session.run = ((feeds: Record<string, ort.Tensor>, outputs: string[]) => {
      const dims = Object.entries(feeds).map(([name, tensor]) => [name, tensor.dims])
      runs.push({ dims: Object.fromEntries(dims), outputs })
      return run.call(session, feeds, outputs)
    }) as typeof run
    return session
  }) as typeof create)
  return runs
}

describe('a session', () => {
  test('says where it runs, and names what the model had, without what it added', async () => {
    const session = await open(golden('convolutions'))
    expect(session.backend).toBe('cpu')
    expect(session.fallbackReason).toBeUndefined()
    expect(session.inputNames).toEqual(['x'])
    expect(session.outputNames).toEqual(['y'])
    expect(session.points.map(({ name, rate }) => [name, rate])).toEqual([
      ['noise_0', 0.4],
      ['noise_1', 0.5],
    ])
  })

  test('draws point i with stream i', async () => {
    const model = encode({
      node: [node('Dropout', ['x'], ['a']), node('Dropout', ['x'], ['b'])],
      input: [info('x', ['n'])],
      output: [info('a', ['n']), info('b', ['n'])],
    })
    const session = await open(model)
    const draw = { samples: 1, seed: 2n ** 60n, firstStep: 7 }
    for (const [stream, output] of [undefined, 'b'].entries()) {
      const { mean, dims } = await session.predict({ x: ones(100) }, { ...draw, output })
      expect(dims).toEqual([100])
      expectSameBits(mean, noise({ shape: [100], rate: 0.5, seed: 2n ** 60n, stream, step: 7 }))
    }
  })

  test('runs its samples one after the other, each with its own step', async () => {
    const session = await open(dropoutOnly(['n', 4], 0.5))
    const steps = [3, 4, 5].map((step) => noise({ shape: [2, 4], rate: 0.5, seed: 9, step }))
    const { mean, samples } = await session.predict({ x: ones(2, 4) }, { samples: 3, seed: 9, firstStep: 3 })
    expect(samples).toBe(3)
    mean.forEach((value, i) => {
      expect(value).toBeCloseTo(
        steps.reduce((sum, step) => sum + step[i] / 3, 0),
        6,
      )
    })
  })

  test.each([
    { feed: [2, 6, 3, 5], noiseShape: [null, null, 1, 1], drawn: [2, 6, 1, 1] },
    { feed: [2, 6, 3, 5], noiseShape: [null, 1, 1], drawn: [6, 1, 1] },
    { feed: [2, 6, 3, 5], noiseShape: [1, null, 3, 1], drawn: [1, 6, 3, 1] },
  ])('draws $drawn for $feed with noise shape $noiseShape', async ({ feed, noiseShape, drawn }) => {
    const session = await open(dropoutOnly(['a', 'b', 'c', 'd'], 0.3), { noiseShape })
    const runs = watchRuns()
    const again = await open(dropoutOnly(['a', 'b', 'c', 'd'], 0.3), { noiseShape })
    const draw = { samples: 1, seed: 1 }
    const [{ mean }, watched] = [
      await session.predict({ x: ones(...feed) }, draw),
      await again.predict({ x: ones(...feed) }, draw),
    ]
    expectSameBits(watched.mean, mean)
    const [cells] = runs.map(({ dims }) => dims.noise_0)
    expect(cells.slice(4 - drawn.length)).toEqual(drawn)
    expect(cells.slice(0, 4 - drawn.length)).toEqual(new Array(4 - drawn.length).fill(1))
    const flags = noise({ shape: drawn, rate: 0.3, seed: 1 })
    expect(new Set(mean)).toEqual(new Set(flags))
  })

  test('with oneMaskForBatch draws one row for all, except of weights, which have no batch', async () => {
    const session = await open(dropoutOnly(['n', 8], 0.5))
    const options = { samples: 1, seed: 5, oneMaskForBatch: true }
    const row = noise({ shape: [1, 8], rate: 0.5, seed: 5 })
    const { mean } = await session.predict({ x: ones(3, 8) }, options)
    expectSameBits(mean, Float32Array.of(...row, ...row, ...row))

    const weights = await open(
      encode({
        node: [node('Add', ['x', 'w'], ['y'])],
        input: [info('x', [3, 4])],
        output: [info('y', [3, 4])],
        initializer: [constant('w', [3, 4], new Array(12).fill(1))],
      }),
      { points: [{ tensor: 'w', rate: 0.5 }] },
    )
    const added = await weights.predict({ x: filled(0, [3, 4]) }, options)
    expectSameBits(added.mean, noise({ shape: [3, 4], rate: 0.5, seed: 5 }))
  })

  test('with oneMaskForBatch drops a tensor without dims', async () => {
    const session = await open(dropoutOnly([], 0.5))
    const { mean } = await session.predict({ x: ones() }, { samples: 1, seed: 5, oneMaskForBatch: true })
    expectSameBits(mean, noise({ shape: [], rate: 0.5, seed: 5 }))
  })

  test('gives what the model gave before where the rate is 0', async () => {
    const plain = await ort.InferenceSession.create(golden('convolutions'))
    opened.push(plain)
    const session = await open(golden('convolutions'), { rate: 0 })
    const values = Float32Array.from({ length: 128 }, (_, i) => Math.sin(i))
    const feeds = { x: new ort.Tensor('float32', values, [2, 1, 8, 8]) }
    const { mean, variance } = await session.predict(feeds, { samples: 2, seed: 1 })
    expectSameBits(mean, (await plain.run(feeds)).y.data as Float32Array)
    expect(Math.max(...variance)).toBe(0)
  })

  test('passes the options of the session on, but for those that it needs itself', async () => {
    const create = vi.spyOn(ort.InferenceSession, 'create')
    const sessionOptions = {
      graphOptimizationLevel: 'disabled',
      preferredOutputLocation: 'gpu-buffer',
    } as const
    await open(dropoutOnly([2], 0.5), { sessionOptions })
    expect(create.mock.lastCall?.[1]).toMatchObject({
      graphOptimizationLevel: 'disabled',
      preferredOutputLocation: 'cpu',
      executionProviders: ['wasm'],
      logSeverityLevel: 3,
    })
  })
})

describe('sizes that only a run can tell', () => {
  const convolve = { samples: 2, seed: 1, samplesPerRun: 1 }
  const image = (...dims: number[]) => ({ x: ones(...dims) })

  test('are found by one more run for each set of feed sizes, and then remembered', async () => {
    const runs = watchRuns()
    const model = encode({
      node: [
        node('Dropout', ['x'], ['d']),
        node('Conv', ['d', 'w'], ['maps']),
        node('Dropout', ['maps'], ['y']),
      ],
      input: [info('x', ['n', 1, 'h', 'w'])],
      output: [info('y', ['n', 8, 'i', 'j'])],
      initializer: [constant('w', [8, 1, 3, 3], new Array(72).fill(0.1))],
    })
    const session = await open(model)
    await session.predict(image(2, 1, 6, 7), convolve)
    expect(runs.map(({ outputs }) => outputs)).toEqual([['noise_1_shape'], ['y'], ['y']])
    expect(runs[0].dims.noise_1).toEqual([1, 8, 1, 1]) // as small as can be: the channels are known
    expect(runs[1].dims.noise_1).toEqual([2, 8, 4, 5])
    await session.predict(image(2, 1, 6, 7), convolve)
    expect(runs).toHaveLength(5)
    await session.predict(image(1, 1, 9, 5), convolve)
    expect(runs).toHaveLength(8)
    expect(runs[7].dims.noise_1).toEqual([1, 8, 7, 3])
    await session.predict(image(2, 1, 6, 7), convolve)
    expect(runs).toHaveLength(10)
  })

  test('come with what runs once where no noise is before them', async () => {
    const runs = watchRuns()
    const session = await open(golden('convolutions'))
    await session.predict(image(2, 1, 6, 7), convolve)
    expect(runs.map(({ outputs }) => outputs.includes('noise_0_shape'))).toEqual([true, false, false])
    expect(runs.map(({ dims }) => dims.noise_0?.slice(0, 2))).toEqual([undefined, [2, 8], [2, 8]])
  })

  test('are not looked for where the model declares them', async () => {
    const runs = watchRuns()
    const session = await open(dropoutOnly(['n', 4], 0.5))
    await session.predict({ x: ones(3, 4) }, { samples: 1, seed: 1 })
    expect(runs).toEqual([{ dims: { x: [3, 4], noise_0: [3, 4] }, outputs: ['y'] }])
  })

  test('of some points are looked for, and of the others taken from the feeds', async () => {
    const runs = watchRuns()
    const model = encode({
      node: [
        node('Dropout', ['x'], ['a']),
        node('Reshape', ['a', 's'], ['b']),
        node('Dropout', ['b'], ['y']),
      ],
      input: [info('x', ['n', 4])],
      output: [info('y', undefined)],
      initializer: [{ name: 's', dataType: INT64, dims: [2n], int64Data: [-1n, 2n] }],
    })
    const session = await open(model)
    const { mean, dims } = await session.predict({ x: ones(3, 4) }, { samples: 1, seed: 1, output: 'y' })
    expect(dims).toEqual([6, 2])
    expect(runs.map(({ outputs }) => outputs)).toEqual([['noise_1_shape'], ['y']])
    expect(runs[1].dims).toEqual({ x: [3, 4], noise_0: [3, 4], noise_1: [6, 2] })
    const first = noise({ shape: [3, 4], rate: 0.5, seed: 1 })
    const second = noise({ shape: [6, 2], rate: 0.5, seed: 1, stream: 1 })
    expectSameBits(
      mean,
      first.map((value, i) => value * second[i]),
    )
  })

  test('of an input that is not fed are refused by name', async () => {
    const model = encode({
      node: [node('Add', ['w', 'b'], ['y'])],
      input: [info('w', ['rows', 2]), info('b', [2])],
      output: [info('y', ['rows', 2])],
      initializer: [constant('w', [3, 2], [1, 2, 3, 4, 5, 6])],
    })
    const session = await open(model, { points: [{ tensor: 'y', rate: 0.5 }] })
    const error = await caught(() => session.predict({ b: ones(2) }, { samples: 1, seed: 1 }))
    expect(error).toBeInstanceOf(OnnxModelError)
    expect(error.message).toMatch(/size 'rows' of tensor 'y'.*not fed/)
  })
})

describe('predictions', () => {
  const options: PredictOptions = { samples: 3, seed: 1, samplesPerRun: 1 }

  test('take classes from the model where it declares them, but not for values', async () => {
    const session = await open(dropoutOnly(['n', 4], 0.5))
    const feeds = { x: ones(5, 4) }
    expect((await session.predict(feeds, { ...options, outputs: 'logits' })).mutualInformation).toHaveLength(
      5,
    )
    expect(
      (await session.predict(feeds, { ...options, outputs: 'values' })).mutualInformation,
    ).toBeUndefined()
    expect((await session.predict(feeds, options)).mutualInformation).toBeUndefined()
    const open4 = { ...options, outputs: 'logits', classes: 4 } as const
    expect((await session.predict(feeds, open4)).mutualInformation).toHaveLength(5)
  })

  test('need them where it does not', async () => {
    const session = await open(dropoutOnly(['n', 'm'], 0.5))
    const run = (more: Partial<PredictOptions>) => session.predict({ x: ones(5, 4) }, { ...options, ...more })
    expectRefusal(await caught(() => run({ outputs: 'logits' })), TypeError, ['classes', 'undefined'])
    expectRefusal(await caught(() => run({ outputs: 'logits', classes: 2 })), RangeError, [
      'classes is 2',
      "'y', [5, 4]",
    ])
    expect((await run({ outputs: 'logits', classes: 4 })).expectedEntropy).toHaveLength(5)
  })

  test('tell their progress with the shape of the output', async () => {
    const session = await open(dropoutOnly(['n', 4], 0.5))
    const seen: unknown[] = []
    await session.predict(
      { x: ones(2, 4) },
      {
        ...options,
        onProgress: async ({ done, samples, read }) => {
          const { dims, mean } = await read()
          seen.push([done, samples, dims, mean.length])
        },
      },
    )
    expect(seen).toEqual([1, 2, 3].map((done) => [done, 3, [2, 4], 8]))
  })

  test('that overlap take turns, and are as they would be alone', async () => {
    const runs = watchRuns()
    const session = await open(dropoutOnly(['n', 4], 0.5))
    const predict = (rows: number) => session.predict({ x: ones(rows, 4) }, options)
    const alone = [await predict(2), await predict(3)]
    runs.splice(0)
    const together = await Promise.all([predict(2), predict(3)])
    expect(runs.map(({ dims }) => dims.x[0])).toEqual([2, 3, 2, 3, 2, 3])
    expect(together).toEqual(alone)
  })

  test('that are aborted run no further sample, also while they wait for their turn', async () => {
    const runs = watchRuns()
    const session = await open(dropoutOnly(['n', 4], 0.5))
    const controller = new AbortController()
    const reason = new Error('enough')
    const long = session.predict({ x: ones(2, 4) }, options)
    const aborted = caught(() =>
      session.predict({ x: ones(3, 4) }, { ...options, signal: controller.signal }),
    )
    await Promise.resolve() // both have asked for their first turn
    controller.abort(reason)
    expect(await aborted).toBe(reason)
    await long
    expect(runs.map(({ dims }) => dims.x[0])).toEqual([2, 2, 2])

    runs.splice(0)
    const later = new AbortController()
    const running = session.predict(
      { x: ones(2, 4) },
      {
        samples: 9,
        seed: 1,
        samplesPerRun: 1,
        signal: later.signal,
        onProgress: ({ done }) => void (done === 2 && later.abort(reason)),
      },
    )
    expect(await caught(() => running)).toBe(reason)
    await session.predict({ x: ones(3, 4) }, { samples: 1, seed: 1 }) // behind what the other left
    expect(runs.map(({ dims }) => dims.x[0])).toEqual([2, 2, 3])
  })

  test('that fail leave the session usable', async () => {
    const session = await open(dropoutOnly(['n', 4], 0.5))
    await expect(session.predict({ x: ones(2, 5) }, options)).rejects.toThrow()
    await expect(
      session.predict({ x: ones(2, 4) }, { ...options, onProgress: () => Promise.reject(new Error('mine')) }),
    ).rejects.toThrow('mine')
    expect((await session.predict({ x: ones(2, 4) }, options)).samples).toBe(3)
  })

  test('free each output before the next sample, and the last one in the end', async () => {
    const disposed = vi.spyOn(ort.Tensor.prototype, 'dispose')
    const session = await open(dropoutOnly(['n', 4], 0.5))
    const counts: number[] = []
    await session.predict(
      { x: ones(2, 4) },
      { ...options, onProgress: () => void counts.push(disposed.mock.calls.length) },
    )
    await session.release()
    expect(counts).toEqual([0, 1, 2])
    expect(disposed).toHaveBeenCalledTimes(3)
  })

  test.each<{ name: string; feeds?: unknown; change?: object; kind?: typeof TypeError; says: string[] }>([
    { name: 'no feeds', feeds: undefined, kind: TypeError, says: ['feeds is undefined', 'new ort.Tensor'] },
    { name: 'feeds of null', feeds: null, kind: TypeError, says: ['feeds is null'] },
    { name: 'feeds of text', feeds: 'x', kind: TypeError, says: ["feeds is 'x'"] },
    { name: 'a feed that is an array', feeds: { x: [1, 2] }, kind: TypeError, says: ['feeds.x is [1, 2]'] },
    { name: 'a feed that is null', feeds: { x: null }, kind: TypeError, says: ['feeds.x is null'] },
    { name: 'no samples', change: { samples: 0 }, says: ['samples is 0'] },
    { name: 'an output that is not there', change: { output: 'z' }, says: ["output is 'z'", "'y'"] },
    { name: 'an onProgress of 5', change: { onProgress: 5 }, kind: TypeError, says: ['onProgress is 5'] },
  ])('$name is refused', async (given) => {
    const { change, kind = RangeError, says } = given
    const session = await open(golden('opset13'))
    const feeds = ('feeds' in given ? given.feeds : { x: ones(2, 4) }) as Parameters<
      typeof session.predict
    >[0]
    const error = await caught(() => session.predict(feeds, { ...options, ...change } as PredictOptions))
    expectRefusal(error, kind as typeof RangeError, says)
  })

  test('of an output that is not float32 are refused', async () => {
    const session = await open(golden('opset11'))
    const error = await caught(() => session.predict({ x: ones(2, 4) }, { ...options, output: 'mask' }))
    expectRefusal(error, RangeError, ["output is 'mask'", 'bool', 'float32'])
  })
})

describe('release', () => {
  test('waits for the predictions under way, may be called twice, and ends the session', async () => {
    const session = await createMonteCarloSession(ort, dropoutOnly(['n', 4], 0.5), {
      executionProviders: WASM,
    })
    const log: string[] = []
    const under = session
      .predict({ x: ones(2, 4) }, { samples: 5, seed: 1 })
      .then(({ samples }) => log.push(`predicted ${samples}`))
    await Promise.all(
      [session.release(), session.release()].map((end) => end.then(() => log.push('released'))),
    )
    await under
    expect(log).toEqual(['predicted 5', 'released', 'released'])
    await expect(session.predict({ x: ones(2, 4) }, { samples: 1, seed: 1 })).rejects.toThrow(
      /released.*createMonteCarloSession/,
    )
  })
})

describe('execution providers', () => {
  test('are tried in their order, and the reason for the second is kept', async () => {
    const session = await open(
      dropoutOnly(['n', 4], 0.5),
      { executionProviders: ['webgpu', 'wasm'] },
      withoutWebgpu(ort),
    )
    expect(session.backend).toBe('cpu')
    expect(session.fallbackReason).toMatch(/webgpu: .*no adapter/)
    const { mean } = await session.predict({ x: ones(2, 4) }, { samples: 1, seed: 1 })
    expectSameBits(mean, noise({ shape: [2, 4], rate: 0.5, seed: 1 }))
  })

  test('that all fail give the reason', async () => {
    const opening = () =>
      open(dropoutOnly(['n', 4], 0.5), { executionProviders: ['webgpu'] }, withoutWebgpu(ort))
    expect((await caught(opening)).message).toMatch(/no adapter/)
  })

  test.each([
    { name: 'WebGPU that is not built in', env: { ...ort.env, webgpu: undefined } },
    { name: 'WebGPU without a device', env: { ...ort.env, webgpu: { device: undefined } } },
  ])('$name is told, and its session is released', async ({ env }) => {
    const release = vi.fn(async () => {})
    const InferenceSession = { create: async () => ({ release }) }
    const runtime = { ...ort, env, InferenceSession } as unknown as OrtModule
    const error = await caught(() =>
      createMonteCarloSession(runtime, dropoutOnly([2], 0.5), { executionProviders: ['webgpu'] }),
    )
    expect(error.message).toMatch(/no WebGPU.*onnxruntime-web\/webgpu/)
    expect(release).toHaveBeenCalledTimes(1)
  })

  test.each<{ name: string; executionProviders: unknown; kind: typeof RangeError; says: string[] }>([
    { name: 'an empty list', executionProviders: [], kind: TypeError, says: ['[]', "['webgpu', 'wasm']"] },
    { name: 'a name without a list', executionProviders: 'wasm', kind: TypeError, says: ["'wasm'", 'array'] },
    { name: 'text without a letter', executionProviders: '', kind: TypeError, says: ["''", 'array'] },
    { name: 'an object', executionProviders: { length: 1 }, kind: TypeError, says: ['object', 'array'] },
    { name: 'null', executionProviders: null, kind: TypeError, says: ['null', 'array'] },
    {
      name: 'an unknown name behind a known one',
      executionProviders: ['wasm', 'cuda'],
      kind: RangeError,
      says: ["['wasm', 'cuda']", "'webgpu', 'wasm', 'webnn' or 'cpu'"],
    },
  ])('$name is refused', async ({ executionProviders, kind, says }) => {
    const given = executionProviders as MonteCarloSessionOptions['executionProviders']
    const create = vi.spyOn(ort.InferenceSession, 'create')
    const error = await caught(() =>
      createMonteCarloSession(ort, dropoutOnly([2], 0.5), { executionProviders: given }),
    )
    expectRefusal(error, kind, ['executionProviders', ...says])
    expect(create).not.toHaveBeenCalled()
  })

  test.each([undefined, null, 'ort', {}, { InferenceSession: {} }, { Tensor: {} }])(
    '%o as the module is refused',
    async (wrong) => {
      const opening = () => createMonteCarloSession(wrong as unknown as OrtModule, dropoutOnly([2], 0.5))
      expectRefusal(await caught(opening), TypeError, ['ort is', 'import * as ort'])
    },
  )
})
