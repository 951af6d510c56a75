/** What `npm run bench` calls in its headless browser: a run, and its report in the forms that are written. */

import { runInBrowser, type Selection } from './in-browser.js'
import type { Progress } from './run.js'
import { textTables, withSection } from './tables.js'

/** @param results the file of results so far, or nothing */
export async function runHeadless(
  selection: Selection,
  results: string,
  onProgress: (progress: Progress) => void,
) {
  const report = await runInBrowser(selection, { onProgress })
  return { report, text: textTables(report), results: withSection(results, report) }
}
