/**
 * Measuring: entrants are timed in turns, so that a slow minute of a shared machine affects all of them alike. Knows nothing
 * of browsers, GPUs or dropout. An absolute time means little, a ratio within one run does.
 */

/** Something that can be timed. */
export interface Entrant {
  name: string
  /** Awaited before each batch, untimed: e.g. makes its backend the current one of its library. */
  enter?(): Promise<void>
  /** Does the work `times` times over and resolves when the last of it is done. */
  run(times: number): Promise<void>
  /** Frees what it holds. */
  close(): void | Promise<void>
}

export interface MeasureOptions {
  /** Timed batches of each entrant. Default 9. */
  rounds?: number
  /** How long a batch should take, in ms; it repeats the work to get there. Default 60. */
  batchMs?: number
  /** The most that all batches of one entrant should take, in ms; a slow one sits out some rounds. Default 10 000. */
  entrantMs?: number
  signal?: AbortSignal
  onRound?: (done: number, of: number) => void
  /** Awaited before each batch, untimed: lets a page paint and handle input. */
  pause?: () => Promise<void>
  /** Milliseconds. Default `performance.now()`. */
  now?: () => number
}

/** Milliseconds of one repetition. */
export interface Timing {
  name: string
  median: number
  min: number
  /** Interquartile range over the median: 0.1 means that half of all batches lay within 10 % of each other. */
  spread: number
  /** Repetitions in one batch, and how many batches. */
  repeats: number
  rounds: number
}

const MOST_REPEATS = 4096
const FEWEST_ROUNDS = 3

/**
 * Times entrants in turns: a warm-up, then `rounds` batches of each, starting with another one in each round. Each
 * should have run once before, because a first run compiles.
 */
export async function measure(entrants: readonly Entrant[], options: MeasureOptions = {}): Promise<Timing[]> {
  const { rounds = 9, batchMs = 60, entrantMs = 10_000, signal, onRound } = options
  const now = options.now ?? (() => performance.now())

  async function batch(entrant: Entrant, repeats: number): Promise<number> {
    await options.pause?.()
    signal?.throwIfAborted()
    await entrant.enter?.()
    const start = now()
    await entrant.run(repeats)
    return now() - start
  }

  const repeats: number[] = []
  const turns: number[] = []
  for (const entrant of entrants) {
    const { times, ms } = await warmUp((times) => batch(entrant, times), batchMs)
    repeats.push(times)
    turns.push(Math.min(rounds, Math.max(FEWEST_ROUNDS, Math.floor(entrantMs / ms))))
  }
  const samples: number[][] = entrants.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < entrants.length; turn++) {
      const i = (round + turn) % entrants.length
      if (!takesPart(round, turns[i], rounds)) continue
      samples[i].push((await batch(entrants[i], repeats[i])) / repeats[i])
    }
    onRound?.(round + 1, rounds)
  }
  return entrants.map(({ name }, i) => ({
    name,
    ...summary(samples[i]),
    repeats: repeats[i],
    rounds: samples[i].length,
  }))
}

/** Runs until a batch is long enough. Gives the repetitions that a batch takes, and about how long it will be. */
async function warmUp(batch: (times: number) => Promise<number>, batchMs: number) {
  for (let times = 1; ; times *= 2) {
    let ms = await batch(times)
    // A moment's load makes a short batch look long, and then each batch would be one call, mostly of waiting. So it is
    // believed when it comes twice, or is so long that it does not matter.
    if (ms >= batchMs && ms < 10 * batchMs) ms = Math.min(ms, await batch(times))
    if (ms < batchMs && times < MOST_REPEATS) continue
    const wanted = Math.min(Math.max(1, Math.round((times * batchMs) / ms)), MOST_REPEATS)
    return { times: wanted, ms: (ms / times) * wanted }
  }
}

/** Spreads `turns` evenly over the rounds. */
function takesPart(round: number, turns: number, rounds: number): boolean {
  return Math.floor(((round + 1) * turns) / rounds) > Math.floor((round * turns) / rounds)
}

/** Summarises the times of some batches. */
export function summary(samples: readonly number[]): Pick<Timing, 'median' | 'min' | 'spread'> {
  const sorted = samples.toSorted((a, b) => a - b)
  const median = quantile(sorted, 0.5)
  return { median, min: sorted[0], spread: (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / median }
}

/** Linear interpolation between the neighbours, as NumPy does by default. */
export function quantile(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1)
  const low = Math.floor(at)
  const high = Math.min(low + 1, sorted.length - 1)
  return sorted[low] + (at - low) * (sorted[high] - sorted[low])
}
