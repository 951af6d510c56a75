/** An array of the caller's to write to, instead of a new one. */

import { describe, expect, test } from 'vitest'
import { dropout, spatialDropout1D, spatialDropout2D, spatialDropout3D } from '../../src/cpu/index.js'
import { expectSameBits, floats, patterns } from '../support/compare'
import { input } from '../support/inputs'
import { judgeDropout } from '../support/judge'
import { describeKernels } from '../support/kernels'

const garbage = (length: number) => new Float32Array(length).fill(Number.NaN)

describeKernels(() => {
  describe.each([
    { shape: [5003], noiseShape: null },
    { shape: [7, 300], noiseShape: [null, 1] },
    { shape: [7, 3000], noiseShape: [1, null] },
    { shape: [3, 40, 20], noiseShape: [null, 1, null] },
    { shape: [2, 3, 5, 7], noiseShape: [1, null, 1, null] },
    { shape: [4100], noiseShape: [1] },
  ])('$shape with noise shape $noiseShape', ({ shape, noiseShape }) => {
    test.each([0, 0.1, 0.5, 0.9, 1])(
      'at rate %f it holds what a new array would, and is returned',
      (rate) => {
        const draw = { shape, noiseShape, rate, seed: 3, step: 8, cellOffset: 45 }
        const x = input(shape, 1, 'rare')
        const output = garbage(x.length)
        expect(dropout(floats(x), { ...draw, output })).toBe(output)
        expectSameBits(patterns(output), judgeDropout(x, draw), { shape })
      },
    )

    test.each([0, 2 ** -33, 0.1, 0.5, 0.9, 1 - 2 ** -40, 1])('at rate %f it may be x itself', (rate) => {
      const draw = { shape, noiseShape, rate, seed: 3, step: 8, cellOffset: 45 }
      for (const oddness of ['none', 'rare', 'half', 'any bits'] as const) {
        const x = input(shape, 1, oddness)
        const values = floats(x.slice())
        expect(dropout(values, { ...draw, output: values })).toBe(values)
        expectSameBits(patterns(values), judgeDropout(x, draw), { shape, what: oddness })
      }
    })
  })
})

test('another view of exactly the range of x is in place too, and nothing beside it is written', () => {
  const whole = input([500], 8, 'half')
  const memory = floats(whole.slice())
  const draw = { shape: [251], rate: 0.5, seed: 1 }
  dropout(memory.subarray(101, 352), { ...draw, output: memory.subarray(101, 352) })
  const expected = whole.slice()
  expected.set(judgeDropout(whole.slice(101, 352), draw), 101)
  expectSameBits(patterns(memory), expected)
})

test('the spatial layers work in place as well', () => {
  const shape = [2, 3, 4]
  const x = input(shape, 5, 'half')
  const values = floats(x.slice())
  spatialDropout1D(values, { shape, rate: 0.5, seed: 1, output: values })
  const expected = judgeDropout(x, { shape, noiseShape: [2, 1, 4], rate: 0.5, seed: 1 })
  expectSameBits(patterns(values), expected, { shape })
})

test('the spatial layers write to it as well', () => {
  const x = garbage(64).fill(1)
  const options = { rate: 0.5, seed: 1 }
  for (const [layer, shape] of [
    [spatialDropout1D, [4, 4, 4]],
    [spatialDropout2D, [4, 2, 2, 4]],
    [spatialDropout3D, [4, 2, 2, 1, 4]],
  ] as const) {
    const output = garbage(64)
    expect(layer(x, { ...options, shape, output })).toBe(output)
    expect(output).toEqual(layer(x, { ...options, shape }))
  }
})

test('two parts of one buffer may be input and output, side by side', () => {
  const memory = new Float32Array(64).fill(1)
  const [x, output] = [memory.subarray(0, 32), memory.subarray(32)]
  dropout(x, { shape: [32], rate: 0.5, seed: 1, output })
  expect(x).toEqual(new Float32Array(32).fill(1))
  expect(output).toEqual(dropout(x, { shape: [32], rate: 0.5, seed: 1 }))
})

test('what cannot be written to is refused, and nothing is written where another option is wrong', () => {
  const x = new Float32Array(8).fill(1)
  const options = { shape: [8], rate: 0.5, seed: 1 }
  const memory = new Float32Array(24)
  expect(() => dropout(x, { ...options, output: new Float32Array(9) })).toThrow(RangeError)
  for (const begin of [1, 7, 9, 15]) {
    const overlapping = { ...options, output: memory.subarray(begin, begin + 8) }
    const message = `output.byteOffset is ${4 * begin}, but it overlaps x, which begins at byte 32`
    expect(() => dropout(memory.subarray(8, 16), overlapping)).toThrow(new RegExp(`^noiseshape: ${message}`))
  }
  for (const output of [new Float64Array(8), [1, 2, 3, 4, 5, 6, 7, 8], null, 5]) {
    expect(() => dropout(x, { ...options, output: output as never })).toThrow(TypeError)
  }
  const output = new Float32Array(8).fill(9)
  expect(() => dropout(x, { ...options, seed: -1, output })).toThrow(RangeError)
  expect(output).toEqual(new Float32Array(8).fill(9))
})
