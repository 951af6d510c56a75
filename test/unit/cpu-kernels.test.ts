/** WebAssembly and JavaScript on the CPU: the same bits over many windows, when each runs, and what it takes. */

import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { compile } from '../../scripts/assemblyscript.mjs'
import { dropout, mask, noise } from '../../src/cpu/index.js'
import drawModule from '../../src/generators/native-1/keep-flags.simd.ts?wasm'
import momentsModule from '../../src/monte-carlo/moments.simd.ts?wasm'
import { type Accumulation, emptySums } from '../../src/monte-carlo/statistics.js'
import { accumulate } from '../../src/monte-carlo/statistics-cpu.js'
import applyModule from '../../src/simd/apply.simd.ts?wasm'
import { CPU_KERNELS, forceKernel, kernelFor } from '../../src/simd/choice.js'
import { flagsModule } from '../../src/simd/flags.js'
import { expectSameBits, floats } from '../support/compare'
import { input, type Oddness } from '../support/inputs'
import { judgeDropout, judgeMask, judgeNoise } from '../support/judge'

afterEach(() => {
  forceKernel()
  vi.unstubAllGlobals()
})

/** Values that WebAssembly computes at a time. */
const WINDOW = 2 ** 14

/** Tensors whose windows end in the middle of rows, runs, words and groups. */
const SHAPES: { name: string; shape: number[]; noiseShape?: number[] }[] = [
  { name: 'a window', shape: [WINDOW] },
  { name: 'one value more than two windows', shape: [2 * WINDOW + 1] },
  { name: 'rows longer than a window', shape: [2, WINDOW + 33] },
  { name: 'flags along rows longer than a window', shape: [3, WINDOW + 33], noiseShape: [1, WINDOW + 33] },
  { name: 'flags along rows shorter than a window', shape: [9, 5000], noiseShape: [1, 5000] },
  { name: 'runs longer than a window', shape: [5, WINDOW + 7], noiseShape: [5, 1] },
  { name: 'more than 32 runs longer than a window', shape: [40, WINDOW + 7], noiseShape: [40, 1] },
  { name: 'long rows of flags, each twice', shape: [3, 2, WINDOW + 33], noiseShape: [3, 1, WINDOW + 33] },
  { name: 'runs of an odd length', shape: [60, 1013], noiseShape: [60, 1] },
  { name: 'runs of three', shape: [20_000, 3], noiseShape: [20_000, 1] },
  { name: 'rows of three, each twice', shape: [9000, 2, 3], noiseShape: [9000, 1, 3] },
  { name: 'one flag for all', shape: [3 * WINDOW], noiseShape: [1] },
  { name: 'windows along a drawn dim', shape: [7, 6, 1500], noiseShape: [7, 1, 1500] },
  { name: 'windows along a broadcast dim', shape: [2, 50, 3, 400], noiseShape: [2, 1, 3, 1] },
  { name: 'eight dims', shape: [3, 2, 4, 3, 5, 7, 6, 8], noiseShape: [3, 1, 4, 1, 5, 1, 6, 1] },
]

describe.each(SHAPES)('$name: $shape, $noiseShape', ({ shape, noiseShape }) => {
  // the window of noise crosses from group 2^32 - 1 to group 2^32
  const draw = { shape, noiseShape, rate: 0.3, seed: 6, stream: 1, step: 2 ** 40, cellOffset: 2 ** 39 - 777 }

  test.each<Oddness>(['none', 'half'])('dropout, new and in place; odd values: %s', (oddness) => {
    const x = input(shape, 4, oddness)
    const expected = judgeDropout(x, draw)
    for (const kernel of CPU_KERNELS) {
      forceKernel(kernel)
      expectSameBits(dropout(floats(x), draw), expected, { shape, what: kernel })
      const values = floats(x.slice())
      dropout(values, { ...draw, output: values })
      expectSameBits(values, expected, { shape, what: `${kernel}, in place` })
    }
  })

  test('mask and noise', () => {
    const words = judgeMask(draw)
    const values = judgeNoise(draw)
    for (const kernel of CPU_KERNELS) {
      forceKernel(kernel)
      expectSameBits(mask(draw), words, { packed: true, what: kernel })
      expectSameBits(noise(draw), values, { what: kernel })
    }
  })
})

test('the kernels that these tests force are two', () => {
  forceKernel('wasm-simd')
  expect(kernelFor(1, flagsModule)).toBeDefined()
  forceKernel('javascript')
  expect(kernelFor(2 ** 24, flagsModule)).toBeUndefined()
})

describe('which one runs', () => {
  /** The library as it is before its first call. */
  async function fresh() {
    vi.resetModules()
    const { dropout, mask, cpuKernel } = await import('../../src/cpu/index.js')
    const { createEngine } = await import('../../src/index.js')
    const { accumulate } = await import('../../src/monte-carlo/statistics-cpu.js')
    return { dropout, mask, cpuKernel, createEngine, accumulate }
  }

  /** Counts what is made from here on. */
  function count() {
    const made = { modules: 0, memories: [] as WebAssembly.MemoryDescriptor[] }
    vi.stubGlobal('WebAssembly', {
      Instance: WebAssembly.Instance,
      Module: class extends WebAssembly.Module {
        constructor(bytes: BufferSource) {
          super(bytes)
          made.modules++
        }
      },
      Memory: class extends WebAssembly.Memory {
        constructor(descriptor: WebAssembly.MemoryDescriptor) {
          super(descriptor)
          made.memories.push(descriptor)
        }
      },
    })
    return made
  }

  /** Refuses WebAssembly, as engines do under a Content-Security-Policy without 'wasm-unsafe-eval'. */
  function refuse() {
    const { CompileError } = WebAssembly
    const tried = { modules: 0 }
    vi.stubGlobal('WebAssembly', {
      ...{ Instance: WebAssembly.Instance, Memory: WebAssembly.Memory },
      Module: class {
        constructor() {
          tried.modules++
          throw new CompileError('refused')
        }
      },
    })
    return tried
  }

  const LARGE = { shape: [300_000], rate: 0.5, seed: 3 }
  const ones = (length: number) => new Float32Array(length).fill(1)
  const valuesOf = (elements: number): Accumulation => ({
    outputs: 'values',
    elements,
    rowLength: 0,
    settling: false,
  })

  test('small tensors never compile WebAssembly, however many they are', async () => {
    const made = count()
    const { dropout, mask, accumulate } = await fresh()
    const sums = emptySums(valuesOf(10))
    for (let step = 0; step < 2000; step++) {
      accumulate(sums, ones(1000), valuesOf(10), 100)
      dropout(ones(500), { shape: [500], rate: 0.5, seed: 1, step })
      mask({ shape: [128], rate: 0.5, seed: 1, step })
    }
    expect(made).toEqual({ modules: 0, memories: [] })
  })

  test('larger ones compile it once, and share one memory of 128 KiB that cannot grow', async () => {
    const made = count()
    const { dropout, mask, cpuKernel } = await fresh()
    const x = ones(24_576)
    for (let step = 0; step < 20; step++) dropout(x, { shape: [32, 768], rate: 0.5, seed: 1, step })
    expect(made.modules).toBe(2) // the generator, and the rest
    dropout(ones(300_000), LARGE)
    mask(LARGE)
    expect(cpuKernel()).toBe('wasm-simd')
    expect(made.modules).toBe(2)
    expect(made.memories).toHaveLength(1)
    const [{ initial, maximum }] = made.memories
    expect([initial, maximum]).toEqual([2, 2]) // pages of 64 KiB
  })

  test('statistics of larger outputs compile one module, in the same memory', async () => {
    const made = count()
    const { accumulate, dropout } = await fresh()
    const accumulation = valuesOf(100_000)
    const sums = emptySums(accumulation)
    for (let sample = 0; sample < 5; sample++) accumulate(sums, ones(100_000), accumulation)
    expect(made.modules).toBe(1)
    dropout(ones(300_000), LARGE)
    expect(made.modules).toBe(3)
    expect(made.memories).toHaveLength(1)
  })

  test('the engine names it, too', async () => {
    const { createEngine } = await fresh()
    const engine = await createEngine({ backend: 'cpu' })
    expect(engine.cpuKernel).toBe('wasm-simd')
    engine.destroy()
  })

  const REFUSALS: { name: string; refuse: () => void }[] = [
    { name: 'a Content-Security-Policy refuses it', refuse },
    { name: 'there is no WebAssembly', refuse: () => vi.stubGlobal('WebAssembly', undefined) },
  ]

  test.each(REFUSALS)(
    'where $name, JavaScript computes all tensors, with the same bits',
    async ({ refuse }) => {
      const x = input(LARGE.shape, 2, 'rare')
      const expected = dropout(floats(x), LARGE)
      const words = mask(LARGE)
      const accumulation = valuesOf(300_000)
      const [expectedSums, sums] = [emptySums(accumulation), emptySums(accumulation)]
      accumulate(expectedSums, floats(x), accumulation)
      refuse()
      const library = await fresh()
      library.accumulate(sums, floats(x), accumulation)
      expectSameBits(sums.moments, expectedSums.moments)
      expectSameBits(library.dropout(floats(x), LARGE), expected)
      expectSameBits(library.mask(LARGE), words, { packed: true })
      expect(library.cpuKernel()).toBe('javascript')
      const engine = await library.createEngine({ backend: 'cpu' })
      expect(engine.cpuKernel).toBe('javascript')
      engine.destroy()
    },
  )

  test('a refusal is not tried again: each would be reported to the policy', async () => {
    const tried = refuse()
    const { dropout, cpuKernel } = await fresh()
    dropout(ones(300_000), LARGE)
    dropout(ones(300_000), LARGE)
    cpuKernel()
    expect(tried.modules).toBe(1)
  })
})

describe.each([
  { file: 'src/generators/native-1/keep-flags.simd.ts', module: drawModule },
  { file: 'src/simd/apply.simd.ts', module: applyModule },
  { file: 'src/monte-carlo/moments.simd.ts', module: momentsModule },
])('$file', ({ file, module }) => {
  const bytes = Buffer.from(module, 'hex')

  test('compiles to the same bytes each time', async () => {
    expect((await compile(file)).hex).toBe(module)
  })

  test('asks for a memory and nothing else', () => {
    expect(WebAssembly.Module.imports(new WebAssembly.Module(bytes))).toEqual([
      { module: 'env', name: 'memory', kind: 'memory' },
    ])
  })

  test('is below 4 KiB, the most that some versions of Chrome compile at once on a page', () => {
    expect(bytes.length).toBeLessThan(4096)
    expect(gzipSync(module).length).toBeLessThan(2048)
  })
})
