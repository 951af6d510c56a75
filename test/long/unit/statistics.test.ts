/** The most samples that a run may take, on the CPU; conformance has them on GPUs. */

import { expect, test } from 'vitest'
import { emptySums, meanOf, varianceOf } from '../../../src/monte-carlo/statistics.js'
import { accumulate } from '../../../src/monte-carlo/statistics-cpu.js'

test('the last of 2^24 samples counts as the first does', () => {
  // 0 and 1, then 10 and 11: in plain float32 sums, the latter are lost beside the sum of the former.
  const ofValues = { outputs: 'values', elements: 1, rowLength: 0, settling: false } as const
  const sums = emptySums(ofValues)
  const length = 2 ** 20
  for (const offset of [0, 10]) {
    const values = Float32Array.from({ length }, (_, i) => offset + (i % 2))
    for (let time = 0; time < 8; time++) accumulate(sums, values, ofValues, length)
  }
  expect(sums.samples).toBe(2 ** 24)
  expect(meanOf(sums.moments, 0)).toBeCloseTo(5.5, 5)
  expect(varianceOf(sums.moments, 0)).toBeCloseTo(25.25, 4)
})
