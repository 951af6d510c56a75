/** Which provider a Monte Carlo session takes, and what it says when it takes none; with a runtime that only notes what it is asked. */

import { createMonteCarloSession, type MonteCarloSessionOptions, type OrtModule } from 'noiseshape/onnx'
import type { Tensor } from 'onnxruntime-web'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { dropoutOnly } from '../support/onnx-models'
import { caught, expectRefusal } from '../support/refusals'

const MODEL = dropoutOnly(['n', 3], 0.5)

/** The providers that a runtime was asked to open the model with. */
let asked: string[]

/** A runtime whose WebGPU refuses every model; so does its wasm where a reason is given. */
function runtime(wasm?: string): OrtModule {
  const session = { inputNames: ['x', 'noise_0'], outputNames: ['y'], release: async () => {} }
  const create = async (_: unknown, { executionProviders }: { executionProviders: string[] }) => {
    const [provider] = executionProviders
    asked.push(provider)
    const reason = provider === 'webgpu' ? 'the shader said no' : wasm
    if (reason) throw new Error(reason)
    return session
  }
  return { InferenceSession: { create }, Tensor: class {}, env: {} } as unknown as OrtModule
}

const requestAdapter = vi.fn()

function adapter(info: Partial<GPUAdapterInfo>): void {
  requestAdapter.mockResolvedValue({ info })
  vi.stubGlobal('navigator', { gpu: { requestAdapter } })
}

const SOFTWARE = { vendor: 'google', architecture: 'swiftshader', description: '' }
const HARDWARE = { vendor: 'nvidia', architecture: 'ampere', description: '' }

beforeEach(() => {
  asked = []
  requestAdapter.mockReset()
})
afterEach(() => vi.unstubAllGlobals())

describe('by default', () => {
  test('a software adapter is left for wasm before the runtime makes a device, and the reason is given', async () => {
    adapter(SOFTWARE)
    const session = await createMonteCarloSession(runtime(), MODEL)
    expect(asked).toEqual(['wasm'])
    expect(session.backend).toBe('cpu')
    expect(session.fallbackReason).toMatch(
      /^webgpu: .*software.*google swiftshader\. Pass executionProviders: \['webgpu'\]/,
    )
  })

  test('a hardware adapter is tried', async () => {
    adapter(HARDWARE)
    const session = await createMonteCarloSession(runtime(), MODEL)
    expect(asked).toEqual(['webgpu', 'wasm'])
    expect(session.fallbackReason).toBe('webgpu: the shader said no')
  })

  test('without WebGPU it is wasm', async () => {
    vi.stubGlobal('navigator', {})
    const session = await createMonteCarloSession(runtime(), MODEL)
    expect(asked).toEqual(['wasm'])
    expect(session.fallbackReason).toMatch(/^webgpu: .*navigator\.gpu is undefined/)
  })
})

test.each([{ providers: ['webgpu', 'wasm'] as const }, { providers: ['wasm', 'webgpu'] as const }])(
  'providers that are named, $providers, are tried in that order, on any adapter',
  async ({ providers }) => {
    adapter(SOFTWARE)
    await createMonteCarloSession(runtime('no wasm'), MODEL, { executionProviders: providers }).catch(
      () => {},
    )
    expect(asked).toEqual(providers)
    expect(requestAdapter).not.toHaveBeenCalled()
  },
)

describe('where no provider opens the model', () => {
  const failure = async (options?: MonteCarloSessionOptions) => {
    const error = await caught(() => createMonteCarloSession(runtime('no such operator'), MODEL, options))
    expect(error).toBeInstanceOf(AggregateError)
    return error as AggregateError
  }

  test('the error has the reason of each', async () => {
    adapter(HARDWARE)
    const { message, errors } = await failure()
    expect(message).toMatch(/^noiseshape: .*webgpu: the shader said no; wasm: no such operator$/)
    expect(errors.map(({ message }) => message)).toEqual(['the shader said no', 'no such operator'])
  })

  test('that includes the adapter that was left', async () => {
    adapter(SOFTWARE)
    const { message, errors } = await failure()
    expect(message).toMatch(/webgpu: .*software.*; wasm: no such operator$/)
    expect(errors.map(({ name }) => name)).toEqual(['WebGPUUnavailableError', 'Error'])
  })

  test('a single provider has one', async () => {
    const { errors } = await failure({ executionProviders: ['wasm'] })
    expect(errors.map(({ message }) => message)).toEqual(['no such operator'])
  })
})

describe('in the first prediction', () => {
  const OPTIONS = { samples: 2, seed: 1 }
  /** How often each provider ran the model and was released. */
  let runs: string[]
  let released: string[]

  /** A runtime on which only some providers can run what all of them open, and only some feeds. */
  function running(able: readonly string[], fits = (x: { dims: number[] }) => x.dims[1] === 3): OrtModule {
    runs = []
    released = []
    const create = async (_: unknown, { executionProviders }: { executionProviders: string[] }) => {
      const [provider] = executionProviders
      const run = async ({ x }: { x: { dims: number[] } }) => {
        runs.push(provider)
        if (!able.includes(provider)) throw new Error(`${provider} lacks an operator`)
        if (!fits(x)) throw new Error('the sizes do not fit')
        const data = Float32Array.of(1, 2, 3)
        return { y: { type: 'float32', dims: [1, 3], size: 3, location: 'cpu', data, dispose() {} } }
      }
      return {
        inputNames: ['x', 'noise_0'],
        outputNames: ['y'],
        run,
        release: async () => void released.push(provider),
      }
    }
    return { InferenceSession: { create }, Tensor: class {}, env: {} } as unknown as OrtModule
  }

  const feed = (...dims: number[]) => ({ x: { dims, type: 'float32', size: 3 } as unknown as Tensor })
  const open = (runtime: OrtModule, executionProviders: MonteCarloSessionOptions['executionProviders']) =>
    createMonteCarloSession(runtime, MODEL, { executionProviders })

  test('a provider that cannot run the model hands it on to the next, with the reason', async () => {
    const session = await open(running(['cpu']), ['webnn', 'wasm', 'cpu'])
    expect([session.executionProvider, session.fallbackReason]).toEqual(['webnn', undefined])
    const seen: number[] = []
    const { mean } = await session.predict(feed(1, 3), {
      ...OPTIONS,
      onProgress: ({ done }) => void seen.push(done),
    })
    expect([...mean]).toEqual([1, 2, 3])
    expect(runs).toEqual(['webnn', 'wasm', 'cpu', 'cpu'])
    expect(seen).toEqual([1, 2])
    expect([session.executionProvider, session.fallbackReason]).toEqual([
      'cpu',
      'webnn: webnn lacks an operator',
    ])
    await session.predict(feed(1, 3), OPTIONS)
    expect(runs.slice(4)).toEqual(['cpu', 'cpu'])
    await session.release()
    expect(released.toSorted()).toEqual(['cpu', 'wasm', 'webnn'])
  })

  test('predictions that fail together are all handed on, and the provider is replaced once', async () => {
    const session = await open(running(['wasm']), ['webnn', 'wasm'])
    const results = await Promise.all([1, 2, 3].map(() => session.predict(feed(1, 3), OPTIONS)))
    expect(results.map(({ mean }) => [...mean])).toEqual(new Array(3).fill([1, 2, 3]))
    expect(session.executionProvider).toBe('wasm')
    await session.release()
    expect(released.toSorted()).toEqual(['wasm', 'webnn'])
  })

  test('feeds that no provider can take are to blame themselves: the first error, and nothing is replaced', async () => {
    const session = await open(running(['webnn', 'wasm']), ['webnn', 'wasm'])
    const error = await caught(() => session.predict(feed(1, 4), OPTIONS))
    expect(error.message).toBe('the sizes do not fit')
    expect([session.executionProvider, session.fallbackReason]).toEqual(['webnn', undefined])
    expect(released).toEqual(['wasm'])
    expect([...(await session.predict(feed(1, 3), OPTIONS)).mean]).toEqual([1, 2, 3])
    runs = []
    await caught(() => session.predict(feed(1, 4), OPTIONS))
    expect(runs).toEqual(['webnn']) // it has run once, so the model is not opened again
    await session.release()
  })

  test('an abort and a wrong option are no reason to try another provider', async () => {
    const session = await open(running([]), ['webnn', 'wasm'])
    const signal = AbortSignal.abort(new Error('enough'))
    expect((await caught(() => session.predict(feed(1, 3), { ...OPTIONS, signal }))).message).toBe('enough')
    await caught(() => session.predict(feed(1, 3), { ...OPTIONS, samples: 0 }))
    expect(runs).toEqual([])
    expect(session.executionProvider).toBe('webnn')
    await session.release()
  })
})

test.each([
  { given: ['webnn'] as const, passed: ['webnn'] },
  { given: [{ name: 'webnn', deviceType: 'gpu' }] as const, passed: [{ name: 'webnn', deviceType: 'gpu' }] },
])('a provider is passed on as it is given: $given', async ({ given, passed }) => {
  const seen: unknown[] = []
  const create = async (
    _: unknown,
    options: { executionProviders: unknown; preferredOutputLocation: unknown },
  ) => {
    seen.push(options.executionProviders, options.preferredOutputLocation)
    return { inputNames: ['x', 'noise_0'], outputNames: ['y'], release: async () => {} }
  }
  const ort = { InferenceSession: { create }, Tensor: class {}, env: {} } as unknown as OrtModule
  const session = await createMonteCarloSession(ort, MODEL, { executionProviders: given })
  expect(seen).toEqual([passed, 'cpu'])
  expect([session.executionProvider, session.backend]).toEqual(['webnn', 'cpu'])
})

test('a feed that the model does not have is named, with the inputs that it has', async () => {
  const session = await createMonteCarloSession(runtime(), MODEL, { executionProviders: ['wasm'] })
  const tensor = { dims: [1, 3] } as unknown as Tensor
  const options = { samples: 1, seed: 1 }
  const strangers: [string, Record<string, Tensor>][] = [
    ["'X'", { X: tensor }],
    ["'X'", { x: tensor, X: tensor }],
    ["'noise_0'", { x: tensor, noise_0: tensor }],
  ]
  for (const [name, feeds] of strangers) {
    expectRefusal(await caught(() => session.predict(feeds, options)), RangeError, [name, "['x']"])
  }
})

test('a list of points in place of the options is named as such', async () => {
  const points = [{ tensor: 'x', rate: 0.5 }] as MonteCarloSessionOptions
  const error = await caught(() => createMonteCarloSession(runtime(), MODEL, points))
  expectRefusal(error, TypeError, ['options', 'an object', '{ points: [{ tensor: '])
})
