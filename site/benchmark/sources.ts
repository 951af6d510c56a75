/** The results that can be shown: the last ones of this machine, and those that the repository has. */

import { allPeers } from '../../bench/peers/all.js'
import resultsFile from '../../bench/RESULTS.md?raw'
import { readResults } from '../../bench/read-results.js'
import { adapterName, type Machine, type Report } from '../../bench/report.js'
import { markdownTables } from '../../bench/tables.js'
import type { Kept } from './kept.js'

export interface Source {
  /** In the page's address. */
  id: string
  /** Where and when, for the list of results. */
  label: string
  report: Report
  markdown: string
  /** Within a sentence. */
  place: string
  when: string
  /** What must be known of these results; empty if nothing. */
  remarks: string[]
}

export const HERE = 'here'

const date = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' })
const dateAndTime = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' })

/** In the order of the file. */
export const committed: readonly Source[] = readResults(resultsFile, allPeers).map(
  ({ title, markdown, report }) => ({
    when: date.format(new Date(report.date)),
    id: title
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, ''),
    label: `${title}, ${date.format(new Date(report.date))}`,
    report,
    markdown,
    place: `on ${adapterName(report.machine).replace(/ \(.*/, '')}`,
    remarks: ['From bench/RESULTS.md of the repository, not measured on this machine.'],
  }),
)

/** @param now the machine as it is found to be, once that is known */
export function fromHere({ report, ending }: Kept, now?: Machine): Source {
  const adapter = adapterName(report.machine)
  const when = dateAndTime.format(new Date(report.date))
  const moved = now && adapterName(now) !== adapter
  return {
    id: HERE,
    label: `This machine, ${report.machine.adapter ? adapter : 'CPU'}, ${when}${ending === 'done' ? '' : ', partial'}`,
    report,
    markdown: markdownTables(report),
    place: 'here',
    when,
    remarks: [
      ...(ending === 'running' ? ['Partial: this run has not ended.'] : []),
      ...(moved ? [`Measured on another adapter than this page has now (${adapterName(now)}).`] : []),
    ],
  }
}
