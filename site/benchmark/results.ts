/** A report in blocks that open: for each case a plot, a table and what its rows are; growth; Monte Carlo dropout. */

import { power, significant } from '../../bench/notation.js'
import {
  baselineOf,
  type CaseReport,
  isMeasured,
  type Kind,
  type Measured,
  type Missing,
  type PeerReport,
  type PredictionReport,
  type Report,
  type Timed,
} from '../../bench/report.js'
import { make } from '../shared/elements.js'
import { plotting } from '../shared/plot.js'
import { barsHeight, GROWTH_HEIGHT, growthCurve, ratioBars } from './plots.js'
import { table } from './table.js'
import { aboutCase, aboutNetwork, aboutPeer, explained, nameOfNetwork, type Term } from './terms.js'

const number = new Intl.NumberFormat('en')
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 })

const KINDS = { gpu: 'WebGPU', cpu: 'the CPU' }

/** With so many blocks or fewer all are open; else the first on each kind of processor. */
const ALL_OPEN = 4

interface Block {
  kind: Kind
  title: string
  /** The result in a few words, seen while the block is closed. */
  gist: string
  about: (string | undefined)[]
  /** Draws into its place, when it is first seen. */
  plot: { height: number; draw(place: HTMLElement): Promise<Element | undefined> }
  table: Element
  rows: readonly PeerReport[]
}

export function renderReport(report: Report): Element[] {
  const sweep = report.cases.filter((one) => one.sweep)
  const blocks = [
    ...(['gpu', 'cpu'] as const).flatMap((kind) => [
      ...report.cases.filter((one) => !one.sweep).map((one) => caseBlock(report, one, kind)),
      growthBlock(report, sweep, kind),
    ]),
    ...(['gpu', 'cpu'] as const).flatMap((kind) =>
      report.predictions.map((one) => predictionBlock(report, one, kind)),
    ),
  ].filter((block) => block !== undefined)
  const first = (block: Block) => blocks.find(({ kind }) => kind === block.kind) === block
  return blocks.map((block) => render(block, blocks.length <= ALL_OPEN || first(block)))
}

function render({ title, gist, about, plot, table, rows }: Block, open: boolean): Element {
  const place = make('div', { className: 'plot' })
  place.style.minHeight = `${plot.height}px` // so that nothing moves when it is drawn
  const terms = rows.flatMap((peer): Term[] => {
    const meaning = aboutPeer(peer.name)
    return meaning ? [[peer.title, meaning]] : []
  })
  const details = make('details', { className: 'case', open }, [
    make('summary', {}, [
      make('h2', { textContent: title }),
      make('span', { className: 'gist', textContent: gist }),
    ]),
    ...about.flatMap((textContent) => (textContent ? [make('p', { className: 'hint', textContent })] : [])),
    make('div', { className: 'pair' }, [place, table]),
    ...(terms.length > 0 ? [explained('What the rows are', terms)] : []),
  ])
  let drawn = false
  // The event also comes for a block that is open from the beginning.
  details.addEventListener('toggle', async () => {
    if (drawn || !details.open) return
    await plotting()
    if (drawn || place.clientWidth === 0) return // closed again, or replaced by newer results
    drawn = true
    place.replaceChildren(...[await plot.draw(place)].filter((svg) => svg !== undefined))
  })
  return details
}

interface Row<T extends Timed> {
  peer: PeerReport
  entrant: T | Missing
}

function caseBlock(report: Report, one: CaseReport, kind: Kind): Block | undefined {
  const baseline = baselineOf(report, one, kind)
  const rows = rowsOf(report, one.entrants).filter(
    ({ peer }) => peer.kind === kind && (peer.role !== 'baseline' || peer.name === baseline?.peer),
  )
  if (rows.length === 0) return undefined
  const spread = hasSpread(rows)
  const cells = rows.map(({ peer, entrant }) => ({
    role: peer.role,
    head: peer.role === 'baseline' ? `the copy baseline: ${peer.title}` : peer.title,
    cells: isMeasured(entrant)
      ? [...timedCells(entrant, spread), significant(entrant.gbPerS)]
      : `${entrant.status}: ${entrant.reason}`,
  }))
  const [shape, noiseShape] = [one.shape, one.noiseShape].map((sides) => `[${sides.join(', ')}]`)
  const { elements, rate } = one
  return {
    kind,
    title: `${one.title}, on ${KINDS[kind]}`,
    gist: `rate ${rate}: ${gist(rows)}`,
    about: [
      aboutCase(one.name),
      `${shape} with noise shape ${noiseShape}, ${number.format(elements)} elements, rate ${rate}`,
    ],
    plot: bars(
      rows,
      `${one.title} at rate ${rate} on ${KINDS[kind]}: times the copy baseline; the table has the numbers`,
    ),
    table: table(
      ['peer', 'ms', ...(spread ? ['±'] : []), 'times the copy', 'GB/s'],
      cells,
      `${one.name}, rate ${rate}, ${kind}`,
    ),
    rows: rows.map(({ peer }) => peer),
  }
}

function rowsOf<T extends Timed>(report: Report, entrants: readonly (T | Missing)[]): Row<T>[] {
  return report.peers.flatMap((peer) => {
    const entrant = entrants.find((entrant) => entrant.peer === peer.name)
    return entrant ? [{ peer, entrant }] : []
  })
}

/** The fastest of the library's rows. */
function gist(rows: readonly Row<Measured>[]): string {
  const ratios = rows
    .filter(({ peer }) => peer.role === 'ours')
    .flatMap(({ entrant }) => (isMeasured(entrant) && entrant.ratio ? [entrant.ratio] : []))
  return ratios.length > 0
    ? `noiseshape takes ${significant(Math.min(...ratios))}× the copy`
    : 'noiseshape: no figure'
}

function bars<T extends Timed>(rows: readonly Row<T>[], label: string): Block['plot'] {
  const measured = rows.flatMap(({ peer, entrant }) =>
    isMeasured(entrant) ? [{ peer, measured: entrant }] : [],
  )
  return { height: barsHeight(measured), draw: (place) => ratioBars(place, measured, label) }
}

/** A file of results leaves the spread out. */
function hasSpread(rows: readonly Row<Timed>[]): boolean {
  return rows.some(({ entrant }) => isMeasured(entrant) && Number.isFinite(entrant.spread))
}

function timedCells({ median, spread, ratio }: Timed, withSpread: boolean): string[] {
  return [
    significant(median),
    ...(withSpread ? [percent.format(spread / 2)] : []),
    ratio === undefined ? '?' : `${significant(ratio)}×`,
  ]
}

/** What the library is called on each kind of processor, what it is compared with, and what that is called. */
const PREDICTING = {
  gpu: { where: 'WebGPU', ours: 'noiseshape-onnx', unit: 'noiseshape/onnx' },
  cpu: { where: 'wasm', ours: 'noiseshape-onnx-wasm', unit: 'one run' },
}

function predictionBlock(report: Report, one: PredictionReport, kind: Kind): Block | undefined {
  const { name, title, network, entrants } = one
  const rows = rowsOf<Timed>(report, entrants).filter(({ peer }) => peer.kind === kind)
  if (rows.length === 0) return undefined
  const spread = hasSpread(rows)
  const cells = rows.map(({ peer, entrant }) => ({
    role: peer.role,
    head: peer.title,
    cells: isMeasured(entrant) ? timedCells(entrant, spread) : `${entrant.status}: ${entrant.reason}`,
  }))
  const { where, ours: oursName, unit } = PREDICTING[kind]
  const ours = entrants.filter(isMeasured).find(({ peer }) => peer === oursName)
  return {
    kind,
    title: `${title}, on ${where}`,
    gist: `${nameOfNetwork(network)}: ${ours ? `noiseshape/onnx takes ${significant(ours.median)} ms` : 'noiseshape/onnx: no figure'}`,
    about: [aboutCase(name), aboutNetwork(network)],
    plot: bars(rows, `${title}, ${network}, on ${where}: times ${unit}; the table has the numbers`),
    table: table(
      ['peer', 'ms', ...(spread ? ['±'] : []), `times ${unit}`],
      cells,
      `${name}, ${network}, ${kind}`,
    ),
    rows: rows.map(({ peer }) => peer),
  }
}

function growthBlock(report: Report, cases: CaseReport[], kind: Kind): Block | undefined {
  const took = (name: string) => cases.some(({ entrants }) => entrants.some(({ peer }) => peer === name))
  const peers = report.peers.filter(
    ({ name, kind: its, role }) =>
      its === kind && role !== 'baseline' && role !== 'copy' && role !== 'part' && took(name),
  )
  if (peers.length === 0) return undefined
  const rows = peers.map((peer) => ({
    role: peer.role,
    head: peer.title,
    cells: cases.map(({ entrants }) => {
      const entrant = entrants.find((entrant) => entrant.peer === peer.name)
      return entrant && isMeasured(entrant) ? significant(entrant.median) : (entrant?.status ?? '')
    }),
  }))
  const sizes = cases.map(({ elements }) => power(elements))
  return {
    kind,
    title: `Growth, on ${KINDS[kind]}`,
    gist: `${sizes[0]} to ${sizes.at(-1)} elements`,
    about: ['Dropout with one noise cell per element, rate 0.1; both axes are logarithmic'],
    plot: { height: GROWTH_HEIGHT, draw: (place) => growthCurve(place, report, cases, kind) },
    table: table(['ms', ...sizes], rows, `growth, ${kind}`, 'wide'),
    rows: peers,
  }
}
