/** Windows of the noise: a mask that begins anywhere below 2^53 is that slice of the whole. */

import { expectSameBits } from '../support/compare'
import { maskCut, SHIPPED, VARIANTS } from '../support/forced'
import { type Draw, judgeMask } from '../support/judge'
import { type Case, each } from './case'

const STARTS = [
  ...[1, 31, 32, 33, 63, 64, 65, 96, 97, 127, 128, 129, 777],
  ...[2 ** 32 - 1, 2 ** 32, 2 ** 39 - 64, 2 ** 39, 2 ** 39 + 5, 2 ** 52 + 77, 2 ** 53 - 1 - 700],
]

/** Drawn with seed 42: the 32-bit numbers of these cells are 0 and 2^32 - 1 (found by trying 2^34 cells). */
const CELL_OF_ZERO = 5146326573
const CELL_OF_ALL_ONES = 12401829777

const anywhere = STARTS.map((cellOffset) =>
  checked(`700 cells from cell ${cellOffset} on`, {
    ...{ shape: [700], rate: 0.3, seed: 2n ** 64n - 3n, stream: 2 ** 32 - 1, step: 2n ** 63n + 9n },
    cellOffset,
  }),
)

const streams = [
  { seed: 7 },
  { seed: 7 + 2 ** 32 },
  { seed: 7n + 2n ** 63n },
  { seed: 7, stream: 2 ** 31 + 1 },
  { seed: 7, step: 3 + 2 ** 32 },
  { seed: 7, step: 3n + 2n ** 63n },
].map((stream) => {
  const name = Object.entries(stream).map(([key, value]) => `${key} ${value}`)
  return checked(name.join(', '), { shape: [300], rate: 0.5, ...stream })
})

/** At these rates a single draw in 2^32 is decided by the last of its bits. */
const lastBits = [
  { rate: 2 ** -32, cellOffset: CELL_OF_ALL_ONES - 1 },
  { rate: 2 ** -33, cellOffset: CELL_OF_ALL_ONES - 1 },
  { rate: 1 - 2 ** -33, cellOffset: CELL_OF_ZERO - 1 },
  { rate: 1 - 2 ** -34, cellOffset: CELL_OF_ZERO - 1 },
].map((draw) => checked(`the rarest draw at rate ${draw.rate}`, { shape: [3], seed: 42, ...draw }))

export const windows: readonly Case[] = [...anywhere, ...streams, ...lastBits]

function checked(name: string, draw: Draw): Case {
  return {
    group: 'windows',
    name,
    async run(gpu) {
      const expected = judgeMask(draw)
      await each([...SHIPPED, ...VARIANTS], async (variant) => {
        const got = await maskCut(gpu, draw, { variant })
        const what = JSON.stringify(variant)
        expectSameBits(got.subarray(0, expected.length), expected, { packed: true, what })
      })
    },
  }
}
