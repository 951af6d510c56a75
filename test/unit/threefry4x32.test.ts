import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encrypt, expandKey } from '../../src/generators/native-1/threefry4x32.js'
import { expectSameBits } from '../support/compare'
import { property } from '../support/draws'
import { goldenGenerator } from '../support/golden'
import { judgeThreefry } from '../support/judge'

test.each(goldenGenerator)(
  'gives the published answer for counter $counter and key $key',
  ({ counter, key, out }) => {
    expectSameBits(wordsOf(counter, key), out)
  },
)

test('gives the words of the judge for any counter and key', () => {
  const word = fc.oneof(
    fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1),
    fc.maxSafeNat().map((n) => n % 2 ** 32),
  )
  const four = fc.array(word, { minLength: 4, maxLength: 4 })
  fc.assert(
    fc.property(four, four, (counter, key) => {
      expectSameBits(wordsOf(counter, key), judgeThreefry(counter, key))
    }),
    property(300),
  )
})

test('leaves counter and key alone', () => {
  const counter = Int32Array.of(1, 2, 3, 4)
  const key = expandKey([5, 6, 7, 8])
  const before = [...key]
  encrypt(counter, key, new Int32Array(4))
  expect([...counter]).toEqual([1, 2, 3, 4])
  expect([...key]).toEqual(before)
})

function wordsOf(counter: Iterable<number>, key: number[] | Uint32Array): Uint32Array {
  const out = new Int32Array(4)
  encrypt(Int32Array.from(counter), expandKey(key), out)
  return new Uint32Array(out.buffer)
}
