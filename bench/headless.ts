/** What `npm run bench` calls in its headless browser: a run, and its report as data, text and Markdown. */

import { runInBrowser, type Selection } from './in-browser.js'
import type { Progress } from './run.js'
import { textTables, withSection } from './tables.js'

/** @param results the contents of the results file so far, or an empty string */
export async function runHeadless(
  selection: Selection,
  results: string,
  onProgress: (progress: Progress) => void,
) {
  const report = await runInBrowser(selection, { onProgress })
  return { report, text: textTables(report), results: withSection(results, report) }
}
