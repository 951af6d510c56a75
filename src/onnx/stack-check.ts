/**
 * Whether stacked samples give what single ones give. A model may mix the rows of a batch, point at rows by their number,
 * or state the size of the batch in the middle: only a run can tell.
 */

export interface Outcome {
  dims: readonly number[]
  values: Float32Array
}

/** Runs `count` samples at once, the first of them `first` samples behind the draw of the check. */
export type RunSamples = (first: number, count: number) => Promise<Outcome>

/** Single runs to make until two differ: with row noise and a low rate, several samples may drop nothing. */
const MOST_SINGLES = 8

/** What kernels round differently where a batch is larger must be below this share of what the noise changes. */
const CLOSE = 0.01

/**
 * @param most samples that can be stacked, at least 2
 * @returns undefined if the noise changed nothing, so that it cannot be told
 */
export async function stackAgrees(run: RunSamples, most: number): Promise<boolean | undefined> {
  const singles = [await run(0, 1)]
  let effect = 0
  while (effect === 0 && singles.length < Math.min(most, MOST_SINGLES)) {
    const next = await run(singles.length, 1)
    effect = largestDifference(singles[0].values, next.values, 0)
    singles.push(next)
  }
  if (effect === 0) return undefined
  try {
    const { dims, values } = await run(0, singles.length)
    const [{ dims: single }] = singles
    if (`${dims}` !== `${[singles.length * single[0], ...single.slice(1)]}`) return false
    return singles.every(({ values: { length }, values: expected }, i) => {
      const difference = largestDifference(
        values.subarray(i * length, (i + 1) * length),
        expected,
        Number.POSITIVE_INFINITY,
      )
      return difference <= CLOSE * effect
    })
  } catch {
    return false
  }
}

/** @param unequal what two values count that are not the same and of which one is no finite number */
function largestDifference(a: Float32Array, b: Float32Array, unequal: number): number {
  let largest = 0
  a.forEach((value, i) => {
    if (Object.is(value, b[i])) return
    const difference = Math.abs(value - b[i])
    largest = Math.max(largest, Number.isFinite(difference) ? difference : unequal)
  })
  return largest
}
