/**
 * Models with their dropout on in ONNX Runtime Web, on the GPU and with wasm. `npm run test:long` takes the older build of
 * ONNX Runtime for the GPU as well.
 */

import { noise } from 'noiseshape/cpu'
import {
  createMonteCarloSession,
  type MonteCarloSession,
  type MonteCarloSessionOptions,
  makeStochastic,
  type OrtModule,
} from 'noiseshape/onnx'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { pretendHardware } from '../support/altered-device'
import { expectSameBits } from '../support/compare'
import { floats as constant, dropoutOnly, encode, info, node } from '../support/onnx-models'
import { goldenData, goldenModel, ort, ortWebgpu } from '../support/onnx-ort'
import { rounds } from '../support/rounds'
import { withoutWebgpu } from '../support/without-webgpu'

const sessions: { release(): Promise<void> }[] = []

afterEach(async () => {
  vi.restoreAllMocks()
  for (const session of sessions.splice(0)) await session.release()
})

/** ONNX Runtime gives its device up with its last session; one stays, else each test would compile everything anew. */
let kept: { release(): Promise<void> }[] = []

beforeAll(async () => {
  const executionProviders = ['webgpu']
  const model = await goldenModel('inference')
  kept = [
    await ort.InferenceSession.create(model, { executionProviders }),
    await ortWebgpu.InferenceSession.create(model, { executionProviders }),
  ]
})

afterAll(async () => {
  for (const session of kept) await session.release()
})

async function open(
  runtime: OrtModule,
  model: Uint8Array,
  options: MonteCarloSessionOptions,
): Promise<MonteCarloSession> {
  const session = await createMonteCarloSession(runtime, model, options)
  sessions.push(session)
  return session
}

async function plain(runtime: OrtModule, model: Uint8Array, provider: string) {
  const session = await runtime.InferenceSession.create(model, { executionProviders: [provider] })
  sessions.push(session)
  return session
}

const values = (count: number, seed = 1) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(seed * 12.9 + i * 7.3) * 2)
const tensor = (dims: number[], seed?: number) =>
  new ort.Tensor(
    'float32',
    values(
      dims.reduce((a, b) => a * b, 1),
      seed,
    ),
    dims,
  )
const ones = (dims: number[]) =>
  new ort.Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(1), dims)

const runtimes = [
  { name: 'webgpu of onnxruntime-web/webgpu', runtime: ortWebgpu, provider: 'webgpu', backend: 'webgpu' },
  { name: 'wasm', runtime: ort, provider: 'wasm', backend: 'cpu' },
  ...(rounds > 100
    ? [{ name: 'webgpu of onnxruntime-web', runtime: ort, provider: 'webgpu', backend: 'webgpu' } as const]
    : []),
] as const

describe.each(runtimes)('$name', ({ runtime, provider, backend }) => {
  const executionProviders = [provider]

  test('a session says where it runs', async () => {
    const session = await open(runtime, dropoutOnly(['n', 4], 0.5), { executionProviders })
    expect(session.backend).toBe(backend)
    expect(session.fallbackReason).toBeUndefined()
    expect(session.points).toMatchObject([{ tensor: 'x', rate: 0.5, shape: ['n', 4] }])
    expect([session.inputNames, session.outputNames]).toEqual([['x'], ['y']])
  })

  test.each([
    { shape: [5, 33], noiseShape: [null, null], drawn: [5, 33] },
    { shape: [5, 33], noiseShape: [1, null], drawn: [1, 33] },
    { shape: [2, 6, 3, 5], noiseShape: [null, null, 1, 1], drawn: [2, 6, 1, 1] },
  ])(
    'the model sees the noise of noiseshape/cpu, $noiseShape of $shape',
    async ({ shape, noiseShape, drawn }) => {
      const session = await open(
        runtime,
        dropoutOnly(
          shape.map((_, i) => `d${i}`),
          0.3,
        ),
        { executionProviders, noiseShape },
      )
      for (const step of [0, 7]) {
        const { mean, dims } = await session.predict(
          { x: ones(shape) },
          { samples: 1, seed: 42n, firstStep: step },
        )
        expect(dims).toEqual(shape)
        const expected = broadcast(
          noise({ shape: drawn, rate: 0.3, seed: 42, stream: 0, step }),
          drawn,
          shape,
        )
        expectSameBits(mean, expected, { shape, what: `step ${step}` })
      }
    },
  )

  test('each point draws from its own stream', async () => {
    const model = encode({
      name: 'two',
      node: [node('Dropout', ['x'], ['a']), node('Dropout', ['x'], ['b'])],
      input: [info('x', ['n'])],
      output: [info('a', ['n']), info('b', ['n'])],
    })
    const session = await open(runtime, model, { executionProviders })
    for (const [stream, output] of ['a', 'b'].entries()) {
      const { mean } = await session.predict({ x: ones([100]) }, { samples: 1, seed: 3, output })
      expectSameBits(mean, noise({ shape: [100], rate: 0.5, seed: 3, stream }))
    }
  })

  test('oneMaskForBatch gives all rows the same noise', async () => {
    const session = await open(runtime, dropoutOnly(['n', 8], 0.5), { executionProviders })
    const { mean } = await session.predict(
      { x: ones([3, 8]) },
      { samples: 1, seed: 5, oneMaskForBatch: true },
    )
    const row = noise({ shape: [1, 8], rate: 0.5, seed: 5 })
    expectSameBits(mean, Float32Array.of(...row, ...row, ...row))
  })

  test.each(['opset7', 'opset13', 'convolutions', 'inference'])(
    'rate 0 gives what the model gave before: %s',
    async (name) => {
      const model = await goldenModel(name)
      const before = await plain(runtime, model, provider)
      const points = name === 'inference' ? [{ tensor: 'maps', noiseShape: [null, null, 1, 1] }] : undefined
      const session = await open(runtime, model, { executionProviders, rate: 0, points })
      const dims = { convolutions: [2, 1, 8, 8], inference: [2, 1, 5, 5] }[name] ?? [2, 4]
      const feeds = { x: tensor(dims) }
      const { y } = await before.run(feeds)
      const { mean, dims: shape } = await session.predict(feeds, { samples: 1, seed: 1 })
      expect(shape).toEqual(y.dims)
      expectSameBits(mean, (await y.getData()) as Float32Array)
    },
  )

  test.each([
    ['one by one', 1],
    ['stacked in the batch', 4],
  ])(
    'a prediction is the mean and variance of separate runs with the same noise, %s',
    async (_, samplesPerRun) => {
      const model = await goldenModel('convolutions')
      const rule = {
        noiseShape: ({ node }: { node?: string }) => (node === 'drop1' ? [null, null, 1, 1] : null),
      }
      const session = await open(runtime, model, { executionProviders, ...rule })
      const feeds = { x: tensor([3, 1, 10, 10]) }
      const samples = 9
      const draw = { samples, samplesPerRun, seed: 11, firstStep: 2 }
      const got = await session.predict(feeds, { ...draw, outputs: 'probabilities' })
      expect(session.split.trunkNodes).toBeGreaterThan(0)

      const { model: stochastic } = makeStochastic(model, rule)
      const byHand = await plain(ort, stochastic, 'wasm')
      const runs: Float32Array[] = []
      for (let step = 2; step < 2 + samples; step++) {
        const draw = (shape: number[], rate: number, stream: number) =>
          new ort.Tensor('float32', noise({ shape, rate, seed: 11, stream, step }), shape)
        const { y } = await byHand.run({
          ...feeds,
          noise_0: draw([3, 8, 1, 1], 0.4, 0),
          noise_1: draw([3, 8], 0.5, 1),
        })
        runs.push(y.data as Float32Array)
      }
      const mean = Array.from(got.mean, (_, i) => runs.reduce((sum, run) => sum + run[i], 0) / samples)
      const variance = Array.from(
        got.variance,
        (_, i) => runs.reduce((sum, run) => sum + (run[i] - mean[i]) ** 2, 0) / samples,
      )
      expect(got.dims).toEqual([3, 5])
      expect(got.samples).toBe(samples)
      expect(Math.max(...variance)).toBeGreaterThan(1e-4)
      got.mean.forEach((value, i) => {
        expect(value).toBeCloseTo(mean[i], 5)
      })
      got.variance.forEach((value, i) => {
        expect(value).toBeCloseTo(variance[i], 5)
      })
      const entropy = (p: number[]) => p.reduce((sum, q) => sum - (q > 0 ? q * Math.log(q) : 0), 0)
      const row = (all: ArrayLike<number>, r: number) => Array.from(all).slice(r * 5, r * 5 + 5)
      for (let r = 0; r < 3; r++) {
        const expectedEntropy = runs.reduce((sum, run) => sum + entropy(row(run, r)), 0) / samples
        expect(got.predictiveEntropy?.[r]).toBeCloseTo(entropy(row(mean, r)), 4)
        expect(got.mutualInformation?.[r]).toBeCloseTo(entropy(row(mean, r)) - expectedEntropy, 4)
      }
    },
  )

  test('sizes that the model does not state are measured, once per size of the feeds', async () => {
    const session = await open(runtime, await goldenModel('convolutions'), { executionProviders })
    expect(session.points[0].shape).toEqual(['n', 8, null, null])
    for (const dims of [
      [2, 1, 6, 7],
      [1, 1, 9, 5],
      [2, 1, 6, 7],
    ]) {
      const { mean } = await session.predict({ x: tensor(dims) }, { samples: 2, seed: 1 })
      expect(mean).toHaveLength(dims[0] * 5)
    }
  })

  test('dropout in the branches of an If and the body of a Loop', async () => {
    const session = await open(runtime, await goldenModel('subgraphs'), { executionProviders })
    for (const first of [true, false]) {
      const feeds = { x: tensor([2, 4]), first: new ort.Tensor('bool', [first], []) }
      const { variance } = await session.predict(feeds, { samples: 8, seed: 1 })
      expect(Math.max(...variance)).toBeGreaterThan(0)
    }
  })

  test('a signal ends a prediction at once, and the next one works', async () => {
    const session = await open(runtime, dropoutOnly(['n', 4], 0.5), { executionProviders })
    const feeds = { x: ones([2, 4]) }
    const controller = new AbortController()
    const aborted = session.predict(feeds, {
      samples: 1000,
      seed: 1,
      samplesPerRun: 1,
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done === 3) controller.abort(new Error('enough'))
      },
    })
    const waiting = session.predict(feeds, { samples: 4, seed: 2 })
    await expect(aborted).rejects.toThrow('enough')
    const alone = await session.predict(feeds, { samples: 4, seed: 2 })
    expectSameBits((await waiting).mean, alone.mean)
  })

  test('two sessions predict at the same time', async () => {
    const [one, two] = [
      await open(runtime, dropoutOnly(['n', 4], 0.5), { executionProviders }),
      await open(runtime, dropoutOnly(['n', 4], 0.5), { executionProviders }),
    ]
    const predict = (session: MonteCarloSession) =>
      session.predict({ x: ones([2, 4]) }, { samples: 20, seed: 1 })
    const alone = await predict(one)
    for (const { mean } of await Promise.all([predict(one), predict(two), predict(one)])) {
      expectSameBits(mean, alone.mean)
    }
  })

  test('dropout of weights keeps its own mask with oneMaskForBatch', async () => {
    const points = [{ tensor: 'w', rate: 0.5 }]
    const model = encode({
      name: 'weights',
      node: [node('Add', ['x', 'w'], ['y'])],
      input: [info('x', [3, 4])],
      output: [info('y', [3, 4])],
      initializer: [constant('w', [3, 4], new Array(12).fill(1))],
    })
    const session = await open(runtime, model, { executionProviders, points })
    const feeds = { x: new ort.Tensor('float32', new Float32Array(12), [3, 4]) }
    const { mean } = await session.predict(feeds, { samples: 1, seed: 2, oneMaskForBatch: true })
    expectSameBits(mean, noise({ shape: [3, 4], rate: 0.5, seed: 2 }))
  })

  test('onProgress reads the statistics so far, with their shape', async () => {
    const session = await open(runtime, dropoutOnly(['n', 4], 0.5), { executionProviders })
    const seen: number[] = []
    await session.predict(
      { x: ones([2, 4]) },
      {
        samples: 3,
        seed: 1,
        samplesPerRun: 1,
        onProgress: async ({ done, samples, read }) => {
          const { dims, mean } = await read()
          seen.push(done, samples, ...dims, mean.length)
        },
      },
    )
    expect(seen).toEqual([1, 3, 2, 4, 8, 2, 3, 2, 4, 8, 3, 3, 2, 4, 8])
  })

  test('release waits for the pending prediction; later ones are refused', async () => {
    const session = await createMonteCarloSession(runtime, dropoutOnly(['n', 4], 0.5), { executionProviders })
    const prediction = session.predict({ x: ones([2, 4]) }, { samples: 5, seed: 1 })
    await session.release()
    await session.release()
    expect((await prediction).samples).toBe(5)
    await expect(session.predict({ x: ones([2, 4]) }, { samples: 5, seed: 1 })).rejects.toThrow(/released/)
  })

  test('wrong arguments of a prediction are refused with clear errors', async () => {
    const session = await open(runtime, await goldenModel('opset13'), { executionProviders })
    const feeds = { x: tensor([2, 4]) }
    await expect(session.predict(feeds, { samples: 0, seed: 1 })).rejects.toThrow(RangeError)
    await expect(session.predict(feeds, { samples: 1, seed: -1 })).rejects.toThrow(RangeError)
    const misspelt = { samples: 1, seed: 1, first_step: 2 }
    await expect(session.predict(feeds, misspelt)).rejects.toThrow(/first_step is 2.*Pass it as firstStep\.$/)
    const forward = { samples: 1, seed: 1, forward: () => new Float32Array(1) }
    await expect(session.predict(feeds, forward)).rejects.toThrow(/options\.forward is a function/)
    await expect(session.predict(feeds, undefined as never)).rejects.toThrow(
      /Pass e\.g\. \{ samples: 100, seed: 42 \}\.$/,
    )
    await expect(session.predict(feeds, { samples: 1, seed: 1, output: 'z' })).rejects.toThrow(
      /no output of that name/,
    )
    await expect(
      session.predict(feeds, { samples: 1, seed: 1, outputs: 'probabilities', classes: 2 }),
    ).rejects.toThrow(/classes is 2/)
    await expect(session.predict({}, { samples: 1, seed: 1 })).rejects.toThrow()
    const noFeeds = undefined as unknown as typeof feeds
    await expect(session.predict(noFeeds, { samples: 1, seed: 1 })).rejects.toThrow(/feeds is undefined/)
    const noTensor = { x: [1, 2] } as unknown as typeof feeds
    await expect(session.predict(noTensor, { samples: 1, seed: 1 })).rejects.toThrow(/feeds\.x is \[1, 2\]/)
    const noFunction = 5 as unknown as () => void
    await expect(session.predict(feeds, { samples: 1, seed: 1, onProgress: noFunction })).rejects.toThrow(
      TypeError,
    )
    expect((await session.predict(feeds, { samples: 1, seed: 1 })).samples).toBe(1)
  })

  test('an output that is not float32 is refused', async () => {
    const session = await open(runtime, await goldenModel('opset11'), { executionProviders })
    await expect(
      session.predict({ x: tensor([2, 4]) }, { samples: 1, seed: 1, output: 'mask' }),
    ).rejects.toThrow(/holds bool/)
  })
})

describe('a model with an active Dropout', () => {
  const load = async (provider: string, graphOptimizationLevel: 'disabled' | 'all') => {
    const model = await goldenModel('opset12')
    return ortWebgpu.InferenceSession.create(model, {
      executionProviders: [provider],
      graphOptimizationLevel,
    })
  }

  test.each([
    { provider: 'webgpu', message: /Provider type for Dropout node/ },
    { provider: 'wasm', message: /Could not find an implementation for Dropout/ },
  ] as const)('does not load with $provider, and what becomes of it does', async ({ provider, message }) => {
    await expect(load(provider, 'disabled')).rejects.toThrow(message)
    const session = await open(ortWebgpu, await goldenModel('opset12'), {
      executionProviders: [provider],
      sessionOptions: { graphOptimizationLevel: 'disabled' },
    })
    const { variance } = await session.predict({ x: tensor([2, 4]) }, { samples: 10, seed: 1 })
    expect(Math.max(...variance)).toBeGreaterThan(0)
  })

  test('loses it to the optimiser, and what becomes of it keeps it', async () => {
    const original = await load('wasm', 'all')
    sessions.push(original)
    const feeds = { x: tensor([2, 4]) }
    const [first, second] = [await original.run(feeds), await original.run(feeds)]
    expectSameBits(first.y.data as Float32Array, second.y.data as Float32Array)
    const session = await open(ortWebgpu, await goldenModel('opset12'), {
      executionProviders: ['wasm'],
      sessionOptions: { graphOptimizationLevel: 'all' },
    })
    const { variance } = await session.predict(feeds, { samples: 10, seed: 1 })
    expect(Math.max(...variance)).toBeGreaterThan(0)
  })
})

test('a model in half precision gets noise in half precision', async () => {
  const session = await open(ort, await goldenModel('float16'), { executionProviders: ['wasm'] })
  const original = await plain(ort, await goldenModel('float16'), 'wasm')
  const feeds = { x: tensor([2, 4]) }
  const { y } = await original.run(feeds)
  const { mean } = await session.predict(feeds, { samples: 1, seed: 1 })
  const drawn = noise({ shape: [2, 6], rate: 0.3, seed: 1 })
  mean.forEach((value, i) => {
    expect(Math.abs(value - (y.data as Float32Array)[i] * drawn[i])).toBeLessThanOrEqual(
      Math.abs(value) * 2 ** -10,
    )
  })
})

test('a model in half precision on an adapter without it is handed on to wasm, with the reason', async () => {
  const model = await goldenModel('float16')
  const session = await open(ortWebgpu, model, { executionProviders: ['webgpu', 'wasm'] })
  const onWasm = await open(ortWebgpu, model, { executionProviders: ['wasm'] })
  const feeds = { x: tensor([2, 4]) }
  const { mean } = await session.predict(feeds, { samples: 3, seed: 1 })
  expectSameBits(mean, (await onWasm.predict(feeds, { samples: 3, seed: 1 })).mean)
  expect([session.backend, session.executionProvider]).toEqual(['cpu', 'wasm'])
  expect(session.fallbackReason).toMatch(/^webgpu: .*(f16|float16|shader)/is)
  expect((await session.predict(feeds, { samples: 3, seed: 1 })).mean).toEqual(mean)
})

test('external data can be passed in the session options', async () => {
  const path = 'external.data'
  const sessionOptions = { externalData: [{ path, data: await goldenData() }] }
  const session = await open(ortWebgpu, await goldenModel('external'), {
    executionProviders: ['webgpu'],
    sessionOptions,
  })
  const within = await open(ortWebgpu, await goldenModel('opset12'), { executionProviders: ['webgpu'] })
  const [one, two] = [session, within].map((each) =>
    each.predict({ x: tensor([2, 4]) }, { samples: 3, seed: 1 }),
  )
  expectSameBits((await one).mean, (await two).mean)
})

describe('buffers', () => {
  test('noise is allocated once for each shape of the feeds', async () => {
    const session = await open(ortWebgpu, await goldenModel('opset13'), { executionProviders: ['webgpu'] })
    const device = (await ortWebgpu.env.webgpu.device) as GPUDevice
    const predict = (rows: number) =>
      session.predict({ x: tensor([rows, 4]) }, { samples: 20, seed: 1, samplesPerRun: 1 })
    const created = vi.spyOn(device, 'createBuffer')
    const noiseBuffers = () =>
      created.mock.calls.filter(([{ label }]) => label === 'noiseshape/noise/tensor').length
    await predict(2)
    expect(noiseBuffers()).toBe(1)
    await predict(2)
    expect(noiseBuffers()).toBe(1)
    await predict(3)
    expect(noiseBuffers()).toBe(2)
    await predict(2)
    expect(noiseBuffers()).toBe(2)
  })

  test('one read-back ends a prediction', async () => {
    const session = await open(ortWebgpu, dropoutOnly(['n', 4], 0.5), { executionProviders: ['webgpu'] })
    await session.predict({ x: ones([2, 4]) }, { samples: 2, seed: 1 }) // it compares a stacked run with single ones
    const mapped = vi.spyOn(GPUBuffer.prototype, 'mapAsync')
    await session.predict({ x: ones([2, 4]) }, { samples: 20, seed: 1 })
    expect(mapped).toHaveBeenCalledTimes(1)
  })

  test('release destroys every buffer that noiseshape made', async () => {
    const session = await createMonteCarloSession(ortWebgpu, dropoutOnly(['n', 4], 0.5), {
      executionProviders: ['webgpu'],
    })
    const device = (await ortWebgpu.env.webgpu.device) as GPUDevice
    const create = vi.spyOn(device, 'createBuffer')
    const destroy = vi.spyOn(GPUBuffer.prototype, 'destroy')
    for (let rows = 1; rows < 12; rows++)
      await session.predict({ x: ones([rows, 4]) }, { samples: 2, seed: 1 })
    await session.release()
    const ours = create.mock.results
      .map(({ value }) => value)
      .filter(({ label }) => label.startsWith('noiseshape/'))
    expect(ours.length).toBeGreaterThan(20)
    const destroyed = new Set(destroy.mock.contexts)
    for (const buffer of ours) expect(destroyed).toContain(buffer)
  })
})

test('where the only GPU is software, a session runs on wasm by default, and says why', async () => {
  const created = vi.spyOn(ort.InferenceSession, 'create')
  const session = await open(ort, dropoutOnly(['n', 4], 0.5), {})
  expect(created.mock.calls.map(([, options]) => options?.executionProviders)).toEqual([['wasm']])
  expect(session.backend).toBe('cpu')
  expect(session.fallbackReason).toMatch(/^webgpu: .*software/)
  const { mean } = await session.predict({ x: ones([2, 4]) }, { samples: 1, seed: 1 })
  expectSameBits(mean, noise({ shape: [2, 4], rate: 0.5, seed: 1 }))
})

describe('where there is no GPU', () => {
  const without = withoutWebgpu(ort)

  test('a session uses wasm and says why', async () => {
    pretendHardware()
    const session = await open(without, dropoutOnly(['n', 4], 0.5), {})
    expect(session.backend).toBe('cpu')
    expect(session.fallbackReason).toBe('webgpu: no adapter')
    const { mean } = await session.predict({ x: ones([2, 4]) }, { samples: 1, seed: 1 })
    expectSameBits(mean, noise({ shape: [2, 4], rate: 0.5, seed: 1 }))
  })

  test('with webgpu as the only provider it rejects', async () => {
    const opening = createMonteCarloSession(without, dropoutOnly(['n', 4], 0.5), {
      executionProviders: ['webgpu'],
    })
    await expect(opening).rejects.toThrow('no adapter')
    await expect(opening).rejects.toThrow(AggregateError)
  })
})

test('GPU and wasm agree', async () => {
  const model = encode({
    name: 'agree',
    node: [
      node('MatMul', ['x', 'w'], ['hidden']),
      node('Tanh', ['hidden'], ['t']),
      node('Dropout', ['t'], ['dropped']),
      node('MatMul', ['dropped', 'v'], ['y']),
    ],
    input: [info('x', ['n', 4])],
    output: [info('y', ['n', 3])],
    initializer: [
      constant('w', [4, 8], Array.from(values(32, 3))),
      constant('v', [8, 3], Array.from(values(24, 4))),
    ],
  })
  const [gpu, cpu] = await Promise.all(
    (['webgpu', 'wasm'] as const).map(async (provider) => {
      const session = await open(provider === 'webgpu' ? ortWebgpu : ort, model, {
        executionProviders: [provider],
      })
      return session.predict({ x: tensor([5, 4]) }, { samples: 50, seed: 8, outputs: 'logits' })
    }),
  )
  for (const key of ['mean', 'variance', 'predictiveEntropy', 'mutualInformation'] as const) {
    gpu[key]?.forEach((value, i) => {
      expect(value).toBeCloseTo(cpu[key]?.[i] as number, 4)
    })
    expect(gpu[key]?.length).toBe(key === 'mean' || key === 'variance' ? 15 : 5)
  }
})

/** By NumPy's rules, for equal ranks. */
function broadcast(from: Float32Array, fromShape: number[], shape: number[]): Float32Array {
  const result = new Float32Array(shape.reduce((a, b) => a * b, 1))
  return result.map((_, i) => {
    let rest = i
    let place = 0
    let stride = 1
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const index = rest % shape[axis]
      rest = Math.floor(rest / shape[axis])
      if (fromShape[axis] > 1) place += index * stride
      stride *= fromShape[axis]
    }
    return from[place]
  })
}
