/** A report on the page: a plot and a table for each case, the growth, the cold start, and what was left out. */

import { element } from '../element.js'
import { power, significant } from '../notation.js'
import { adapterName, type CaseReport, isMeasured, type Measured, type Report, roofOf } from '../report.js'
import { barsAgainstRoof, growthCurve } from './plots.js'

const number = new Intl.NumberFormat('en')
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 })

type Kind = Report['peers'][number]['kind']
const KINDS = { gpu: 'WebGPU', cpu: 'the CPU' }

export async function renderReport(report: Report): Promise<Element[]> {
  const blocks: Element[] = [summary(report)]
  const sweep = report.cases.filter((one) => one.sweep)
  for (const kind of ['gpu', 'cpu'] as const) {
    for (const one of report.cases.filter((one) => !one.sweep)) {
      const block = await caseBlock(report, one, kind)
      if (block) blocks.push(block)
    }
    const block = await growthBlock(report, sweep, kind)
    if (block) blocks.push(block)
  }
  return blocks
}

function summary(report: Report): Element {
  const { coldStart, notes, machine } = report
  const lines = [
    `${machine.runtime} on ${machine.platform}, ${machine.cores} cores. Adapter: ${adapterName(machine)}.`,
    ...(coldStart
      ? [`Cold start: ${significant(coldStart.median)} ms from createEngine to the first result.`]
      : []),
    ...notes,
  ]
  return make('div', { className: 'summary' }, [
    make(
      'div',
      {},
      lines.map((textContent) => make('p', { className: 'hint', textContent })),
    ),
    downloadLink(report),
  ])
}

let address: string | undefined

function downloadLink(report: Report): Element {
  if (address) URL.revokeObjectURL(address)
  address = URL.createObjectURL(new Blob([JSON.stringify(report, null, 2)], { type: 'application/json' }))
  const download = `noiseshape-bench-${report.date.slice(0, 10)}.json`
  return make('a', {
    className: 'button',
    id: 'download',
    href: address,
    download,
    textContent: 'Download JSON',
  })
}

async function caseBlock(report: Report, one: CaseReport, kind: Kind): Promise<Element | undefined> {
  const roof = roofOf(report, one, kind)
  const rows = report.peers
    .filter((peer) => peer.kind === kind && (peer.role !== 'roof' || peer.name === roof?.peer))
    .flatMap((peer) => {
      const entrant = one.entrants.find((entrant) => entrant.peer === peer.name)
      return entrant ? [{ peer, entrant }] : []
    })
  if (rows.length === 0) return undefined
  const measured = rows.flatMap(({ peer, entrant }) =>
    isMeasured(entrant) ? [{ peer, measured: entrant }] : [],
  )
  const plot = await barsAgainstRoof(
    element('results'),
    measured,
    `${one.title} at rate ${one.rate} on ${KINDS[kind]}: times the roof; the table has the numbers`,
  )
  const cells = rows.map(({ peer, entrant }) => ({
    role: peer.role,
    head: peer.role === 'roof' ? `the roof: ${peer.title}` : peer.title,
    cells: isMeasured(entrant) ? measuredCells(entrant) : `${entrant.status}: ${entrant.reason}`,
  }))
  const [shape, noiseShape] = [one.shape, one.noiseShape].map((sides) => `[${sides.join(', ')}]`)
  const { elements, rate } = one
  return make('article', { className: 'case' }, [
    make('h2', { textContent: `${one.title}, on ${KINDS[kind]}` }),
    make('p', {
      className: 'hint',
      textContent: `${shape} with noise shape ${noiseShape}, ${number.format(elements)} elements, rate ${rate}`,
    }),
    make('div', { className: 'pair' }, [
      make('div', { className: 'plot' }, plot ? [plot] : []),
      table(['', 'ms', '±', 'times the roof', 'GB/s'], cells, `${one.name}, rate ${rate}, ${kind}`),
    ]),
  ])
}

function measuredCells({ median, spread, ratio, gbPerS }: Measured): string[] {
  return [
    significant(median),
    percent.format(spread / 2),
    ratio === undefined ? '?' : `${significant(ratio)}×`,
    significant(gbPerS),
  ]
}

async function growthBlock(report: Report, cases: CaseReport[], kind: Kind): Promise<Element | undefined> {
  const peers = report.peers.filter(
    ({ kind: its, role }) => its === kind && role !== 'roof' && role !== 'copy' && role !== 'part',
  )
  const plot = await growthCurve(element('results'), report, cases, kind)
  if (!plot) return undefined
  const rows = peers.map((peer) => ({
    role: peer.role,
    head: peer.title,
    cells: cases.map(({ entrants }) => {
      const entrant = entrants.find((entrant) => entrant.peer === peer.name)
      return entrant && isMeasured(entrant) ? significant(entrant.median) : (entrant?.status ?? '')
    }),
  }))
  const columns = ['ms', ...cases.map(({ elements }) => power(elements))]
  return make('article', { className: 'case' }, [
    make('h2', { textContent: `Growth, on ${KINDS[kind]}` }),
    make('p', { className: 'hint', textContent: 'Dropout of each element, rate 0.1, both axes logarithmic' }),
    make('div', { className: 'pair' }, [
      make('div', { className: 'plot' }, [plot]),
      table(columns, rows, `growth, ${kind}`, 'wide'),
    ]),
  ])
}

/** A string in place of cells is a sentence over all of them. */
function table(
  columns: string[],
  rows: { role: string; head: string; cells: string[] | string }[],
  label: string,
  className = '',
): Element {
  const head = make(
    'tr',
    {},
    columns.map((textContent) => make('th', { scope: 'col', textContent })),
  )
  const body = rows.map(({ role, head, cells }) => {
    const row = make('tr', {}, [
      make('th', { scope: 'row', textContent: head }),
      ...(typeof cells === 'string'
        ? [make('td', { className: 'reason', colSpan: columns.length - 1, textContent: cells })]
        : cells.map((textContent) => make('td', { textContent }))),
    ])
    row.dataset.role = role
    return row
  })
  const grid = make('table', { className, ariaLabel: label }, [
    make('thead', {}, [head]),
    make('tbody', {}, body),
  ])
  // Wider than a phone, so it scrolls by itself, and the keyboard can reach it to do so.
  return make('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: `Table: ${label}` }, [
    grid,
  ])
}

function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]>,
  children: readonly Element[] = [],
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}
