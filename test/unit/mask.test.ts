/**
 * Whether the masks look random: z-scores of fixed seeds, so that a result is the same everywhere. A bound of 5 lets a
 * true generator fail once in 1.7 million tests, and a bias of one part in a thousand fail at these sizes.
 */

import { describe, expect, test } from 'vitest'
import { mask } from '../../src/cpu/index.js'
import type { Draw } from '../support/judge'
import { unpacked } from '../support/unpacked'

const CELLS = 2 ** 21
const BOUND = 5
const base: Draw = { shape: [CELLS], rate: 0.5, seed: 2024, stream: 1, step: 1 }

const flagsOf = (change: Partial<Draw>) => unpacked(mask({ ...base, ...change }), CELLS)

describe('keep frequency', () => {
  test.each([0.001, 0.1, 0.2, 0.25, 0.3, 0.5, 0.7, 0.75, 0.9, 0.999])('at rate %d it is 1 - rate', (rate) => {
    const flags = flagsOf({ rate })
    expect(Math.abs(frequencyZ(flags, 1 - rate))).toBeLessThan(BOUND)
  })

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'it is 1 - rate with seed %i too, over 100 streams of a small layer',
    (seed) => {
      const cells = 1000
      const flags = Array.from({ length: 100 }, (_, stream) => {
        const draw = { shape: [cells], rate: 0.2, seed, stream, step: 0 }
        return [...unpacked(mask(draw), cells)]
      }).flat()
      expect(Math.abs(frequencyZ(flags, 0.8))).toBeLessThan(BOUND)
    },
  )

  test('it is 1 - rate for each bit of a word and each word of a group', () => {
    const flags = flagsOf({ rate: 0.3 })
    const kept = new Array<number>(128).fill(0)
    flags.forEach((flag, cell) => {
      kept[cell % 128] += flag
    })
    const trials = CELLS / 128
    for (const [lane, total] of kept.entries()) {
      const z = (total - trials * 0.7) / Math.sqrt(trials * 0.21)
      expect(Math.abs(z), `lane ${lane}`).toBeLessThan(BOUND)
    }
  })
})

describe('independence', () => {
  test.each([1, 2, 31, 32, 33, 64, 96, 127, 128, 129, 4096])(
    'a cell says nothing about the one %i further',
    (lag) => {
      for (const rate of [0.1, 0.5]) {
        const flags = flagsOf({ rate })
        const z = correlationZ(flags.subarray(0, CELLS - lag), flags.subarray(lag), 1 - rate)
        expect(Math.abs(z), `rate ${rate}`).toBeLessThan(BOUND)
      }
    },
  )

  test.each<{ name: string; change: Partial<Draw> }>([
    { name: 'the next call', change: { step: 2 } },
    { name: 'the call before', change: { step: 0 } },
    { name: 'a call 2^32 later', change: { step: 1 + 2 ** 32 } },
    { name: 'the next stream', change: { stream: 2 } },
    { name: 'the stream of the top bit', change: { stream: 1 + 2 ** 31 } },
    { name: 'the next seed', change: { seed: 2025 } },
    { name: 'a seed of another high word', change: { seed: 2024 + 2 ** 32 } },
    { name: 'the window 32 cells further', change: { cellOffset: 32 } },
    { name: 'the window 2^32 cells further', change: { cellOffset: 2 ** 32 } },
    { name: 'the window 2^39 cells further', change: { cellOffset: 2 ** 39 } },
  ])('a mask says nothing about that of $name', ({ change }) => {
    for (const rate of [0.1, 0.5]) {
      const z = correlationZ(flagsOf({ rate }), flagsOf({ rate, ...change }), 1 - rate)
      expect(Math.abs(z), `rate ${rate}`).toBeLessThan(BOUND)
    }
  })

  test('successive calls of one cell keep it with frequency 1 - rate', () => {
    const calls = 20_000
    const flags = Array.from(
      { length: calls },
      (_, step) => mask({ shape: [1], rate: 0.25, seed: 5, step })[0],
    )
    expect(Math.abs(frequencyZ(flags, 0.75))).toBeLessThan(BOUND)
    expect(Math.abs(correlationZ(flags.slice(0, -1), flags.slice(1), 0.75))).toBeLessThan(BOUND)
  })

  test('a kept cell stays kept at every lower rate: the rate moves a threshold and redraws nothing', () => {
    const rates = [0.9, 0.7, 0.5, 0.3, 0.1, 0.01]
    const masks = rates.map((rate) => flagsOf({ rate }))
    for (let i = 1; i < rates.length; i++) {
      const lost = masks[i - 1].findIndex((flag, cell) => flag === 1 && masks[i][cell] === 0)
      expect(lost, `kept at rate ${rates[i - 1]}, dropped at ${rates[i]}`).toBe(-1)
    }
  })
})

/** How many standard deviations the number of kept cells is from its expectation. */
function frequencyZ(flags: ArrayLike<number>, keepProb: number): number {
  let kept = 0
  for (let i = 0; i < flags.length; i++) kept += flags[i]
  const n = flags.length
  return (kept - n * keepProb) / Math.sqrt(n * keepProb * (1 - keepProb))
}

/** The correlation of two masks in standard deviations. */
function correlationZ(a: ArrayLike<number>, b: ArrayLike<number>, keepProb: number): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] - keepProb) * (b[i] - keepProb)
  return sum / (keepProb * (1 - keepProb)) / Math.sqrt(a.length)
}
