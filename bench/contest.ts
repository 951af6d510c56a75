/** A contest: contenders that do the work correctly are timed in turns, the others are reported. Works for any kind of work. */

import { type Entrant, measure } from './measure.js'
import type { Missing, Timed } from './report.js'

/** Can take part in contests with settings S and results R. */
export interface Contender<S, R> {
  name: string
  title: string
  /** Loads what it needs, once for all contests; throws where that is unavailable. Returns its version. */
  load?(): Promise<string | undefined>
  prepare(setting: S): Promise<Prepared<R>>
}

export interface Prepared<R> extends Entrant {
  /** Does the work once more and reads the result back. */
  result(): Promise<R>
  /** The exact bits of the result, where they are known; called after `result()`. */
  expected?(): R
}

export interface Contest<S, R, C extends Contender<S, R>> {
  setting: S
  contenders: readonly C[]
  /** How much work one call is, in any unit: a contender that was too slow on less is not tried on more. */
  work: number
  /** Says what is wrong with a result; undefined if nothing is. */
  check(contender: C, result: R, expected: R | undefined): string | undefined
}

export interface ContestOptions {
  pace: Pace
  /** Fewer and shorter batches. */
  quick?: boolean
  signal?: AbortSignal
  /** `share` goes from 0 to 1. */
  onShare: (share: number, what: string) => void
}

/** How slow each contender has been so far, so that those known to be too slow are skipped. */
export interface Pace {
  limitMs: number
  /** Milliseconds for a unit of work, by name. */
  msPerWork: Map<string, number>
}

export async function hold<S, R, C extends Contender<S, R>>(
  contest: Contest<S, R, C>,
  options: ContestOptions,
): Promise<(Timed | Missing)[]> {
  const { quick, signal, onShare } = options
  const { contenders } = contest
  const outcomes: (Timed | Missing)[] = []
  const ready: Guarded[] = []
  try {
    for (const [i, contender] of contenders.entries()) {
      signal?.throwIfAborted()
      onShare((0.5 * i) / contenders.length, `checking ${contender.title}`)
      const outcome = await prepare(contender, contest, options.pace)
      if (outcome instanceof Guarded) ready.push(outcome)
      else outcomes.push(outcome)
    }
    const timings = await measure(ready, {
      ...(quick ? { rounds: 3, batchMs: 30, entrantMs: 3000 } : {}),
      signal,
      pause: breathe,
      onRound: (done, of) => onShare(0.5 + (0.5 * done) / of, `round ${done} of ${of}`),
    })
    for (const [i, { name: peer, ...timing }] of timings.entries()) {
      const { error } = ready[i]
      outcomes.push(
        error === undefined ? { peer, status: 'ok', ...timing } : { peer, status: 'failed', reason: error },
      )
    }
    return outcomes
  } finally {
    for (const entrant of ready) await entrant.close()
  }
}

/** An entrant whose result has been checked; a later failure is kept for the report. */
class Guarded implements Entrant {
  readonly name: string
  error: string | undefined
  readonly #prepared: Entrant

  constructor(name: string, prepared: Entrant) {
    this.name = name
    this.#prepared = prepared
  }

  enter(): Promise<void> {
    return this.#guard(async () => this.#prepared.enter?.())
  }

  run(times: number): Promise<void> {
    return this.#guard(() => this.#prepared.run(times))
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    if (this.error !== undefined) return
    try {
      await work()
    } catch (error) {
      this.error = message(error)
    }
  }

  close() {
    return this.#prepared.close()
  }
}

/** Prepares and checks one contender: an entrant, or the reason why it does not take part. */
async function prepare<S, R, C extends Contender<S, R>>(
  contender: C,
  { setting, work, check }: Contest<S, R, C>,
  { limitMs, msPerWork }: Pace,
): Promise<Guarded | Missing> {
  const { name: peer } = contender
  const foreseen = (msPerWork.get(peer) ?? 0) * work
  if (foreseen > limitMs) {
    const reason = `one step would take about ${Math.round(foreseen / 1000)} s, judging by an earlier case`
    return { peer, status: 'skipped', reason }
  }
  const failed = (reason: string): Missing => ({ peer, status: 'failed', reason })
  let prepared: Prepared<R> | undefined
  try {
    await breathe()
    prepared = await contender.prepare(setting)
    const start = performance.now()
    const result = await prepared.result()
    const ms = performance.now() - start // includes reading back and, in the first contest, compiling
    const wrong = check(contender, result, prepared.expected?.())
    if (wrong === undefined && ms < limitMs) return new Guarded(peer, prepared)
    await prepared.close()
    if (wrong !== undefined) return failed(`its result is wrong: ${wrong}`)
    msPerWork.set(peer, ms / work)
    return { peer, status: 'skipped', reason: `one step took ${Math.round(ms / 1000)} s` }
  } catch (error) {
    await prepared?.close()
    return failed(message(error))
  }
}

/** Lets a page paint and handle input; a microtask would not. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}

export function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
