/** The statistics pass against its definitions in double precision, within what WGSL grants exp and log. */

import { ENTROPY, MOMENTS, type OutputKind, type Sums } from '../../src/monte-carlo/statistics.js'
import { createStatistics } from '../../src/monte-carlo/statistics-webgpu.js'
import type { Buffers } from '../support/buffers'
import { patterns } from '../support/compare'
import { randomWords } from '../support/inputs'
import type { Case } from './case'

/**
 * In units of the values' spread: over a hundred float32 updates of 2^-24 each, and on probabilities what WGSL grants
 * exp(d), 3 + 2 |d| units in the last place.
 */
const TOLERANCE = 5e-6
/** WGSL grants a log an absolute error of 2^-21 near 1, and float32 sums add as much again for a hundred classes. */
const ENTROPY_TOLERANCE = 2e-6

const PASSES: readonly { outputs: OutputKind; rows: number; classes: number; samples: number }[] = [
  { outputs: 'values', rows: 1, classes: 1, samples: 1 },
  { outputs: 'values', rows: 13, classes: 1, samples: 7 },
  { outputs: 'values', rows: 5003, classes: 1, samples: 5 },
  { outputs: 'values', rows: 9, classes: 1, samples: 100 },
  { outputs: 'probabilities', rows: 1, classes: 1, samples: 3 },
  { outputs: 'probabilities', rows: 3, classes: 10, samples: 50 },
  { outputs: 'probabilities', rows: 301, classes: 7, samples: 4 },
  { outputs: 'logits', rows: 1, classes: 1, samples: 3 },
  { outputs: 'logits', rows: 3, classes: 10, samples: 50 },
  { outputs: 'logits', rows: 301, classes: 7, samples: 4 },
  { outputs: 'logits', rows: 2, classes: 1001, samples: 4 },
]

const ofRandom = PASSES.map(
  (given): Case => ({
    group: 'statistics',
    name: `${given.samples} passes of ${given.rows} rows of ${given.classes} ${given.outputs}`,
    async run(gpu) {
      const passes = randomPasses(given)
      expectSums(await accumulated(gpu, given, passes), given, passes)
    },
  }),
)

const certain: Case = {
  group: 'statistics',
  name: 'networks that are always sure have no entropy, also where a probability is 0 and a logit huge',
  async run(gpu) {
    const sure = new Array(3).fill(Float32Array.of(0, 1, 0))
    const given = { outputs: 'probabilities', rows: 1, classes: 3 } as const
    expectSums(await accumulated(gpu, given, sure), given, sure)
    const huge = new Array(3).fill(Float32Array.of(-3e38, 3e4, -1e5))
    const logits = { outputs: 'logits', rows: 1, classes: 3 } as const
    expectSums(await accumulated(gpu, logits, huge), logits, huge)
  },
}

export const statistics: readonly Case[] = [...ofRandom, certain]

interface Given {
  outputs: OutputKind
  rows: number
  classes: number
}

async function accumulated(
  gpu: Buffers,
  { outputs, rows, classes }: Given,
  passes: readonly Float32Array[],
): Promise<Sums> {
  const elements = rows * classes
  const accumulation = { outputs, elements, classes: outputs === 'values' ? 0 : classes }
  const statistics = createStatistics(gpu.device, accumulation)
  for (const pass of passes) await statistics.add({ buffer: gpu.buffer(pass), offset: 0 })
  const sums = await statistics.read()
  statistics.destroy()
  return sums
}

function randomPasses({ outputs, rows, classes, samples }: Given & { samples: number }): Float32Array[] {
  const word = randomWords(samples + classes)
  return Array.from({ length: samples }, () => {
    const pass = Float32Array.from({ length: rows * classes }, () => (word() / 2 ** 32) * 8 - 4)
    return outputs === 'probabilities' ? Float32Array.from(softmax(pass, classes)) : pass
  })
}

function expectSums(sums: Sums, { outputs, rows, classes }: Given, passes: readonly Float32Array[]): void {
  const values = passes.map((pass) => (outputs === 'logits' ? softmax(pass, classes) : Array.from(pass)))
  const { moments, entropies, samples } = sums
  expectClose('number of passes', samples, passes.length, 0)
  for (let i = 0; i < rows * classes; i++) {
    const column = values.map((pass) => pass[i])
    const mean = average(column)
    const squares = column.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    const spread = Math.max(...column.map((value) => Math.abs(value - column[0])), Math.abs(column[0]), 1e-3)
    const at = i * MOMENTS.size
    const gotMean = moments[at + MOMENTS.first] + moments[at + MOMENTS.mean]
    expectClose(`mean ${i}`, gotMean, mean, TOLERANCE * spread)
    const within = TOLERANCE * spread * spread * passes.length
    expectClose(`squared deviations ${i}`, moments[at + MOMENTS.squares], squares, within)
  }
  if (outputs === 'values') {
    const first = Float32Array.from({ length: rows }, (_, i) => moments[i * MOMENTS.size + MOMENTS.first])
    const differs = patterns(first).some((bits, i) => bits !== patterns(passes[0])[i])
    if (differs) throw new Error('the values of the first pass are not kept to the bit')
    return
  }
  for (let row = 0; row < rows; row++) {
    const expected = average(values.map((pass) => entropyOf(pass.slice(row * classes, (row + 1) * classes))))
    const at = row * ENTROPY.size
    const got = entropies[at + ENTROPY.first] + entropies[at + ENTROPY.mean]
    expectClose(`entropy of row ${row}`, got, expected, ENTROPY_TOLERANCE * Math.max(1, expected))
  }
}

function softmax(logits: ArrayLike<number>, classes: number): number[] {
  return Array.from({ length: logits.length / classes }, (_, row) => {
    const own = Array.from({ length: classes }, (_, i) => logits[row * classes + i])
    const largest = Math.max(...own)
    const powers = own.map((logit) => Math.exp(logit - largest))
    const total = powers.reduce((sum, power) => sum + power, 0)
    return powers.map((power) => power / total)
  }).flat()
}

function entropyOf(row: readonly number[]): number {
  return row.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0)
}

function average(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length
}

function expectClose(what: string, got: number, expected: number, within: number): void {
  if (!(Math.abs(got - expected) <= within)) {
    throw new Error(`${what} is ${got}, expected ${expected} within ${within}`)
  }
}
