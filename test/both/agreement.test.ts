/** The heart of the suite: whatever the dropout, a backend gives the judge's bits. */

import fc from 'fast-check'
import { describe, test } from 'vitest'
import { backends, propertyRuns } from '#backends'
import { type Session, useSession } from '../support/backends'
import { expectSameBits, floats } from '../support/compare'
import { property, trial } from '../support/draws'
import { input } from '../support/inputs'
import { type Draw, judgeDropout, judgeMask, judgeNoise, judgeNoiseShape } from '../support/judge'

/** 4 lanes to a vector, 32 cells to a word, 128 to a generator call, and powers of two where workgroups end. */
const EDGES = [4, 32, 64, 128, 256, 1024, 8192]
const AROUND = EDGES.flatMap((edge) => [edge - 1, edge, edge + 1])
const INNER = [1, 2, 3, 5, 6, 7, 31, 32, 33, 127, 128, 129]

const call = { seed: 20240607, stream: 3, step: 11 }

/** Each pattern that has a path of its own (shaders/README.md), at a size of many workgroups. */
const LARGE: { name: string; shape: number[]; noiseShape?: number[] }[] = [
  { name: 'elementwise', shape: [293, 1021] },
  { name: 'one flag per inner run', shape: [3, 97, 33, 31], noiseShape: [3, 97, 1, 1] },
  { name: 'one flag per inner run of a multiple of 4', shape: [5, 60, 1000], noiseShape: [5, 60, 1] },
  { name: 'flags along the inner dim', shape: [5, 200, 301], noiseShape: [5, 1, 301] },
  { name: 'flags along an inner dim of a multiple of 32', shape: [4, 300, 256], noiseShape: [4, 1, 256] },
  { name: 'flags along the inner dim, shared by the batch', shape: [997, 300], noiseShape: [1, 300] },
  { name: 'alternating dims', shape: [7, 13, 11, 17, 19], noiseShape: [7, 1, 11, 1, 19] },
  {
    name: 'alternating dims, the inner one broadcast',
    shape: [13, 11, 17, 32, 4],
    noiseShape: [1, 11, 1, 32, 1],
  },
  { name: 'eight alternating dims', shape: [3, 5, 4, 7, 5, 3, 6, 8], noiseShape: [3, 1, 4, 1, 5, 1, 6, 1] },
  { name: 'one flag for all', shape: [300_007], noiseShape: [1] },
]

describe.each(backends)('$name', (backend) => {
  const session = useSession(backend)

  test('random shapes, noise shapes, rates, streams, windows and values give the bits of the judge', async () => {
    await fc.assert(
      fc.asyncProperty(trial, async ({ x, draw }) => {
        await check(session(), x, draw)
      }),
      property(propertyRuns),
    )
  })

  test.each(AROUND)('lengths around the edges: %i elements, each with its own flag', async (length) => {
    await check(session(), input([length], length, 'rare'), { shape: [length], rate: 0.3, ...call })
  })

  test.each(AROUND.filter((inner) => inner < 4096))(
    'an inner run of %i elements shares one flag',
    async (inner) => {
      const shape = [5, inner]
      await check(session(), input(shape, inner), { shape, noiseShape: [5, 1], rate: 0.5, ...call })
    },
  )

  test.each(AROUND.filter((inner) => inner < 4096))(
    '%i flags along the inner dim serve every row',
    async (inner) => {
      const shape = [3, inner]
      await check(session(), input(shape, inner), { shape, noiseShape: [1, inner], rate: 0.5, ...call })
    },
  )

  test.each(INNER)('an inner dim of %i works for every pattern around it', async (inner) => {
    const shape = [3, 5, 2, inner]
    for (const noiseShape of [
      [3, 5, 2, 1],
      [3, 1, 1, inner],
      [1, 5, 1, inner],
      [3, 1, 2, 1],
      [1, 5, 2, inner],
      [1, 1, 1, inner],
    ]) {
      await check(session(), input(shape, inner), { shape, noiseShape, rate: 0.5, ...call })
    }
  })

  test.each([
    { shape: [], name: 'rank 0' },
    { shape: [0], name: 'no element' },
    { shape: [3, 0, 2], name: 'no element in a middle dim' },
    { shape: [3, 0, 2], noiseShape: [3, 1, 2], name: 'no element, but noise cells' },
    { shape: [1, 1, 1], name: 'one element of rank 3' },
    { shape: [1, 5, 1, 7, 1], noiseShape: [1, null, 1, 1, -1], name: 'dims of size 1 between others' },
    { shape: [2, 3], noiseShape: [], name: 'an empty noise shape: one flag for all' },
    { shape: [4, 2, 3], noiseShape: [undefined], name: 'a shorter noise shape with an open entry' },
    { shape: [2, 1, 2, 1, 2, 1, 2, 3], noiseShape: [2, 1, 1, 1, 2, 1, 1, 3], name: 'rank 8' },
  ])('edges of the shape: $name', async ({ shape, noiseShape }) => {
    for (const rate of [0, 0.5, 1]) {
      await check(session(), input(shape, 1), { shape, noiseShape, rate, ...call })
    }
  })

  describe('at a size of many workgroups', () => {
    test.each(LARGE)('$name: $shape, $noiseShape', async ({ shape, noiseShape }) => {
      await check(session(), input(shape, 7, 'rare'), { shape, noiseShape, rate: 0.2, ...call })
    })
  })
})

/** Mask, noise and output of one dropout against the judge. */
async function check(session: Session, x: Uint32Array, draw: Draw): Promise<void> {
  const noiseShape = judgeNoiseShape(draw)
  expectSameBits(await session.mask(draw), judgeMask(draw), { packed: true, what: 'mask' })
  expectSameBits(await session.dropout(floats(x), draw), judgeDropout(x, draw), {
    shape: draw.shape,
    what: 'dropout',
  })
  if (session.arrays) {
    expectSameBits(await session.arrays.noise(draw), judgeNoise(draw), { shape: noiseShape, what: 'noise' })
  }
}
