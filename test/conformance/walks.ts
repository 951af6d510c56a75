/** Every walk of the apply pass, forced: in one piece, with odd values, in place, and in many small chunks. */

import { expectSameBits } from '../support/compare'
import { dropoutCut, tightLimits, VARIANTS, WALKED } from '../support/forced'
import { input, type Oddness } from '../support/inputs'
import { judgeDropout, judgeMask } from '../support/judge'
import { type Case, each } from './case'

const WAYS: readonly { way: string; oddness: Oddness; inPlace?: boolean; tight?: boolean }[] = [
  { way: 'in one piece', oddness: 'none' },
  { way: 'in one piece, with odd values among the ordinary', oddness: 'rare' },
  { way: 'in place, with odd values', oddness: 'half', inPlace: true },
  { way: 'in chunks of 1 KiB and grids of 3 workgroups a side', oddness: 'rare', tight: true },
]

export const walks: readonly Case[] = WALKED.flatMap(({ shape, noiseShape }) =>
  WAYS.map(
    ({ way, oddness, inPlace, tight }): Case => ({
      group: 'walks',
      name: `[${shape}] with noise shape ${JSON.stringify(noiseShape)}, ${way}`,
      async run(gpu) {
        const draw = { shape, noiseShape, rate: 0.3, seed: 11, stream: 2, step: 5, cellOffset: 77 }
        const x = input(shape, 1, oddness)
        const mask = judgeMask(draw)
        const y = judgeDropout(x, draw)
        const limits = tight ? tightLimits(gpu.device) : undefined
        await each(VARIANTS, async (variant) => {
          const got = await dropoutCut(gpu, draw, x, { variant, limits, inPlace })
          const what = JSON.stringify(variant)
          expectSameBits(got.mask, mask, { packed: true, what: `mask, ${what}` })
          expectSameBits(got.output, y, { shape, what })
        })
      },
    }),
  ),
)
