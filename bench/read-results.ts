/**
 * Reads a file of results back into reports: the reverse of `withSection` in tables.ts. The tables have three digits of each
 * figure, and neither spread nor fastest batch.
 */

import { cases, dropoutCases } from './cases.js'
import { size } from './noise-cells.js'
import type { EntrantReport, Kind, Machine, Measured, Missing, PeerReport, Report, Timed } from './report.js'

/** What must be known of a peer to read its column. */
type Known = Pick<PeerReport, 'name' | 'title' | 'kind' | 'role'> & { copies?: number }

/** The tables do not name the fastest copy. */
const BASELINES: PeerReport[] = [
  { name: 'copy-gpu', title: 'the fastest copy kernel', kind: 'gpu', role: 'baseline', copies: 1 },
  { name: 'copy-cpu', title: 'TypedArray.set', kind: 'cpu', role: 'baseline', copies: 1 },
]

const UNKNOWN = { min: Number.NaN, spread: Number.NaN, repeats: 0, rounds: 0 }

const VERSION = /^(.*) is version (\S+)$/
const MISSING = /: \S+ (failed|skipped): /

interface Table {
  title: string
  columns: string[]
  rows: string[][]
}

/** The sections of the file, each with the Markdown that it was read from. Rows of unknown cases are left out. */
export function readResults(
  file: string,
  peers: readonly Known[],
): { title: string; markdown: string; report: Report }[] {
  const [, ...sections] = file.split(/^## /m)
  return sections.flatMap((section) => {
    const [title, ...lines] = section.trim().split('\n')
    const report = readReport(lines, peers)
    return report ? [{ title, markdown: lines.join('\n').trim(), report }] : []
  })
}

function readReport(lines: readonly string[], peers: readonly Known[]): Report | undefined {
  const machine = readMachine(lines)
  if (!machine) return undefined
  const items = lines.filter((line) => line.startsWith('- ')).map((line) => line.slice(2))
  const tables = readTables(lines)
  const report: Report = {
    format: 1,
    ...machine,
    peers: [...BASELINES],
    cases: [],
    predictions: [],
    notes: items.filter((item) => !VERSION.test(item) && !MISSING.test(item)),
  }
  const reasons = (label: string, peer: string, status: string) => {
    const start = `${label}: ${peer} ${status}: `
    return items.find((item) => item.startsWith(start))?.slice(start.length) ?? 'no reason was noted'
  }
  for (const { title, columns, rows } of tables) {
    const names = columns.slice(1)
    for (const name of names) {
      const known = peers.find((peer) => peer.name === name)
      if (!known || report.peers.some((peer) => peer.name === name)) continue
      const { title, kind, role, copies = 1 } = known
      const version = items.map((item) => VERSION.exec(item)).find((found) => found?.[1] === title)?.[2]
      report.peers.push({ name, title, kind, role, copies, ...(version && { version }) })
    }
    for (const [label, ...cells] of rows) {
      if (title.startsWith('Monte Carlo')) addPrediction(report, names, label, cells, reasons)
      else addCase(report, title.startsWith('CPU') ? 'cpu' : 'gpu', names, label, cells, reasons)
    }
  }
  const cold = /^Cold start: (\S+) ms .* of (\[.*?\]) .* fastest (\S+) ms/m.exec(lines.join('\n'))
  if (cold) {
    report.coldStart = {
      shape: JSON.parse(cold[2]),
      samples: [],
      median: Number(cold[1]),
      min: Number(cold[3]),
    }
  }
  return report
}

function readMachine(
  lines: readonly string[],
): { date: string; machine: Machine; quick: boolean } | undefined {
  const text = lines.join('\n')
  const [, adapter] = /^Adapter: (.*)$/m.exec(text) ?? []
  const found = /^Runtime: (.*?), (.*), (\d+) cores, (\d{4}-\d\d-\d\d)(, a quick run)?$/m.exec(text)
  if (!adapter || !found) return undefined
  const [, runtime, platform, cores, date, quick] = found
  const [, noAdapter] = /^none \((.*)\)$/.exec(adapter) ?? []
  const [, description, software] = /^(.*?)( \(software\))?$/.exec(adapter) ?? []
  const known = { vendor: '', architecture: '', device: '', description, isFallbackAdapter: !!software }
  const machine: Machine = {
    runtime,
    platform,
    cores: Number(cores),
    ...(noAdapter ? { noAdapter } : { adapter: known }),
  }
  return { date, machine, quick: quick !== undefined }
}

function readTables(lines: readonly string[]): Table[] {
  const tables: Table[] = []
  for (const line of lines) {
    if (line.startsWith('### ')) tables.push({ title: line.slice(4), columns: [], rows: [] })
    const table = tables.at(-1)
    if (!table || !line.startsWith('| ') || line.startsWith('| ---')) continue
    const cells = line.split('|').slice(1, -1)
    const row = cells.map((cell) => cell.trim())
    if (table.columns.length === 0) table.columns = row
    else table.rows.push(row)
  }
  return tables
}

type Reasons = (label: string, peer: string, status: string) => string

function addCase(
  report: Report,
  kind: Kind,
  columns: readonly string[],
  label: string,
  cells: readonly string[],
  reasons: Reasons,
): void {
  const [, name, rate] = /^(.*), rate (.*)$/.exec(label) ?? []
  const one = dropoutCases.find((one) => one.name === name)
  if (!one) return
  const elements = size(one.shape)
  const copyMs = Number(/^(\S+) ms/.exec(cells[0])?.[1] ?? Number.NaN)
  const copy = BASELINES.find((each) => each.kind === kind) as PeerReport
  const entrants = columns.flatMap((column, i): EntrantReport[] => {
    const peer = i === 0 ? copy : report.peers.find((peer) => peer.name === column)
    if (!peer || cells[i] === '' || cells[i] === '?') return []
    const missing = readMissing(cells[i], peer.name, label, reasons)
    if (missing) return [missing]
    return [measured(peer, elements, copyMs, i === 0 ? '1x' : cells[i])]
  })
  // A case is a row of two tables, of WebGPU and of the CPU.
  const known = report.cases.find((each) => each.name === name && each.rate === Number(rate))
  if (known) known.entrants.push(...entrants)
  else {
    const { title, shape, noiseShape, sweep = false } = one
    const cells = size(noiseShape)
    report.cases.push({
      name,
      title,
      shape,
      noiseShape,
      rate: Number(rate),
      elements,
      cells,
      sweep,
      entrants,
    })
  }
}

/** From `2.27x`, or from milliseconds where the tensor grows. */
function measured({ name, copies }: PeerReport, elements: number, copyMs: number, cell: string): Measured {
  const value = Number.parseFloat(cell)
  const median = cell.endsWith('x') ? value * copyMs * copies : value
  const ratio = cell.endsWith('x') ? value : value / (copyMs * copies)
  return {
    peer: name,
    status: 'ok',
    ...UNKNOWN,
    median,
    ...(Number.isFinite(ratio) && { ratio }),
    gbPerS: (elements * 8 * copies) / (median * 1e6),
  }
}

function addPrediction(
  report: Report,
  columns: readonly string[],
  label: string,
  cells: readonly string[],
  reasons: Reasons,
): void {
  const [, name, network, samples] = /^(.*?), (.*), samples (\d+)$/.exec(label) ?? []
  const one = cases.find((one) => one.name === name)
  if (one?.task !== 'monte-carlo') return
  const { title } = one
  const entrants = columns.flatMap((peer, i): (Timed | Missing)[] => {
    if (cells[i] === '') return []
    const missing = readMissing(cells[i], peer, `${name}, ${network}`, reasons)
    if (missing) return [missing]
    const [, median, ratio] = /^(\S+)(?: \((\S+)x\))?$/.exec(cells[i]) ?? []
    return [
      { peer, status: 'ok', ...UNKNOWN, median: Number(median), ...(ratio && { ratio: Number(ratio) }) },
    ]
  })
  // A network is a row of two tables, of WebGPU and of wasm.
  const known = report.predictions.find((each) => each.name === name && each.network === network)
  if (known) known.entrants.push(...entrants)
  else report.predictions.push({ name, title, network, samples: Number(samples), entrants })
}

function readMissing(cell: string, peer: string, label: string, reasons: Reasons): Missing | undefined {
  if (cell !== 'failed' && cell !== 'skipped') return undefined
  return { peer, status: cell, reason: reasons(label, peer, cell) }
}
