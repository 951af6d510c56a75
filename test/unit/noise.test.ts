/** The noise, as a tensor of its own: the scale where a cell is kept, 0 where it is dropped. */

import { noise } from 'noiseshape/cpu'
import { describe, expect, test } from 'vitest'
import { createEngine } from '../../src/index.js'
import { expectSameBits } from '../support/compare'
import { judgeFlags } from '../support/judge'
import { describeKernels } from '../support/kernels'

describeKernels(() => {
  describe.each([
    { shape: [5, 33], noiseShape: undefined, cells: [5, 33] },
    { shape: [5, 33, 2], noiseShape: [null, 1, null], cells: [5, 1, 2] },
    { shape: [7], noiseShape: [1], cells: [1] },
    { shape: [], noiseShape: undefined, cells: [] },
    { shape: [3, 0], noiseShape: [null, 1], cells: [3, 1] },
    { shape: [3, 0], noiseShape: undefined, cells: [3, 0] },
  ])('the noise of $shape with noise shape $noiseShape', ({ shape, noiseShape, cells }) => {
    test.each([
      { rate: 0, scale: 1 },
      { rate: 0.25, scale: Math.fround(4 / 3) },
      { rate: 0.5, scale: 2 },
      { rate: 1, scale: 0 },
    ])('at rate $rate is $scale where a cell is kept', async ({ rate, scale }) => {
      const draw = { shape, noiseShape, rate, seed: 3, stream: 1, step: 2 }
      const flags = judgeFlags({ ...draw, shape: cells, noiseShape: undefined })
      const expected = Float32Array.from(flags, (kept) => (kept ? scale : 0))
      expectSameBits(noise(draw), expected)
      const engine = await createEngine({ backend: 'cpu' })
      expectSameBits(await engine.noise(draw), expected)
      engine.destroy()
    })
  })
})

test('at rate 0.5 some cells are kept, and some are not', () => {
  expect(new Set(noise({ shape: [100], rate: 0.5, seed: 1 }))).toEqual(new Set([0, 2]))
})
