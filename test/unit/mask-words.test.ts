import { describe, expect, test } from 'vitest'
import { unpackMask } from '../../src/index.js'
import { isKept } from '../../src/mask-words.js'

test('a cell from 2^32 on is found in its own word', () => {
  const mask = { 0: 0, [2 ** 27]: 0b100 } as unknown as Uint32Array // half a GiB otherwise
  expect([1, 2, 3].map((i) => isKept(mask, 2 ** 32 + i))).toEqual([false, true, false])
})

describe('unpackMask', () => {
  test('cell i is bit i % 32 of word floor(i / 32)', () => {
    const words = Uint32Array.of(0x80000001, 0b101)
    const flags = unpackMask(words, 36)
    expect(flags).toBeInstanceOf(Uint8Array)
    const kept = [...flags.keys()].filter((cell) => flags[cell] === 1)
    expect(flags).toHaveLength(36)
    expect(kept).toEqual([0, 31, 32, 34])
    expect(new Set(flags)).toEqual(new Set([0, 1]))
  })

  test.each([0, 1, 31, 32, 33, 63, 64])('gives as many flags as asked for: %i', (cells) => {
    const flags = unpackMask(Uint32Array.of(0xffffffff, 0xffffffff), cells)
    expect([...flags]).toEqual(new Array(cells).fill(1))
  })

  test('the words stay as they are', () => {
    const words = Uint32Array.of(7, 8)
    unpackMask(words, 40)
    expect([...words]).toEqual([7, 8])
  })

  test('more cells than there are bits is a RangeError', () => {
    expect(() => unpackMask(new Uint32Array(2), 64)).not.toThrow()
    expect(() => unpackMask(new Uint32Array(2), 65)).toThrow(RangeError)
    expect(() => unpackMask(new Uint32Array(2), 65)).toThrow(/65.*64/s)
  })

  test.each([-1, 1.5, Number.NaN])('%d cells is a RangeError', (cells) => {
    expect(() => unpackMask(new Uint32Array(2), cells)).toThrow(RangeError)
    expect(() => unpackMask(new Uint32Array(2), cells)).toThrow(String(cells))
  })

  test('anything but a Uint32Array is a TypeError', () => {
    expect(() => unpackMask([1, 2] as unknown as Uint32Array, 40)).toThrow(TypeError)
    expect(() => unpackMask([1, 2] as unknown as Uint32Array, 40)).toThrow(/Uint32Array/)
  })
})
