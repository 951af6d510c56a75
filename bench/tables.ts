/** A report as tables: the same grids as text for a terminal and as Markdown for a file. */

import { significant } from './notation.js'
import {
  adapterName,
  baselineOf,
  type CaseReport,
  isMeasured,
  type Kind,
  type Missing,
  type Report,
  type Timed,
} from './report.js'

interface Grid {
  title: string
  columns: string[]
  rows: string[][]
}

export function textTables(report: Report): string {
  const blocks = grids(report).map(({ title, columns, rows }) => {
    const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => row[i].length)))
    const line = (row: string[]) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join('  ')
        .trimEnd()
    return [title, ...[columns, ...rows].map((row) => `  ${line(row)}`)].join('\n')
  })
  return [...head(report), ...blocks, ...foot(report)].join('\n\n')
}

export function markdownTables(report: Report): string {
  const blocks = grids(report).map(({ title, columns, rows }) => {
    const line = (row: string[]) => `| ${row.join(' | ')} |`
    const rule = columns.map((_, i) => (i === 0 ? '---' : '---:'))
    return [`### ${title}`, '', ...[columns, rule, ...rows].map(line)].join('\n')
  })
  return [...head(report), ...blocks, ...foot(report)].join('\n\n')
}

const RESULTS_HEAD = `# Results

Written by \`npm run bench -- --markdown bench/RESULTS.md\`, not by hand: a run replaces the section of its runtime and
adapter. [README.md](README.md) says what is measured and how to read it.
`

/** A file of results in which this report replaces the section of its runtime and adapter. */
export function withSection(file: string, report: Report): string {
  const title = `## ${report.machine.runtime.split(' ')[0]}, ${adapterName(report.machine)}`
  const section = `${title}\n\n${markdownTables(report)}\n`
  const [, ...old] = file.split(/^(?=## )/m)
  const kept = old.map((each) => `${each.trimEnd()}\n`)
  const at = kept.findIndex((each) => each.startsWith(`${title}\n`))
  const sections = at === -1 ? [...kept, section] : kept.with(at, section)
  return [RESULTS_HEAD, ...sections].join('\n')
}

/** The tables, one for each kind and sort of case: a row for each case and rate, or network. */
function grids(report: Report): Grid[] {
  const named = report.cases.filter(({ sweep }) => !sweep)
  const sweep = report.cases.filter(({ sweep }) => sweep)
  return [
    against(
      report,
      named,
      'gpu',
      'WebGPU, times the copy baseline (lower is better; 1 is the speed of a copy)',
    ),
    against(report, named, 'cpu', 'CPU, times the copy baseline'),
    predictions(report, 'gpu'),
    predictions(report, 'cpu'),
    growth(report, sweep, 'gpu', 'WebGPU, milliseconds as the tensor grows'),
    growth(report, sweep, 'cpu', 'CPU, milliseconds as the tensor grows'),
  ].filter((grid) => grid !== undefined)
}

function against(report: Report, cases: CaseReport[], kind: Kind, title: string): Grid | undefined {
  return grid(report, cases, kind, title, (entrant) =>
    entrant.ratio ? `${significant(entrant.ratio)}x` : '?',
  )
}

function growth(report: Report, cases: CaseReport[], kind: Kind, title: string): Grid | undefined {
  return grid(report, cases, kind, title, ({ median }) => significant(median))
}

function grid(
  report: Report,
  cases: CaseReport[],
  kind: Kind,
  title: string,
  show: (entrant: Timed) => string,
): Grid | undefined {
  const took = new Set(cases.flatMap(({ entrants }) => entrants.map(({ peer }) => peer)))
  const ofKind = report.peers.filter((peer) => peer.kind === kind && took.has(peer.name))
  const peers = ofKind.filter(({ role }) => role !== 'baseline')
  if (ofKind.length === 0) return undefined
  const rows = cases.map((one) => {
    const copy = baselineOf(report, one, kind)
    const cells = peers.map(({ name }) => cell(one.entrants, name, show))
    const copyCell = copy ? `${significant(copy.median)} ms, ${significant(copy.gbPerS)} GB/s` : '?'
    return [`${one.name}, rate ${one.rate}`, copyCell, ...cells]
  })
  return { title, columns: ['case', 'copy', ...peers.map(({ name }) => name)], rows }
}

const PREDICTION_TITLES: Record<Kind, string> = {
  gpu: 'Monte Carlo dropout on WebGPU, milliseconds (times noiseshape-onnx)',
  cpu: 'Monte Carlo dropout on wasm, milliseconds (times one run without dropout)',
}

/** Predictions have no copy baseline: times, and multiples of the time of another entrant. */
function predictions({ predictions, peers }: Report, kind: Kind): Grid | undefined {
  const ofKind = peers.filter((peer) => peer.kind === kind)
  const took = ofKind.filter(({ name }) =>
    predictions.some(({ entrants }) => entrants.some(({ peer }) => peer === name)),
  )
  if (took.length === 0) return undefined
  const title = PREDICTION_TITLES[kind]
  const measured = predictions.filter(({ entrants }) =>
    took.some(({ name }) => entrants.some(({ peer }) => peer === name)),
  )
  const rows = measured.map(({ name, network, samples, entrants }) => [
    `${name}, ${network}, samples ${samples}`,
    ...took.map((peer) =>
      cell(
        entrants,
        peer.name,
        ({ median, ratio }) =>
          `${significant(median)}${ratio === undefined ? '' : ` (${significant(ratio)}x)`}`,
      ),
    ),
  ])
  return { title, columns: ['case', ...took.map(({ name }) => name)], rows }
}

function cell(
  entrants: readonly (Timed | Missing)[],
  name: string,
  show: (entrant: Timed) => string,
): string {
  const entrant = entrants.find(({ peer }) => peer === name)
  if (!entrant) return '' // does not take part in such cases
  return isMeasured(entrant) ? show(entrant) : entrant.status
}

function head({ date, machine, quick }: Report): string[] {
  return [
    `Adapter: ${adapterName(machine)}`,
    `Runtime: ${machine.runtime}, ${machine.platform}, ${machine.cores} cores, ${date.slice(0, 10)}${quick ? ', a quick run' : ''}`,
  ]
}

function foot({ coldStart, cases, predictions, peers, notes }: Report): string[] {
  const cold = coldStart && [
    `Cold start: ${significant(coldStart.median)} ms from createEngine to the first result of ${JSON.stringify(coldStart.shape)} (median of ${coldStart.samples.length}; fastest ${significant(coldStart.min)} ms).`,
  ]
  const rows = [
    ...cases.map(({ name, rate, entrants }) => ({ label: `${name}, rate ${rate}`, entrants })),
    ...predictions.map(({ name, network, entrants }) => ({ label: `${name}, ${network}`, entrants })),
  ]
  const gaps = rows.flatMap(({ label, entrants }) =>
    entrants.flatMap((entrant) =>
      isMeasured(entrant) ? [] : `${label}: ${entrant.peer} ${entrant.status}: ${entrant.reason}`,
    ),
  )
  const versions = peers.flatMap(({ title, version }) => (version ? `${title} is version ${version}` : []))
  const all = [...versions, ...notes, ...gaps]
  return [...(cold ?? []), ...(all.length > 0 ? [all.map((line) => `- ${line}`).join('\n')] : [])]
}
