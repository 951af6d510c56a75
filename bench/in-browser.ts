/** A run in this browser: what the page's button and the headless command both do. */

import { cases, quickCases } from './cases.js'
import { type Opened, openDevice } from './device.js'
import { allPeers } from './peers/all.js'
import type { Machine, Report } from './report.js'
import { type Progress, runBenchmark } from './run.js'
import { select, selectPeers } from './select.js'

export interface Selection {
  /** Names. An empty list means all, or with `quick` the quick cases. */
  cases: string[]
  peers: string[]
  quick: boolean
  coldStart: boolean
}

interface Hooks {
  signal?: AbortSignal
  /** Called once, before anything is measured: a page watches whether the device gets lost. */
  onOpened?: (opened: Opened) => void
  onProgress?: (progress: Progress) => void
  onCase?: (report: Report) => void
}

export async function runInBrowser(selection: Selection, hooks: Hooks = {}): Promise<Report> {
  const { onOpened, ...others } = hooks
  const opened = await openDevice()
  try {
    onOpened?.(opened)
    return await runBenchmark({
      ...others,
      ...selection,
      cases: select(
        'case',
        cases,
        selection.cases.length > 0 || !selection.quick ? selection.cases : quickCases,
      ),
      peers: selectPeers(allPeers, selection.peers),
      machine: describeMachine(opened),
      device: opened.device,
    })
  } finally {
    opened.device?.destroy()
  }
}

export function describeMachine(opened: Opened): Machine {
  return {
    runtime: browserName(navigator.userAgent),
    platform: /\(([^)]*)\)/.exec(navigator.userAgent)?.[1] ?? 'unknown',
    cores: navigator.hardwareConcurrency,
    ...(opened.device ? { adapter: opened.adapter } : { noAdapter: opened.noAdapter }),
  }
}

/** The browser's usual name; user agents list several. */
function browserName(userAgent: string): string {
  for (const [name, mark] of [
    ['Edge', 'Edg'],
    ['Firefox', 'Firefox'],
    ['Chrome', '(?:Headless)?Chrome'],
    ['Safari', 'Version'],
  ]) {
    const version = new RegExp(`${mark}/(\\S+)`).exec(userAgent)?.[1]
    if (version) return `${name} ${version}`
  }
  return userAgent
}
