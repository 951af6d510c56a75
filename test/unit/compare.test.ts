import { expect, test } from 'vitest'
import { difference, expectSameBits } from '../support/compare'

test('equal patterns pass, a NaN with its payload too', () => {
  const bits = Uint32Array.of(0x7fc00001, 0x80000000, 1)
  expectSameBits(bits, bits.slice())
  expectSameBits(new Float32Array(bits.buffer), bits)
})

test('the message names the first differing cell, its coordinates, both patterns, both values and their number', () => {
  const got = Float32Array.of(1, 2, 3, -0, 5, 7)
  const expected = Float32Array.of(1, 2, 3, 0, 5, 6)
  const message = difference(got, expected, { shape: [2, 3], what: 'dropout' })
  expect(message).toBe(
    'dropout: 2 of 6 entries differ, the first is index 3, at [1, 0] of [2,3]: ' +
      'got 0x80000000 (-0), expected 0x00000000 (0)',
  )
})

test('in a packed mask the message names the cell', () => {
  const message = difference(Uint32Array.of(0, 0x80000020), Uint32Array.of(0, 0x80000000), { packed: true })
  expect(message).toContain('word 1, cell 37')
})

test('another payload, another sign of zero and another length are differences', () => {
  expect(difference(Uint32Array.of(0x7fc00001), Uint32Array.of(0x7fc00000))).toContain('0x7fc00001 (NaN)')
  expect(difference(Float32Array.of(-0), Float32Array.of(0))).toContain('-0')
  expect(difference(new Float32Array(3), new Float32Array(2))).toContain('got 3 entries, expected 2')
  expect(() => expectSameBits(Uint32Array.of(1), Uint32Array.of(2))).toThrow('index 0')
})
