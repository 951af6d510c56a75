/** What this browser keeps of the last run, so that it is there after a reload. Nothing leaves the machine. */

import type { Report } from '../../bench/report.js'

/** How a run ended; `running`: the page was closed before it did. */
export type Ending = 'done' | 'cancelled' | 'lost' | 'running'

export interface Kept {
  report: Report
  ending: Ending
}

/** How long the default run took on an adapter. */
interface Pace {
  adapter: string
  seconds: number
}

const RESULTS = 'noiseshape/benchmark/results'
const PACE = 'noiseshape/benchmark/pace'
const AGAIN = 'noiseshape/benchmark/again'

export function keep(kept: Kept): void {
  write(RESULTS, kept)
}

export function recall(): Kept | undefined {
  const kept = read(RESULTS) as Partial<Kept> | undefined
  const { report, ending } = kept ?? {}
  if (report?.format !== 1 || !Array.isArray(report.cases) || !Array.isArray(report.peers)) return undefined
  return { report, ending: ending ?? 'running' }
}

export function forget(): void {
  try {
    localStorage.removeItem(RESULTS)
  } catch {
    // nothing was kept either
  }
}

export function keepPace(pace: Pace): void {
  write(PACE, pace)
}

export function recallPace(adapter: string): number | undefined {
  const pace = read(PACE) as Partial<Pace> | undefined
  return pace?.adapter === adapter && typeof pace.seconds === 'number' ? pace.seconds : undefined
}

/** Notes what to measure after a reload. */
export function noteAgain(what: string): void {
  try {
    sessionStorage.setItem(AGAIN, what)
  } catch {
    // then the page only reloads
  }
}

/** What was noted before this reload, once. */
export function takeAgain(): string | undefined {
  try {
    const what = sessionStorage.getItem(AGAIN) ?? undefined
    sessionStorage.removeItem(AGAIN)
    return what
  } catch {
    return undefined
  }
}

// A browser may refuse storage, or have no room left.

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // the results are on the page all the same
  }
}

function read(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null') ?? undefined
  } catch {
    return undefined
  }
}
