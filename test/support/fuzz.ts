/** How long a property is tried: a few hundred cases with a fixed seed in `npm test`, as long as one likes by command. */

import fc from 'fast-check'
import { property } from './draws'

/** `npm run fuzz` sets these: minutes for each property, the first seed, and the path of a failure to replay. */
const minutes = Number(import.meta.env.VITE_FUZZ_MINUTES ?? 0)
const seed = Number(import.meta.env.VITE_FUZZ_SEED ?? 0)
const path: string | undefined = import.meta.env.VITE_FUZZ_PATH

/** For the test that calls `fuzz`. */
export const fuzzTimeout = minutes * 60_000 + 120_000

/** How many of the cases must at least have been of a kind; one that is replayed stands alone. */
export const atLeast = (cases: number) => (path ? 0 : cases)

/** Cases between two looks at the clock. */
const BATCH = 100

/** Tries a property on `runs` cases, or for the minutes asked for; throws the smallest failure that it finds. */
export async function fuzz<T>(
  name: string,
  claim: fc.IAsyncProperty<T> | fc.IProperty<T>,
  runs: number,
): Promise<void> {
  if (path) return report(await fc.check(claim as fc.IAsyncProperty<T>, { seed, path }))
  if (minutes === 0) return report(await fc.check(claim as fc.IAsyncProperty<T>, property(runs)))
  const end = Date.now() + minutes * 60_000
  let cases = 0
  for (let batch = 0; Date.now() < end; batch++) {
    const found = await fc.check(claim as fc.IAsyncProperty<T>, { seed: seed + batch, numRuns: BATCH })
    report(found)
    cases += found.numRuns
  }
  console.log(`fuzz: ${cases} cases from seed ${seed} on: ${name}`)
}

function report<T>(found: fc.RunDetails<T>): void {
  if (!found.failed) return
  const replay = `Replay: npm run fuzz -- --seed ${found.seed} --path ${found.counterexamplePath} --test "words of its name"`
  throw new Error(`${fc.defaultReportMessage(found)}\n${replay}`, { cause: found.errorInstance })
}
