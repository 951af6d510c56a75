/** The statistics pass against its definitions in double precision, within what WGSL grants exp and log. */

import {
  type Accumulation,
  emptySums,
  hasClasses,
  MOMENTS,
  meanOf,
  type OutputKind,
  rowLayout,
  rowsOf,
  type Sums,
  varianceOf,
} from '../../src/monte-carlo/statistics.js'
import { accumulate } from '../../src/monte-carlo/statistics-cpu.js'
import { createStatistics } from '../../src/monte-carlo/statistics-webgpu.js'
import type { Buffers } from '../support/buffers'
import { patterns } from '../support/compare'
import { ODD_VALUES, randomWords } from '../support/inputs'
import type { Case } from './case'

/**
 * In units of the values' spread: some units of 2^-24, and on probabilities what WGSL grants exp(d), 3 + 2 |d| units in
 * the last place.
 */
const TOLERANCE = 5e-6
/** WGSL grants a log an absolute error of 2^-21 near 1, and float32 sums add as much again for a hundred classes. */
const ENTROPY_TOLERANCE = 2e-6

interface Given {
  outputs: OutputKind
  rows: number
  /** Numbers in a row: for 'gaussian' twice the targets. */
  length: number
  samples: number
}

const GIVEN: readonly Given[] = [
  { outputs: 'values', rows: 1, length: 1, samples: 1 },
  { outputs: 'values', rows: 13, length: 1, samples: 7 },
  { outputs: 'values', rows: 5003, length: 1, samples: 5 },
  { outputs: 'values', rows: 9, length: 1, samples: 100 },
  { outputs: 'probabilities', rows: 1, length: 1, samples: 3 },
  { outputs: 'probabilities', rows: 3, length: 10, samples: 50 },
  { outputs: 'probabilities', rows: 301, length: 7, samples: 4 },
  { outputs: 'logits', rows: 1, length: 1, samples: 3 },
  { outputs: 'logits', rows: 3, length: 10, samples: 50 },
  { outputs: 'logits', rows: 301, length: 7, samples: 4 },
  { outputs: 'logits', rows: 2, length: 1001, samples: 4 },
  { outputs: 'gaussian', rows: 1, length: 2, samples: 3 },
  { outputs: 'gaussian', rows: 301, length: 6, samples: 5 },
]

const ofRandom = GIVEN.flatMap((given): Case[] => {
  const name = `${given.samples} samples of ${given.rows} rows of ${given.length} ${given.outputs}`
  return [
    {
      group: 'statistics',
      name,
      async run(gpu) {
        const outputs = randomOutputs(given)
        expectSums(await accumulated(gpu, given, outputs), given, outputs)
      },
    },
    {
      group: 'statistics',
      name: `${name}, stacked in one output, give the bits of one after the other`,
      async run(gpu) {
        const outputs = randomOutputs(given)
        const alone = await accumulated(gpu, given, outputs)
        for (const sizes of [[given.samples], [1, given.samples - 1], [given.samples - 1, 1]]) {
          const stacks = sizes.filter((size) => size > 0)
          expectSameSums(await accumulated(gpu, given, outputs, stacks), alone)
        }
      },
    },
  ]
})

const certain: Case = {
  group: 'statistics',
  name: 'networks that are always sure have no entropy, also where a probability is 0 and a logit huge',
  async run(gpu) {
    const sure = new Array(3).fill(Float32Array.of(0, 1, 0))
    const given = { outputs: 'probabilities', rows: 1, length: 3, samples: 3 } as const
    expectSums(await accumulated(gpu, given, sure), given, sure)
    const huge = new Array(3).fill(Float32Array.of(-3e38, 3e4, -1e5))
    const logits = { ...given, outputs: 'logits' } as const
    expectSums(await accumulated(gpu, logits, huge), logits, huge)
  },
}

/** Each of a range of magnitudes, which ends where variances underflow, and of both signs. */
const MAGNITUDES = [-30, -12, 0, 20, 40, 45, 47, 62, 80, 126]

const sameAsCpu: Case = {
  group: 'statistics',
  name: 'values of all magnitudes, NaN and infinities give the bits that they give on the CPU',
  async run(gpu) {
    const word = randomWords(5)
    const odd = ODD_VALUES.filter(({ bits }) => {
      const magnitude = bits & 0x7fffffff
      return magnitude === 0 || magnitude >= 0x00800000 // a GPU may flush a subnormal
    })
    const columns = MAGNITUDES.length ** 2 + odd.length ** 2
    const outputs = Array.from({ length: 40 }, (_, sample) => {
      const uniform = () => (word() / 2 ** 31 - 1) * (word() % 4)
      const ordinary = MAGNITUDES.flatMap((usual) =>
        MAGNITUDES.map((rare) => uniform() * 2 ** (word() % 8 === 0 ? rare : usual)),
      )
      const output = new Float32Array(columns)
      output.set(ordinary)
      const bits = new Uint32Array(output.buffer, ordinary.length * 4)
      odd.forEach((first, i) => {
        odd.forEach((second, j) => {
          bits[i * odd.length + j] = sample === 3 ? first.bits : sample === 30 ? second.bits : 0x3f800000
        })
      })
      return output
    })
    const given = { outputs: 'values', rows: columns, length: 1, samples: outputs.length } as const
    const sums = emptySums(accumulationOf(given))
    for (const output of outputs) accumulate(sums, output, accumulationOf(given))
    expectSameSums(await accumulated(gpu, given, outputs), sums)
  },
}

/** On llvmpipe, all loops of a thread together end after 65 535 turns, without an error. */
const manyTurns: readonly Case[] = [
  {
    group: 'statistics',
    name: 'all of 16 384 values take part in 128 stacked samples',
    async run(gpu) {
      const given = { outputs: 'values', rows: 16_384, length: 1, samples: 128 } as const
      const outputs = randomOutputs(given)
      const sums = emptySums(accumulationOf(given))
      for (const output of outputs) accumulate(sums, output, accumulationOf(given))
      expectSameSums(await accumulated(gpu, given, outputs, [given.samples]), sums)
    },
  },
  {
    group: 'statistics',
    name: 'all of 1024 equal rows of 1000 logits give the same statistics',
    async run(gpu) {
      const one = { outputs: 'logits', rows: 1, length: 1000, samples: 1 } as const
      const given = { ...one, rows: 1024 }
      const [row] = randomOutputs(one)
      const { moments, rows } = await accumulated(gpu, given, [stacked(new Array(given.rows).fill(row))])
      const first = await accumulated(gpu, one, [row])
      expectSums(first, one, [row])
      expectSameBits('moments', moments, stacked(new Array(given.rows).fill(first.moments)))
      expectSameBits('rows', rows, stacked(new Array(given.rows).fill(first.rows)))
    },
  },
]

const broken: Case = {
  group: 'statistics',
  name: 'a row of logits with NaN or +Infinity, or of -Infinity alone, is NaN, and the others are not',
  async run(gpu) {
    const [nan, infinite] = [Number.NaN, Number.POSITIVE_INFINITY]
    const rows = [
      [1, 2, 3],
      [nan, 1, 2],
      [1, nan, 2],
      [1, 2, nan],
      [1, infinite, 2],
      [-infinite, -infinite, -infinite],
      [-infinite, 1, 2],
    ]
    const given = { outputs: 'logits', rows: rows.length, length: 3, samples: 2 } as const
    const wrong = Float32Array.from(rows.flat())
    const negativeNan = 0xffc00000
    new Uint32Array(wrong.buffer)[rows.flat().findLastIndex(Number.isNaN)] = negativeNan
    const right = new Float32Array(wrong.length)
    for (const outputs of [
      [wrong, right],
      [right, wrong],
    ]) {
      const { moments, rows: ofRows } = await accumulated(gpu, given, outputs)
      const { size } = rowLayout(accumulationOf(given))
      rows.forEach((_, row) => {
        const expected = row > 0 && row < rows.length - 1
        const read = [0, 1, 2].map((i) => meanOf(moments, (row * 3 + i) * MOMENTS.size))
        for (const value of [...read, meanOf(ofRows, row * size)]) {
          if (Number.isNaN(value) !== expected) throw new Error(`row ${row} has ${value}`)
        }
      })
    }
  },
}

const kept: Case = {
  group: 'statistics',
  name: 'samples that are kept come back to the bit',
  async run(gpu) {
    const bits = Uint32Array.from(ODD_VALUES, (value) => value.bits)
    const first = new Float32Array(bits.buffer)
    const second = new Float32Array(bits.toReversed().buffer)
    const given = { outputs: 'values', rows: first.length, length: 1, samples: 4 } as const
    const statistics = createStatistics(gpu.device, accumulationOf(given), 4)
    await statistics.add({ buffer: gpu.buffer(first), offset: 0 })
    await statistics.add({ buffer: gpu.buffer(stacked([second, first])), offset: 0 }, 2)
    const got = await statistics.readKept()
    statistics.destroy()
    expectSameBits('kept samples', got, stacked([first, second, first]))
  },
}

const MOST_SAMPLES = 2 ** 24

/**
 * Half of the samples are 0 or 1, the others 10 or 11, after an outlier. In plain float32 sums, the outlier takes the
 * last digits of the mean, and the last samples are lost beside the sum of the others.
 */
const most: Case = {
  group: 'statistics',
  name: 'the last of 2^24 samples counts as the first does, and an outlier spoils nothing',
  async run(gpu) {
    const given = { outputs: 'values', rows: 1, length: 1, samples: MOST_SAMPLES } as const
    const statistics = createStatistics(gpu.device, accumulationOf(given))
    const size = 2 ** 20
    const [low, high] = [0, 10].map((offset) =>
      Float32Array.from({ length: size }, (_, i) => offset + (i % 2)),
    )
    const first = low.slice()
    first[0] = OUTLIER
    const [lowBuffer, highBuffer, firstBuffer] = [low, high, first].map((values) => gpu.buffer(values))
    for (let at = 0; at < MOST_SAMPLES; at += size) {
      const buffer = at === 0 ? firstBuffer : at < MOST_SAMPLES / 2 ? lowBuffer : highBuffer
      await statistics.add({ buffer, offset: 0 }, size)
    }
    const { moments } = await statistics.read()
    statistics.destroy()
    // The outlier stands in for a 0.
    const mean = 5.5 + OUTLIER / MOST_SAMPLES
    const variance = 25.25 + 5.5 ** 2 + OUTLIER ** 2 / MOST_SAMPLES - mean ** 2
    expectClose('mean', meanOf(moments, 0), mean, 1e-6 * mean)
    expectClose('variance', varianceOf(moments, 0), variance, 1e-6 * variance)
  },
}

const OUTLIER = 1e5

export const statistics: readonly Case[] = [...ofRandom, certain, sameAsCpu, ...manyTurns, broken, kept]

/** Takes seconds on a software GPU. */
export const manySamples: readonly Case[] = [most]

function accumulationOf({ outputs, rows, length }: Given): Accumulation {
  const rowLength = outputs === 'values' ? 0 : length
  return { outputs, elements: rows * length, rowLength, settling: hasClasses(outputs) }
}

/** `stacks`: how many samples each output that is added has; by default one. */
async function accumulated(
  gpu: Buffers,
  given: Given,
  outputs: readonly Float32Array[],
  stacks: readonly number[] = outputs.map(() => 1),
): Promise<Sums> {
  const statistics = createStatistics(gpu.device, accumulationOf(given))
  let next = 0
  for (const size of stacks) {
    const buffer = gpu.buffer(stacked(outputs.slice(next, next + size)))
    await statistics.add({ buffer, offset: 0 }, size)
    next += size
  }
  const sums = await statistics.read()
  statistics.destroy()
  return sums
}

function stacked(outputs: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(outputs.length * outputs[0].length)
  outputs.forEach((output, i) => {
    whole.set(output, i * output.length)
  })
  return whole
}

function randomOutputs({ outputs, rows, length, samples }: Given): Float32Array[] {
  const word = randomWords(samples + length)
  return Array.from({ length: samples }, () => {
    const output = Float32Array.from({ length: rows * length }, () => (word() / 2 ** 32) * 8 - 4)
    return outputs === 'probabilities' ? Float32Array.from(softmax(output, length)) : output
  })
}

function expectSameSums(got: Sums, expected: Sums): void {
  expectClose('number of samples', got.samples, expected.samples, 0)
  expectSameBits('moments', got.moments, expected.moments)
  expectSameBits('rows', got.rows, expected.rows)
}

/** A NaN may have any bits. */
function expectSameBits(what: string, got: Float32Array, expected: Float32Array): void {
  const [gotBits, expectedBits] = [patterns(got), patterns(expected)]
  const at = gotBits.findIndex(
    (bits, i) => bits !== expectedBits[i] && !(Number.isNaN(got[i]) && Number.isNaN(expected[i])),
  )
  if (at >= 0 || got.length !== expected.length) {
    throw new Error(`${what} differ: [${at}] is ${got[at]}, expected ${expected[at]}`)
  }
}

function expectSums(sums: Sums, given: Given, outputs: readonly Float32Array[]): void {
  const { rows, length } = given
  const values = outputs.map((output) => valuesOf(output, given))
  const { moments, rows: ofRows, samples } = sums
  expectClose('number of samples', samples, outputs.length, 0)
  for (let i = 0; i < rows * length; i++) {
    const column = values.map((output) => output[i])
    const mean = average(column)
    const variance = average(column.map((value) => (value - mean) ** 2))
    const spread = Math.max(...column.map((value) => Math.abs(value - column[0])), Math.abs(column[0]), 1e-3)
    const at = i * MOMENTS.size
    expectClose(`mean ${i}`, meanOf(moments, at), mean, TOLERANCE * spread)
    expectClose(`variance ${i}`, varianceOf(moments, at), variance, TOLERANCE * spread * spread)
  }
  const layout = rowLayout(accumulationOf(given))
  for (let row = 0; row < rowsOf(accumulationOf(given)); row++) {
    const ofRow = values.map((output) => output.slice(row * length, (row + 1) * length))
    const at = row * layout.size
    const expected = average(ofRow.map(entropyOf))
    const within = ENTROPY_TOLERANCE * Math.max(1, expected)
    expectClose(`entropy of row ${row}`, meanOf(ofRows, at), expected, within)
    for (let i = 0; i < length; i++) {
      const votes = ofRow.filter((p) => p.indexOf(Math.max(...p)) === i).length
      expectClose(`votes of row ${row} for class ${i}`, ofRows[at + layout.votes + i], votes, 0)
    }
    const divergences = ofRow.map((p, sample) => {
      const mean = p.map((_, i) => average(ofRow.slice(0, sample + 1).map((other) => other[i])))
      return p.reduce((sum, value, i) => (value > 0 ? sum + value * Math.log(value / mean[i]) : sum), 0)
    })
    const divergence = average(divergences)
    expectClose(`divergence of row ${row}`, meanOf(ofRows, at + layout.divergence), divergence, 2 * within)
  }
}

/** What is averaged: the softmax of logits, the variances of log variances. */
function valuesOf(output: Float32Array, { outputs, length }: Given): number[] {
  if (outputs === 'logits') return softmax(output, length)
  if (outputs !== 'gaussian') return Array.from(output)
  return Array.from(output, (value, i) => (i % length < length / 2 ? value : Math.exp(value)))
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
