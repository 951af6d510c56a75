/** oneMaskForBatch: the examples of a batch share one mask, whatever the noise shape says of the other dims. */

import { describe, expect, test } from 'vitest'
import { backends } from '#backends'
import { type Spatial, useSession } from '../support/backends'
import { expectSameBits, floats } from '../support/compare'
import { input } from '../support/inputs'
import { type Draw, judgeDropout, judgeMask, type NoiseShape } from '../support/judge'
import { caught, expectRefusal } from '../support/refusals'

const CASES: { shape: number[]; noiseShape?: NoiseShape; shared: number[] }[] = [
  { shape: [6, 40], shared: [1, 40] },
  { shape: [6, 4, 9], noiseShape: [null, 1, null], shared: [1, 1, 9] },
  { shape: [6, 4, 9], noiseShape: [6, 4, 1], shared: [1, 4, 1] },
  { shape: [6, 4, 9], noiseShape: [9], shared: [1, 1, 9] },
  { shape: [6, 4, 9], noiseShape: [1, null, null], shared: [1, 4, 9] },
  { shape: [37], shared: [1] },
  { shape: [], shared: [] },
  { shape: [0, 3], shared: [1, 3] },
  { shape: [1, 8], shared: [1, 8] },
]

const SPATIAL = [
  { layer: 'spatialDropout1D', shape: [3, 5, 7], shared: [1, 1, 7] },
  { layer: 'spatialDropout2D', shape: [3, 4, 2, 6], shared: [1, 1, 1, 6] },
  { layer: 'spatialDropout3D', shape: [2, 3, 2, 2, 5], shared: [1, 1, 1, 1, 5] },
] as const

const call = { rate: 0.4, seed: 11, stream: 2, step: 3, cellOffset: 5 }

/** For backends that make arrays. */
describe.each(backends.filter(({ makesArrays }) => makesArrays))('$name', (backend) => {
  const session = useSession(backend)
  const arrays = () => session().arrays as NonNullable<ReturnType<typeof session>['arrays']>

  test.each(CASES)(
    'of shape $shape and noise shape $noiseShape draws $shared',
    async ({ shape, noiseShape, shared }) => {
      const draw = { shape, noiseShape, ...call, oneMaskForBatch: true }
      const judged: Draw = { shape, noiseShape: shared, ...call }
      const x = input(shape, 4)
      expectSameBits(await session().dropout(floats(x), draw), judgeDropout(x, judged), { shape })
      expectSameBits(await session().mask(draw), judgeMask(judged), { packed: true })
      expect(await arrays().noise(draw)).toHaveLength(shared.reduce((a, b) => a * b, 1))
    },
  )

  test.each(SPATIAL)('$layer of $shape draws $shared', async ({ layer, shape, shared }) => {
    const x = input(shape, 5)
    const options: Spatial & { oneMaskForBatch: boolean } = { shape, ...call, oneMaskForBatch: true }
    const y = await arrays()[layer](floats(x), options)
    expectSameBits(y, judgeDropout(x, { shape, noiseShape: shared, ...call }), { shape })
  })

  test.each([false, undefined])('%s changes nothing', async (oneMaskForBatch) => {
    const shape = [6, 40]
    const draw = { shape, ...call, oneMaskForBatch }
    const x = input(shape, 6)
    expectSameBits(await session().dropout(floats(x), draw), judgeDropout(x, { shape, ...call }), { shape })
  })

  test.each([1, 0, 'true', null])('%o is refused', async (oneMaskForBatch) => {
    const draw = { shape: [2, 3], ...call, oneMaskForBatch } as Draw
    const says = ['oneMaskForBatch', String(oneMaskForBatch), 'boolean']
    const x = new Float32Array(6)
    expectRefusal(await caught(async () => session().dropout(x, draw)), TypeError, says)
    expectRefusal(await caught(async () => session().mask(draw)), TypeError, says)
    const spatial = { ...draw, shape: [1, 2, 3] }
    expectRefusal(await caught(async () => arrays().spatialDropout1D(x, spatial)), TypeError, says)
  })

  test('a mask larger than 2^53 cells is refused, also for a batch of no example', async () => {
    const draw = { shape: [0, 2 ** 30, 2 ** 30], ...call, oneMaskForBatch: true }
    const run = async () => session().dropout(new Float32Array(0), draw)
    expectRefusal(await caught(run), RangeError, ['noiseShape', '2^53'])
  })
})
