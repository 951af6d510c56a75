/** One run of the page: measured until it is done, cancelled, or the GPU is lost. What was finished by then is kept. */

import type { Opened } from '../../bench/device.js'
import { runInBrowser, type Selection } from '../../bench/in-browser.js'
import type { Report } from '../../bench/report.js'
import type { Progress } from '../../bench/run.js'
import type { Ending } from './kept.js'

interface Hooks {
  /** Cancels the run when it aborts. */
  signal: AbortSignal
  onOpened: (opened: Opened) => void
  onProgress: (progress: Progress) => void
  /** Called with each case as it is done. */
  onCase: (report: Report) => void
}

export interface Outcome {
  ending: Exclude<Ending, 'running'>
  /** Undefined if no case was finished. */
  report?: Report
  /** Why the GPU was lost. */
  reason?: string
}

class GpuLost extends Error {}

/** @throws what the benchmark throws, if it was neither cancelled nor lost its GPU */
export async function measure(selection: Selection, hooks: Hooks): Promise<Outcome> {
  const lost = new AbortController()
  const signal = AbortSignal.any([hooks.signal, lost.signal])
  let report: Report | undefined
  try {
    const run = runInBrowser(selection, {
      signal,
      onOpened(opened) {
        hooks.onOpened(opened)
        opened.device?.lost.then(({ reason, message }) => {
          if (reason !== 'destroyed') lost.abort(new GpuLost(message)) // destroyed: by the end of the run
        })
      },
      onProgress(progress) {
        if (!signal.aborted) hooks.onProgress(progress)
      },
      onCase(latest) {
        if (signal.aborted) return
        report = structuredClone(latest) // the run goes on writing into its own
        hooks.onCase(report)
      },
    })
    // A library that waits for a device that is gone may wait forever; a run that is cancelled ends by itself.
    report = await Promise.race([run, aborted(lost.signal)])
    return { ending: 'done', report }
  } catch (error) {
    if (error instanceof GpuLost) {
      report?.notes.push('Partial: the GPU was lost during the run. These are the cases that were finished.')
      return { ending: 'lost', report, reason: error.message }
    }
    if (!hooks.signal.aborted) throw error
    report?.notes.push('Partial: the run was cancelled. These are the cases that were finished.')
    return { ending: 'cancelled', report }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
}
