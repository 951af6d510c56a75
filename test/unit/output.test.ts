/** An array of the caller's to write to, instead of a new one. */

import { describe, expect, test } from 'vitest'
import { dropout, spatialDropout1D, spatialDropout2D, spatialDropout3D } from '../../src/cpu/index.js'
import { expectSameBits, floats, patterns } from '../support/compare'
import { input } from '../support/inputs'
import { judgeDropout } from '../support/judge'

const garbage = (length: number) => new Float32Array(length).fill(Number.NaN)

describe.each([
  { shape: [5003], noiseShape: null },
  { shape: [7, 300], noiseShape: [null, 1] },
  { shape: [7, 3000], noiseShape: [1, null] },
  { shape: [3, 40, 20], noiseShape: [null, 1, null] },
])('$shape with noise shape $noiseShape', ({ shape, noiseShape }) => {
  test.each([0, 0.1, 0.5, 0.9, 1])('at rate %f it holds what a new array would, and is returned', (rate) => {
    const draw = { shape, noiseShape, rate, seed: 3, step: 8, cellOffset: 45 }
    const x = input(shape, 1, 'rare')
    const output = garbage(x.length)
    expect(dropout(floats(x), { ...draw, output })).toBe(output)
    expectSameBits(patterns(output), judgeDropout(x, draw), { shape })
  })
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
  const memory = new Float32Array(16)
  const overlapping = memory.subarray(7, 15)
  expect(() => dropout(x, { ...options, output: new Float32Array(9) })).toThrow(RangeError)
  expect(() => dropout(x, { ...options, output: x })).toThrow(/output.byteOffset is 0, but it overlaps x/)
  expect(() => dropout(memory.subarray(0, 8), { ...options, output: overlapping })).toThrow(RangeError)
  for (const output of [new Float64Array(8), [1, 2, 3, 4, 5, 6, 7, 8], null, 5]) {
    expect(() => dropout(x, { ...options, output: output as never })).toThrow(TypeError)
  }
  const output = new Float32Array(8).fill(9)
  expect(() => dropout(x, { ...options, seed: -1, output })).toThrow(RangeError)
  expect(output).toEqual(new Float32Array(8).fill(9))
})
