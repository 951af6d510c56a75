import { afterEach, describe, expect, test, vi } from 'vitest'
import { createEngine, EngineDestroyedError, WebGPUUnavailableError } from '../../src/index.js'
import { expectSameBits, floats } from '../support/compare'
import { input } from '../support/inputs'
import { judgeDropout, judgeMask } from '../support/judge'
import { caught, expectRefusal } from '../support/refusals'

const draw = { shape: [3, 50], noiseShape: [3, 1], rate: 0.5, seed: 4 }

afterEach(() => vi.unstubAllGlobals())

/** The ways in which a machine has no GPU to offer; Node itself is the first. */
const WITHOUT_GPU = [
  { name: 'no navigator', navigator: undefined, reason: /WebGPU/ },
  { name: 'no navigator.gpu', navigator: {}, reason: /navigator\.gpu/ },
  { name: 'no adapter', navigator: { gpu: { requestAdapter: async () => null } }, reason: /adapter/ },
  {
    name: 'a failing request for an adapter',
    navigator: { gpu: { requestAdapter: () => Promise.reject(new Error('the blocklist said no')) } },
    reason: /the blocklist said no/,
  },
  {
    name: 'an adapter without a device',
    navigator: {
      gpu: {
        requestAdapter: async () => ({
          limits: {},
          requestDevice: () => Promise.reject(new Error('the driver said no')),
        }),
      },
    },
    reason: /the driver said no/,
  },
]

describe.each(WITHOUT_GPU)('with $name', ({ navigator, reason }) => {
  test("'auto' uses the CPU, says why, and gives the right bits", async () => {
    vi.stubGlobal('navigator', navigator)
    const engine = await createEngine({ backend: 'auto' })
    expect(engine.backend).toBe('cpu')
    expect(engine.fallbackReason).toMatch(reason)
    expect(engine.adapterInfo).toBeUndefined()
    const x = input(draw.shape, 1, 'half')
    expectSameBits(await engine.dropout(floats(x), draw), judgeDropout(x, draw), { shape: draw.shape })
    expectSameBits(await engine.mask(draw), judgeMask(draw), { packed: true })
    engine.destroy()
  })

  test("'webgpu' throws WebGPUUnavailableError and says why", async () => {
    vi.stubGlobal('navigator', navigator)
    const error = await caught(() => createEngine({ backend: 'webgpu' }))
    expect(error).toBeInstanceOf(WebGPUUnavailableError)
    expect(error.name).toBe('WebGPUUnavailableError')
    expect(error.message).toMatch(reason)
  })
})

/** What the runtimes say of an adapter: Chrome leaves members empty, and wgpu numbers the vendor. */
const SOFTWARE = [
  { name: 'Chrome', info: { vendor: 'google', architecture: 'swiftshader' }, called: 'google swiftshader' },
  {
    name: 'Deno',
    info: { vendor: '65541', description: 'llvmpipe (LLVM 15.0.6, 256 bits)' },
    called: 'llvmpipe (LLVM 15.0.6, 256 bits)',
  },
  {
    name: 'a runtime that names it in full',
    info: { vendor: 'mesa', architecture: 'llvmpipe', description: 'LLVM 15' },
    called: 'mesa llvmpipe LLVM 15',
  },
  { name: 'a runtime that names nothing', info: { isFallbackAdapter: true }, called: 'an unnamed adapter' },
]

test.each(SOFTWARE)('a software adapter is called by what $name says of it', async ({ info, called }) => {
  const requestAdapter = async () => ({ info: { vendor: '', architecture: '', description: '', ...info } })
  vi.stubGlobal('navigator', { gpu: { requestAdapter } })
  const { backend, fallbackReason } = await createEngine()
  expect(backend).toBe('cpu')
  expect(fallbackReason).toContain(
    `software adapter, which is slower than running on the CPU directly: ${called}. `,
  )
})

test('without WebGPU the reason says how each runtime gets it', async () => {
  const { fallbackReason } = await createEngine()
  for (const word of ['browsers', 'Node', 'Deno']) expect(fallbackReason).toContain(word)
})

test("'auto' is the default", async () => {
  expect((await createEngine()).fallbackReason).toMatch(/WebGPU/)
  expect((await createEngine({})).backend).toBe('cpu')
})

test("'cpu' is no fallback, so there is no reason to report", async () => {
  const engine = await createEngine({ backend: 'cpu' })
  expect(engine.backend).toBe('cpu')
  expect(engine.fallbackReason).toBeUndefined()
  expect(engine.adapterInfo).toBeUndefined()
})

test("the reason is the same sentence that the error of 'webgpu' has", async () => {
  const error = await caught(() => createEngine({ backend: 'webgpu' }))
  expect((await createEngine({ backend: 'auto' })).fallbackReason).toBe(error.message)
})

test('calls on a destroyed engine reject and say so; destroying it twice is allowed', async () => {
  const engine = await createEngine({ backend: 'cpu' })
  engine.destroy()
  engine.destroy()
  const calls = [
    () => engine.dropout(new Float32Array(150), draw),
    () => engine.mask(draw),
    () => engine.noise(draw),
    () => engine.spatialDropout1D(new Float32Array(6), { shape: [1, 2, 3], rate: 0.5, seed: 1 }),
  ]
  for (const call of calls) {
    const error = await caught(call)
    expect(error).toBeInstanceOf(EngineDestroyedError)
    expect(error.message).toMatch(/destroyed.*createEngine/s)
  }
})

describe('options of createEngine', () => {
  test.each([
    {
      name: 'an unknown backend',
      options: { backend: 'gpu' },
      kind: RangeError,
      says: ['backend', "'gpu'", 'auto', 'webgpu', 'cpu'],
    },
    { name: 'a number as backend', options: { backend: 1 }, kind: TypeError, says: ['backend', '1', 'auto'] },
    { name: 'null as backend', options: { backend: null }, kind: TypeError, says: ['backend', 'null'] },
    { name: 'null as options', options: null, kind: TypeError, says: ['options', 'null', 'object'] },
    {
      name: 'an object that is no device',
      options: { device: {} },
      kind: TypeError,
      says: ['device', 'GPUDevice'],
    },
    {
      name: 'text as device',
      options: { device: 'gpu0' },
      kind: TypeError,
      says: ['device', "'gpu0'", 'GPUDevice'],
    },
    {
      name: 'null as device',
      options: { device: null },
      kind: TypeError,
      says: ['device', 'null', 'GPUDevice'],
    },
    {
      name: 'a promise of a device',
      options: { device: Promise.resolve({}) },
      kind: TypeError,
      says: ['device', 'Promise', 'GPUDevice'],
    },
  ])('$name is refused', async ({ options, kind, says }) => {
    const error = await caught(() => createEngine(options as Parameters<typeof createEngine>[0]))
    expectRefusal(error, kind, says)
  })
})
