/** Shows a report: a plot and a table for each case, growth, cold start, and what was not measured. */

import { power, significant } from '../../bench/notation.js'
import {
  adapterName,
  baselineOf,
  type CaseReport,
  isMeasured,
  type Kind,
  type Measured,
  type PredictionReport,
  type Report,
  type Timed,
} from '../../bench/report.js'
import { element, make } from '../shared/elements.js'
import { growthCurve, ratioBars } from './plots.js'
import { table } from './table.js'

const number = new Intl.NumberFormat('en')
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 })

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
  for (const one of report.predictions) {
    if (one.entrants.length > 0) blocks.push(await predictionBlock(report, one))
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
  const baseline = baselineOf(report, one, kind)
  const rows = report.peers
    .filter((peer) => peer.kind === kind && (peer.role !== 'baseline' || peer.name === baseline?.peer))
    .flatMap((peer) => {
      const entrant = one.entrants.find((entrant) => entrant.peer === peer.name)
      return entrant ? [{ peer, entrant }] : []
    })
  if (rows.length === 0) return undefined
  const measured = rows.flatMap(({ peer, entrant }) =>
    isMeasured(entrant) ? [{ peer, measured: entrant }] : [],
  )
  const plot = await ratioBars(
    element('results'),
    measured,
    `${one.title} at rate ${one.rate} on ${KINDS[kind]}: times the copy baseline; the table has the numbers`,
  )
  const cells = rows.map(({ peer, entrant }) => ({
    role: peer.role,
    head: peer.role === 'baseline' ? `the copy baseline: ${peer.title}` : peer.title,
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
      table(['', 'ms', '±', 'times the copy', 'GB/s'], cells, `${one.name}, rate ${rate}, ${kind}`),
    ]),
  ])
}

function measuredCells(measured: Measured): string[] {
  return [...timedCells(measured), significant(measured.gbPerS)]
}

function timedCells({ median, spread, ratio }: Timed): string[] {
  return [
    significant(median),
    percent.format(spread / 2),
    ratio === undefined ? '?' : `${significant(ratio)}×`,
  ]
}

async function predictionBlock(report: Report, one: PredictionReport): Promise<Element> {
  const { name, title, digits, entrants } = one
  const rows = report.peers.flatMap((peer) => {
    const entrant = entrants.find((entrant) => entrant.peer === peer.name)
    return entrant ? [{ peer, entrant }] : []
  })
  const plot = await ratioBars(
    element('results'),
    rows.flatMap(({ peer, entrant }) => (isMeasured(entrant) ? [{ peer, measured: entrant }] : [])),
    `${title}, digits ${digits}: times noiseshape/onnx; the table has the numbers`,
  )
  const cells = rows.map(({ peer, entrant }) => ({
    role: peer.role,
    head: peer.title,
    cells: isMeasured(entrant) ? timedCells(entrant) : `${entrant.status}: ${entrant.reason}`,
  }))
  return make('article', { className: 'case' }, [
    make('h2', { textContent: `${title}, on WebGPU` }),
    make('p', {
      className: 'hint',
      textContent: `The digits network, batch size ${digits}, from images to statistics`,
    }),
    make('div', { className: 'pair' }, [
      make('div', { className: 'plot' }, plot ? [plot] : []),
      table(['', 'ms', '±', 'times noiseshape/onnx'], cells, `${name}, digits ${digits}`),
    ]),
  ])
}

async function growthBlock(report: Report, cases: CaseReport[], kind: Kind): Promise<Element | undefined> {
  const peers = report.peers.filter(
    ({ kind: its, role }) => its === kind && role !== 'baseline' && role !== 'copy' && role !== 'part',
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
    make('p', {
      className: 'hint',
      textContent: 'Dropout with one noise cell per element, rate 0.1; both axes are logarithmic',
    }),
    make('div', { className: 'pair' }, [
      make('div', { className: 'plot' }, [plot]),
      table(columns, rows, `growth, ${kind}`, 'wide'),
    ]),
  ])
}
