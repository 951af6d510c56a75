/** Lengths around the edges of packets, words, groups and workgroups, and the patterns that meet them. */

import { expectSameBits } from '../support/compare'
import { dropoutCut, SHIPPED } from '../support/forced'
import { input } from '../support/inputs'
import { type Draw, judgeDropout, judgeMask } from '../support/judge'
import { type Case, each } from './case'

/** 4 lanes to a packet, 32 cells to a word, 128 to a generator call, and powers of two where workgroups end. */
const EDGES = [4, 32, 64, 128, 256, 1024, 4096]
const LENGTHS = [1, 2, ...EDGES.flatMap((edge) => [edge - 1, edge, edge + 1])]
const INNER = [1, 2, 3, 5, 7, 8, 16, 31, 32, 33, 127, 129]

const call = { rate: 0.3, seed: 20240607, stream: 3, step: 11 }

const rows = LENGTHS.map((length) => checked({ shape: [length], ...call }))

const patterns = INNER.flatMap((inner) =>
  [
    [3, 5, 2, 1],
    [3, 1, 1, inner],
    [1, 5, 1, inner],
    [3, 1, 2, 1],
    [1, 1, 1, 1],
  ].map((noiseShape) => checked({ shape: [3, 5, 2, inner], noiseShape, ...call })),
)

const large = [
  { shape: [37, 1021] },
  { shape: [3, 31, 33, 31], noiseShape: [3, 31, 1, 1] },
  { shape: [5, 12, 1000], noiseShape: [5, 12, 1] },
  { shape: [4, 60, 256], noiseShape: [4, 1, 256] },
  { shape: [197, 300], noiseShape: [1, 300] },
  { shape: [3, 5, 4, 7, 5, 3, 2, 8], noiseShape: [3, 1, 4, 1, 5, 1, 2, 1] },
  { shape: [50_007], noiseShape: [1] },
].map((layer) => checked({ ...layer, ...call, rate: 0.2 }))

export const sizes: readonly Case[] = [...rows, ...patterns, ...large]

function checked(draw: Draw): Case {
  const { shape, noiseShape } = draw
  return {
    group: 'sizes',
    name: `[${shape}] with noise shape ${JSON.stringify(noiseShape ?? shape)}`,
    async run(gpu) {
      const x = input(shape, shape.length, 'rare')
      const mask = judgeMask(draw)
      const y = judgeDropout(x, draw)
      await each(SHIPPED, async (variant) => {
        const got = await dropoutCut(gpu, draw, x, { variant })
        const what = JSON.stringify(variant)
        expectSameBits(got.mask, mask, { packed: true, what: `mask, ${what}` })
        expectSameBits(got.output, y, { shape, what })
      })
    },
  }
}
