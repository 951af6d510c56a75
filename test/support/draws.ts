/** Random dropouts for the property tests: what the reference allows, with a bias to the edges. */

import fc from 'fast-check'
import { input, type Oddness } from './inputs'
import { count, type Draw } from './judge'

export interface Trial {
  x: Uint32Array
  draw: Draw & { shape: number[] }
}

/** Runs are bounded and the seed is fixed, so that a failure is the same failure everywhere. */
export const property = (numRuns: number) => ({ seed: 20240607, numRuns, endOnFailure: false })

const MOST_ELEMENTS = 5000
const MOST_RANK = 8

const size = fc.oneof(
  { arbitrary: fc.integer({ min: 1, max: 9 }), weight: 8 },
  { arbitrary: fc.constant(1), weight: 4 },
  { arbitrary: fc.integer({ min: 10, max: 300 }), weight: 4 },
  { arbitrary: fc.constant(0), weight: 1 },
)

/** How a noise shape may write an axis: its own size (in four ways), or one flag for all of it. */
const entry = fc.constantFrom('one', 'size', 'one', 'size', 'one', 'null', 'undefined', '-1')

const rate = fc.oneof(
  fc.constantFrom(0, 1, 2 ** -33, 1 - 2 ** -33, 2 ** -32, 1 - 2 ** -32, 0.1, 0.25, 0.5, 0.75, 0.9),
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.integer({ min: 1, max: 99 }).map((percent) => percent / 100),
)

const word64 = fc.oneof(
  fc.nat({ max: 1000 }),
  fc.maxSafeNat(),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom<number | bigint>(0, 0n, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2n ** 63n, 2n ** 64n - 1n),
)

const stream = fc.oneof(
  fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1),
  fc.maxSafeNat().map((n) => n % 2 ** 32),
)

/** The last start leaves room for the cells of the largest tensor below 2^53 - 1. */
const LAST_START = 2 ** 53 - 1 - MOST_ELEMENTS
const cellOffset = fc.oneof(
  fc.nat({ max: 300 }),
  fc.constantFrom(0, 31, 32, 127, 128, 2 ** 32 - 1, 2 ** 32, 2 ** 39 - 64, 2 ** 39, 2 ** 52 + 77, LAST_START),
  fc.integer({ min: 0, max: 1000 }).map((n) => 2 ** 39 - 500 + n),
  fc.maxSafeNat().map((n) => Math.min(n, LAST_START)),
)

const oddness = fc.constantFrom<Oddness>('none', 'rare', 'half', 'any bits')

export const trial: fc.Arbitrary<Trial> = fc
  .record({
    sizes: fc.array(size, { maxLength: MOST_RANK }),
    entries: fc.option(fc.array(entry, { minLength: MOST_RANK, maxLength: MOST_RANK }), { freq: 6 }),
    leftOut: fc.oneof({ arbitrary: fc.constant(0), weight: 3 }, { arbitrary: fc.nat({ max: 3 }), weight: 1 }),
    rate,
    seed: word64,
    stream: fc.option(stream, { nil: undefined }),
    step: fc.option(word64, { nil: undefined }),
    cellOffset: fc.option(cellOffset, { nil: undefined }),
    values: fc.nat(),
    oddness,
  })
  .map(({ sizes, entries, leftOut, values, oddness, ...rest }) => {
    const shape = bounded(sizes)
    const noiseShape = entries && shape.map((own, axis) => written(entries[axis], own)).slice(leftOut)
    return { x: input(shape, values, oddness), draw: { shape, noiseShape, ...rest } }
  })

/** Sizes that would make the tensor (or, where a size is 0, its noise) too large for a quick test become 1. */
function bounded(sizes: readonly number[]): number[] {
  const shape: number[] = []
  for (const next of sizes) {
    const grown = count([...shape, next].map((own) => Math.max(own, 1)))
    shape.push(grown > MOST_ELEMENTS ? 1 : next)
  }
  return shape
}

function written(entry: string, own: number): number | null | undefined {
  if (entry === 'one') return 1
  if (entry === 'size') return own
  if (entry === '-1') return -1
  return entry === 'null' ? null : undefined
}
