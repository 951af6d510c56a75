/** noiseshape/tfjs on the wasm backend of TensorFlow.js: large tensors, in its memory. Small ones: both/tfjs-op. */

import '@tensorflow/tfjs-backend-wasm'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { dropout } from 'noiseshape/tfjs'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { resolveDropout } from '../../src/resolve'
import { applyMaskDirectly } from '../../src/simd/apply-direct'
import { forceKernel } from '../../src/simd/choice'
import { createFlagKernel, roomFor } from '../../src/simd/kernel'
import { expectSameBits } from '../support/compare'
import { input } from '../support/inputs'
import { judgeDropout, judgeMask } from '../support/judge'
import { taken, tensorOf, useBackend } from '../support/tfjs-backend'

/** Values whose flags the adapter makes at a time. */
const WINDOW = 2 ** 17

/** The backend's module, which its types do not describe in full. */
interface Emscripten {
  HEAPU8: Uint8Array
  asm: object
  _malloc(bytes: number): number
  _free(address: number): void
}

describe('on the wasm backend', () => {
  useBackend('wasm')
  afterEach(() => {
    forceKernel()
    vi.restoreAllMocks()
  })

  const backend = () => tf.backend() as BackendWasm
  const wasm = () => backend().wasm as unknown as Emscripten

  /** Compares dropout of a tensor like this one with the judge's. */
  async function expectJudged(shape: number[], noiseShape?: (number | null)[], seed = 3) {
    const options = { rate: 0.3, noiseShape, seed, stream: 1, step: 2 ** 40, cellOffset: 777 }
    const { rate, ...others } = options
    const x = input(shape, 4, 'half')
    const y = tf.tidy(() => dropout(tensorOf(x, shape), rate, others))
    expectSameBits(await taken(y), judgeDropout(x, { shape, ...options }), { shape })
  }

  describe.each(['wasm-simd', 'javascript'] as const)('in %s', (kernel) => {
    test.each<{ name: string; shape: number[]; noiseShape?: (number | null)[] }>([
      { name: 'one value more than a window', shape: [WINDOW + 1] },
      { name: 'flags along rows longer than a window', shape: [2, WINDOW + 33], noiseShape: [1, null] },
      { name: 'runs longer than a window', shape: [3, WINDOW + 7], noiseShape: [null, 1] },
      { name: 'runs of an odd length', shape: [60, 1013], noiseShape: [null, 1] },
      { name: 'rows of whole words, each twice', shape: [300, 2, 64], noiseShape: [null, 1, null] },
      { name: 'rows of three, each twice', shape: [900, 2, 3], noiseShape: [null, 1, null] },
      { name: 'six dims', shape: [3, 2, 4, 30, 5, 7], noiseShape: [null, 1, null, 1, null, 1] },
    ])('$name: $shape, $noiseShape, half of the values odd', async ({ shape, noiseShape }) => {
      forceKernel(kernel)
      await expectJudged(shape, noiseShape)
    })
  })

  test('a rate of 1 drops everything, whatever was in the memory', async () => {
    forceKernel('wasm-simd')
    tf.fill([5, 7000], Number.NaN).dispose()
    for (const noiseShape of [undefined, [null, 1]]) {
      const y = tf.tidy(() => dropout(tf.fill([5, 7000], Number.NaN), 1, { seed: 1, noiseShape }))
      expectSameBits(await taken(y), new Uint32Array(35_000))
    }
  })

  test('nothing is read out of the memory or written into it', () => {
    const x = tf.ones([100, 3000])
    for (const kernel of ['wasm-simd', 'javascript'] as const) {
      forceKernel(kernel)
      const read = vi.spyOn(backend(), 'readSync')
      const write = vi.spyOn(backend(), 'write')
      dropout(x, 0.5, { seed: 1 }).dispose()
      expect(read).not.toHaveBeenCalled()
      expect(write.mock.calls.map(([values]) => values)).toEqual([null]) // room for the output
      vi.restoreAllMocks()
    }
    x.dispose()
  })

  test('a memory that has grown since the last call', async () => {
    forceKernel('wasm-simd')
    await expectJudged([3000])
    const { buffer } = wasm().HEAPU8
    const large = tf.zeros([buffer.byteLength / 4])
    expect(wasm().HEAPU8.buffer).not.toBe(buffer)
    await expectJudged([3000])
    large.dispose()
  })

  test('a memory that grows for the output', async () => {
    forceKernel('wasm-simd')
    await expectJudged([3000])
    const { buffer } = wasm().HEAPU8
    const x = tf.ones([Math.ceil(buffer.byteLength / 4 / 2)]) // two of them are more than there is
    const y = dropout(x, 0.5, { seed: 1, noiseShape: [1] })
    expect(wasm().HEAPU8.buffer).not.toBe(buffer)
    expect(new Set(y.dataSync()).size).toBe(1)
    tf.dispose([x, y])
  })

  test('a backend whose memory cannot be reached, as one with threads', async () => {
    forceKernel('wasm-simd')
    const { asm } = wasm()
    wasm().asm = { ...asm, memory: undefined }
    await expectJudged([3, 5000], [null, 1])
    wasm().asm = asm
  })

  test('integers that tf.cast made float32 on another backend count as their values', async () => {
    const values = Float32Array.from({ length: 1000 }, (_, i) => i - 500)
    await tf.setBackend('cpu')
    const x = tf.tidy(() => tf.cast(tf.tensor1d(Array.from(values), 'int32'), 'float32'))
    await tf.setBackend('wasm')
    const y = dropout(x, 0.5, { seed: 1 })
    expectSameBits(
      await taken(y),
      judgeDropout(new Uint32Array(values.buffer), { shape: [1000], rate: 0.5, seed: 1 }),
    )
    x.dispose()
  })

  test('the gradient is the same dropout of dy', async () => {
    forceKernel('wasm-simd')
    const shape = [40, 100]
    const dy = input(shape, 5)
    const options = { seed: 4, noiseShape: [null, 1] }
    const dx = tf.tidy(() =>
      tf.grad((x: tf.Tensor) => dropout(x, 0.3, options))(tf.ones(shape), tensorOf(dy, shape)),
    )
    expectSameBits(await taken(dx), judgeDropout(dy, { shape, rate: 0.3, ...options }))
  })

  test('a backend that is removed gets its memory back, and the next one works', async () => {
    forceKernel('wasm-simd')
    const name = 'another-wasm'
    tf.copyRegisteredKernels('wasm', name)
    for (const round of [1, 2]) {
      tf.registerBackend(name, tf.findBackendFactory('wasm'))
      await tf.setBackend(name)
      tf.ones([1]).dispose() // Emscripten replaces its functions in their first call
      const allocated = vi.spyOn(wasm(), '_malloc')
      const freed = vi.spyOn(wasm(), '_free')
      await expectJudged([3000], undefined, round)
      await tf.setBackend('wasm')
      tf.removeBackend(name)
      const places = allocated.mock.results.map(({ value }) => value)
      expect(places).toHaveLength(3) // the input, the output and the flags
      expect(new Set(freed.mock.calls.flat())).toEqual(new Set(places))
    }
  })
})

test('tensors of any length, beside others and at both ends of their memory: nothing past an end is read or written', () => {
  const window = 1024
  for (let length = 600; length < 633; length++) {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const all = new Float32Array(memory.buffer)
    const kernel = createFlagKernel(memory, window, 32_768)
    expect(32_768 + roomFor(window)).toBeLessThan(4 * (all.length - length))
    const words = input([length], length, 'half')
    const draw = { shape: [length], rate: 0.5, seed: 1 }
    const { dims, scale } = resolveDropout(draw)
    const begin = all.subarray(0, length)
    const middle = all.subarray(length, 2 * length)
    const behind = all.subarray(2 * length, 3 * length).fill(7)
    const end = all.subarray(all.length - length)
    new Uint32Array(memory.buffer, end.byteOffset, length).set(words)
    for (const [x, y] of [
      [end, middle],
      [end, begin],
      [begin, end],
    ]) {
      if (x === begin) new Uint32Array(memory.buffer, 0, length).set(words)
      applyMaskDirectly(kernel, x, judgeMask(draw), { dims, scale }, y)
      expectSameBits(y, judgeDropout(words, draw))
      expectSameBits(x, words)
    }
    expectSameBits(middle, judgeDropout(words, draw))
    expect(new Set(behind)).toEqual(new Set([7]))
  }
})
