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
