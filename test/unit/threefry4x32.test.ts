import fc from 'fast-check'
import { expect, test } from 'vitest'
import { threefry4x32 } from '../../src/generators/native-1/threefry4x32.js'
import { expectSameBits } from '../support/compare'
import { property } from '../support/draws'
import { goldenGenerator } from '../support/golden'
import { judgeThreefry } from '../support/judge'

test.each(goldenGenerator)(
  'gives the published answer for counter $counter and key $key',
  ({ counter, key, out }) => {
    const got = new Uint32Array(4)
    threefry4x32(counter, key, got)
    expectSameBits(got, out)
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
      const got = new Uint32Array(4)
      threefry4x32(counter, key, got)
      expectSameBits(got, judgeThreefry(counter, key))
    }),
    property(300),
  )
})

test('leaves counter and key alone', () => {
  const counter = [1, 2, 3, 4]
  const key = [5, 6, 7, 8]
  threefry4x32(counter, key, new Uint32Array(4))
  expect(counter).toEqual([1, 2, 3, 4])
  expect(key).toEqual([5, 6, 7, 8])
})
