/** Shows results: the verdict, where they come from, what copies them, and the blocks below. */

import { significant } from '../../bench/notation.js'
import { adapterName, isMeasured, type Report } from '../../bench/report.js'
import { element, make } from '../shared/elements.js'
import { renderReport } from './results.js'
import type { Source } from './sources.js'
import { verdict } from './verdict.js'

let shown: Source | undefined
let address: string | undefined

export function show(source: Source): void {
  const { report, place, id } = source
  const [first, ...more] = verdict(report, place)
  const blocks = renderReport(report)
  element('verdict').textContent = first
  element('findings').replaceChildren(...more.map((textContent) => make('li', { textContent })))
  element('about').replaceChildren(...about(source).map((textContent) => make('p', { textContent })))
  element('results').replaceChildren(...blocks)
  element('copied').textContent = ''
  const measuredHere = id === 'here' // a file of results is no report with all its figures
  element('copy-json').hidden = !measuredHere
  element('download').hidden = !measuredHere
  if (measuredHere) offerDownload(source)
  shown = source
}

function about({ report, remarks, when }: Source): string[] {
  const { machine, coldStart, notes } = report
  return [
    ...remarks,
    `Measured ${when} in ${machine.runtime}, ${machine.platform}, ${machine.cores} cores. Adapter: ${adapterName(machine)}.`,
    ...(coldStart
      ? [`Cold start: ${significant(coldStart.median)} ms from createEngine to the first result.`]
      : []),
    ...disagreement(report),
    ...notes,
  ]
}

/** Half of an interquartile range, relative to the median: more, and other work has changed the ratios. */
const QUIET = 0.2

function disagreement({ cases }: Report): string[] {
  const spreads = cases.flatMap(({ entrants }) => entrants.filter(isMeasured).map(({ spread }) => spread / 2))
  const most = Math.max(0, ...spreads.filter(Number.isFinite))
  if (most <= QUIET) return []
  return [
    `Batches of one peer differ by up to ±${Math.round(100 * most)} %, probably because of other work. Measure again when this machine is quiet.`,
  ]
}

function offerDownload({ report }: Source): void {
  if (address) URL.revokeObjectURL(address)
  address = URL.createObjectURL(new Blob([asJson(report)], { type: 'application/json' }))
  Object.assign(element('download'), {
    href: address,
    download: `noiseshape-bench-${report.date.slice(0, 10)}.json`,
  })
}

/** @param tell says to everybody what has happened */
export function connectCopying(tell: (message: string) => void): void {
  element('copy-json').after(make('a', { className: 'button', id: 'download', textContent: 'Download JSON' }))
  const copying = (id: string, what: string, text: (source: Source) => string) => {
    element(id).addEventListener('click', async () => {
      if (!shown) return
      const message = await navigator.clipboard.writeText(text(shown)).then(
        () => `Copied as ${what}.`,
        () => 'This browser did not allow it.',
      )
      element('copied').textContent = message
      tell(message)
    })
  }
  copying('copy-markdown', 'Markdown', ({ markdown }) => `${markdown}\n`)
  copying('copy-json', 'JSON', ({ report }) => asJson(report))
}

function asJson(report: object): string {
  return `${JSON.stringify(report, null, 2)}\n`
}
