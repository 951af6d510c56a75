/** The op of noiseshape/tfjs against the judge, on any backend of TensorFlow.js. */

import * as tf from '@tensorflow/tfjs-core'
import { dropout } from 'noiseshape/tfjs'
import { describe, expect, test } from 'vitest'
import { tfjsBackends } from '#tfjs-backends'
import { expectSameBits, floats } from '../support/compare'
import { input } from '../support/inputs'
import { type Draw, judgeDropout } from '../support/judge'
import { taken, tensorOf, useBackend } from '../support/tfjs-backend'

const CASES: readonly Draw[] = [
  { shape: [], rate: 0.5, seed: 3 },
  { shape: [1], rate: 0.5, seed: 1 },
  { shape: [257], rate: 0.1, seed: 1 },
  { shape: [0, 3], rate: 0.5, seed: 1 },
  { shape: [4, 300], rate: 0.3, noiseShape: [1, null], seed: 2 ** 53 - 1, stream: 7, step: 2n ** 64n - 1n },
  { shape: [5, 7, 12], rate: 0.25, noiseShape: [null, 1, null], seed: 12, step: 3 },
  { shape: [5, 7, 12], rate: 0.75, noiseShape: [12], seed: 12, cellOffset: 129 },
  { shape: [3, 9, 5, 16], rate: 0.4, noiseShape: [null, 1, 1, null], seed: 5, stream: 2 ** 32 - 1 },
  { shape: [3, 16, 9, 5], rate: 0.4, noiseShape: [null, null, 1, 1], seed: 5 },
  { shape: [2, 3, 4, 5, 6], rate: 0.9, noiseShape: [null, 1, 1, 1, null], seed: 5 },
  { shape: [2, 3, 2, 3, 2, 3], rate: 0.5, noiseShape: [null, 1, 2, 1, 2, 1], seed: 5 },
  { shape: [6, 50], rate: 0, seed: 5 },
  { shape: [6, 50], rate: 1, seed: 5 },
]

describe.each(Array.from(new Set([...tfjsBackends, 'cpu'] as const)))('the op on the %s backend', (name) => {
  useBackend(name)

  test.each(CASES)(
    'dropout of $shape at rate $rate over $noiseShape is the judge’s, odd values too',
    async (draw) => {
      const { shape, rate, ...options } = draw
      const x = input(shape, 11, 'half')
      const tensor = tensorOf(x, shape)
      const y = dropout(tensor, rate, options)
      expect(y.shape).toEqual(shape)
      expectSameBits(await taken(y), judgeDropout(x, draw), { shape })
      expectSameBits(await taken(tensor), x, { shape, what: 'x' })
    },
  )

  test('oneMaskForBatch gives every row the mask of noise shape [1, ...]', async () => {
    const shape = [6, 40]
    const x = input(shape, 4)
    const y = tf.tidy(() => dropout(tensorOf(x, shape), 0.5, { seed: 9, oneMaskForBatch: true }))
    expectSameBits(await taken(y), judgeDropout(x, { shape, rate: 0.5, seed: 9, noiseShape: [1, null] }))
  })

  test('it accepts nested arrays, as the ops of TensorFlow.js do', async () => {
    const y = dropout(
      [
        [1, 2],
        [3, 4],
      ],
      0,
      { seed: 1 },
    )
    expect(floats(await taken(y))).toEqual(Float32Array.of(1, 2, 3, 4))
  })

  test('it keeps its order among other ops, over many steps', async () => {
    // Integers, small enough for every product and sum to be exact on any backend.
    const shape = [8, 160]
    const x = Float32Array.from({ length: 1280 }, (_, i) => (i % 61) - 30)
    const expected = x.slice()
    for (let step = 0; step < 30; step++) {
      const bits = new Uint32Array(expected.map((v) => v + step).buffer)
      expected.set(floats(judgeDropout(bits, { shape, rate: 0.5, seed: 6, step })))
      expected.forEach((v, i) => {
        expected[i] = (v / 2) % 31
      })
    }
    const y = tf.tidy(() => {
      let tensor: tf.Tensor = tf.tensor(x, shape)
      for (let step = 0; step < 30; step++) {
        const next = dropout(tf.add(tensor, step), 0.5, { seed: 6, step })
        const half = tf.mul(next, 0.5)
        // tf.mod takes the sign of the divisor; the remainder with JavaScript's sign is built of exact parts.
        const sign = tf.sign(half)
        const after = tf.mul(sign, tf.mod(tf.abs(half), 31))
        tf.dispose([next, half, tensor]) // their buffers go back to the pool and are used again
        tensor = after
      }
      return tensor
    })
    expect(floats(await taken(y))).toEqual(expected.map((v) => v + 0))
  })

  test('tensors that share data with others are read as they are: reshaped, sliced, cloned', async () => {
    const shape = [4, 6, 10]
    const x = input(shape, 3)
    const options = { seed: 8, noiseShape: [null, 1] }
    const [reshaped, sliced, cloned] = tf.tidy(() => {
      const tensor = tf.mul(tensorOf(x, shape), 1)
      return [
        dropout(tf.reshape(tensor, [24, 10]), 0.5, options),
        dropout(tf.slice(tf.reshape(tensor, [24, 10]), [5, 0], [7, 10]), 0.5, options),
        dropout(tf.clone(tf.reshape(tensor, [24, 10])), 0.5, options),
      ]
    })
    const whole = judgeDropout(x, { shape: [24, 10], rate: 0.5, ...options })
    expectSameBits(await taken(reshaped), whole)
    expectSameBits(await taken(cloned), whole)
    const part = judgeDropout(x.slice(50, 120), { shape: [7, 10], rate: 0.5, ...options })
    expectSameBits(await taken(sliced), part)
  })

  test('integers that tf.cast made float32 count as their values', async () => {
    const y = tf.tidy(() => {
      const ints = tf.tensor([-3, 0, 1, 2 ** 24], [4], 'int32')
      const bools = tf.tensor([true, false, true, true], [4], 'bool')
      return [
        dropout(tf.cast(ints, 'float32'), 1 - 2 ** -33, { seed: 1 }),
        dropout(tf.concat([tf.cast(ints, 'float32'), tf.cast(bools, 'float32')]), 2 ** -33, { seed: 1 }),
        dropout(tf.cast(bools, 'float32'), 2 ** -33, { seed: 1 }),
      ] as const
    })
    expect(floats(await taken(y[0]))).toEqual(new Float32Array(4))
    expect(floats(await taken(y[1]))).toEqual(Float32Array.of(-3, 0, 1, 2 ** 24, 1, 0, 1, 1))
    expect(floats(await taken(y[2]))).toEqual(Float32Array.of(1, 0, 1, 1))
  })

  test('tf.tidy and dispose free all of it', () => {
    const before = tf.memory()
    const kept = tf.tidy(() => dropout(dropout(tf.ones([50, 50]), 0.5, { seed: 1 }), 0.5, { seed: 2 }))
    expect(tf.memory().numTensors).toBe(before.numTensors + 1)
    expect(tf.memory().numBytes).toBe(before.numBytes + 10_000)
    kept.dispose()
    expect(tf.memory().numBytes).toBe(before.numBytes)
  })

  describe('the gradient', () => {
    test('is the same dropout of dy, also where x was NaN', async () => {
      const shape = [6, 30]
      const draw = { shape, rate: 0.3, noiseShape: [null, 1], seed: 4, stream: 2, step: 9 }
      const { rate, shape: _, ...options } = draw
      const dy = input(shape, 5)
      const dx = tf.tidy(() => {
        const x = tf.fill(shape, Number.NaN)
        return tf.grad((x: tf.Tensor) => dropout(x, rate, options))(x, tensorOf(dy, shape))
      })
      expectSameBits(await taken(dx), judgeDropout(dy, draw), { shape })
    })

    test('agrees with finite differences while the mask is held', async () => {
      const shape = [3, 8]
      const x = tf.tensor(floats(input(shape, 2)), shape)
      const f = (x: tf.Tensor): tf.Scalar =>
        tf.sum(tf.square(dropout(tf.sin(x), 0.5, { seed: 3, noiseShape: [1, null] })))
      const [gradient, values] = [await taken(tf.grad(f)(x)), (await x.data()) as Float32Array]
      const at = async (i: number, step: number) => {
        const moved = values.map((v, j) => (i === j ? v + step : v))
        return floats(await taken(tf.tidy(() => f(tf.tensor(moved, shape)))))[0]
      }
      for (let i = 0; i < values.length; i++) {
        // A step of 2^-6 of float32 values: truncation and rounding are both below 1e-2 of the slopes here.
        const slope = ((await at(i, 2 ** -6)) - (await at(i, -(2 ** -6)))) / 2 ** -5
        expect(floats(gradient)[i], `element ${i}`).toBeCloseTo(slope, 1)
      }
      expect(new Set(floats(gradient).map(Math.sign))).toContain(0)
      x.dispose()
    })

    test('has a gradient itself', async () => {
      // f(x) = sum (m x)^3 with m the noise: f'' = 6 m^3 x.
      const shape = [64]
      const options = { seed: 21 }
      const noise = floats(
        judgeDropout(new Uint32Array(64).fill(0x3f800000), { shape, rate: 0.5, ...options }),
      )
      const x = tf.range(1, 65)
      const f = (x: tf.Tensor) => tf.sum(tf.pow(dropout(x, 0.5, options), 3))
      const second = tf.grad((x: tf.Tensor) => tf.sum(tf.grad(f)(x)))(x)
      const got = floats(await taken(second))
      noise.forEach((m, i) => {
        expect(got[i]).toBeCloseTo(6 * m ** 3 * (i + 1), 1)
      })
      x.dispose()
    })

    test('keeps nothing of x, and no mask', () => {
      const x = tf.ones([1000])
      let kept = Number.NaN
      const dx = tf.grad((x: tf.Tensor) => {
        const before = tf.memory().numBytes
        const y = dropout(x, 0.5, { seed: 1 })
        kept = tf.memory().numBytes - before
        return y
      })(x)
      expect(kept).toBe(4000) // y
      // A kept input would share its data with x, and cost no bytes as long as x is there.
      const {
        inputsToSave = [],
        outputsToSave = [],
        saveAllInputs = false,
      } = tf.getGradient('NoiseshapeDropout')
      expect([inputsToSave, outputsToSave, saveAllInputs]).toEqual([[], [], false])
      tf.dispose([x, dx])
    })
  })

  describe('an invalid argument', () => {
    const x = () => tf.zeros([2, 3])
    test.each([
      ['a rate above 1', () => dropout(x(), 1.5, { seed: 1 }), /rate is 1.5, but it must lie in \[0, 1\]/],
      [
        'no options',
        () => dropout(x(), 0.5, undefined as never),
        /options is undefined.*Pass e\.g\. \{ seed: 42 \}\.$/,
      ],
      ['a number as options', () => dropout(x(), 0.5, 0.5 as never), /Pass e\.g\. \{ seed: 42 \}\.$/],
      [
        'a noise shape in snake case',
        () => dropout(x(), 0.5, { seed: 1, noise_shape: [1, 3] } as never),
        /options\.noise_shape is \[1, 3\].*Pass it as noiseShape\.$/,
      ],
      [
        'a shape, which x has itself',
        () => dropout(x(), 0.5, { seed: 1, shape: [2, 3] } as never),
        /options\.shape is \[2, 3\].*the names are seed, stream, step, cellOffset, noiseShape/,
      ],
      ['no seed', () => dropout(x(), 0.5, {} as never), /seed is undefined, but it is required/],
      [
        'a noise shape that grows',
        () => dropout(x(), 0, { seed: 1, noiseShape: [5, 2, 3] }),
        /must not be longer/,
      ],
      [
        'a noise shape of another size',
        () => dropout(x(), 0.5, { seed: 1, noiseShape: [4, 3] }),
        /must be 1 or/,
      ],
      ['int32', () => dropout(tf.ones([2], 'int32'), 0.5, { seed: 1 }), /x.dtype is 'int32'.*tf.cast/],
      ['strings', () => dropout(tf.tensor(['a']), 0.5, { seed: 1 }), /x.dtype is 'string'/],
    ])('%s is refused with the remedy, and nothing is left in memory', (_, run, message) => {
      expect(() => tf.tidy(run)).toThrow(message)
    })
  })
})
