/** The plots: bars of ratios, and curves of time over size. Colours are CSS variables, so dark and light need no code. */

import { power, significant } from '../../bench/notation.js'
import { type CaseReport, isMeasured, type PeerReport, type Report, type Timed } from '../../bench/report.js'
import { labelled, plotting, STYLE } from '../shared/plot.js'

/** Beside the table, or above it at the width of a phone. */
const widthOf = (place: HTMLElement) => Math.min(560, place.clientWidth)
/** The library stands out from its peers. */
const colour = ({ ours }: { ours: boolean }) => (ours ? 'var(--accent)' : 'var(--edge)')

interface Row {
  peer: PeerReport
  measured: Timed
}

const barsOf = (rows: readonly Row[]) =>
  rows.flatMap(({ peer, measured: { ratio } }) =>
    ratio && peer.role !== 'baseline' ? [{ name: shortTitle(peer), ours: peer.role === 'ours', ratio }] : [],
  )

const plotHeight = (bars: number) => (bars > 0 ? 32 * bars + 40 : 0)

/** Pixels that `ratioBars` of these rows will take. */
export const barsHeight = (rows: readonly Row[]) => plotHeight(barsOf(rows).length)

export const GROWTH_HEIGHT = 340

/** One bar for each peer, from 1 (what it is compared with) to its ratio; a log axis, because peers differ by orders of magnitude. */
export async function ratioBars(
  place: HTMLElement,
  rows: readonly Row[],
  label: string,
): Promise<Element | undefined> {
  const Plot = await plotting()
  const bars = barsOf(rows)
  if (bars.length === 0) return undefined
  const ratios = bars.map(({ ratio }) => ratio)
  const [low, high] = [Math.min(...ratios) < 0.95 ? 0.5 : 1, Math.max(10, ...ratios)]
  const ticks = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].filter(
    (tick) => tick >= low && tick <= high && (high <= 100 || /^[15]/.test(String(tick * 10))),
  )
  const svg = Plot.plot({
    width: widthOf(place),
    height: plotHeight(bars.length),
    marginLeft: 145,
    marginRight: 60,
    marginTop: 30,
    marginBottom: 8,
    style: STYLE,
    x: {
      type: 'log',
      domain: [low, high],
      clamp: true, // much faster than the baseline: the bar ends at the edge
      axis: 'top',
      ticks,
      tickFormat: (value: number) => `${value}×`,
      tickSize: 0,
      label: null,
      grid: true,
    },
    y: { domain: bars.map(({ name }) => name), label: null, tickSize: 0 },
    marks: [
      Plot.barX(bars, { x1: 1, x2: 'ratio', y: 'name', insetTop: 3, insetBottom: 3, fill: colour }),
      Plot.text(bars, {
        x: (bar) => Math.max(1, bar.ratio),
        y: 'name',
        text: (bar) => `${significant(bar.ratio)}×`,
        textAnchor: 'start',
        dx: 5,
        fill: 'currentColor',
        fontWeight: 600,
      }),
      Plot.ruleX([1], { stroke: 'currentColor', strokeWidth: 1.5 }),
    ],
  })
  return labelled(svg, label)
}

/** Time over elements, both on log axes; one line for each peer. */
export async function growthCurve(
  place: HTMLElement,
  report: Report,
  cases: readonly CaseReport[],
  kind: PeerReport['kind'],
): Promise<Element | undefined> {
  const Plot = await plotting()
  const lines = report.peers
    .filter((peer) => peer.kind === kind && peer.role !== 'baseline')
    .map((peer) => ({ ours: peer.role === 'ours', name: shortTitle(peer), points: pointsOf(peer, cases) }))
    .filter(({ points }) => points.length > 0)
  if (lines.length === 0) return undefined
  const points = lines.flatMap(({ points, ...line }) => points.map((point) => ({ ...line, ...point })))
  const times = points.map(({ ms }) => ms)
  const [fastest, slowest] = [Math.min(...times), Math.max(...times)]
  const svg = Plot.plot({
    width: widthOf(place),
    height: GROWTH_HEIGHT,
    marginLeft: 45,
    marginRight: 150,
    marginTop: 30,
    marginBottom: 44,
    style: STYLE,
    x: {
      type: 'log',
      base: 2,
      ticks: cases.map(({ elements }) => elements),
      tickFormat: power,
      label: 'elements',
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    y: {
      type: 'log',
      label: 'ms',
      labelArrow: 'none',
      grid: true,
      tickSize: 0,
      ticks: [0.001, 0.01, 0.1, 1, 10, 100, 1000, 10000].filter((ms) => ms >= fastest && ms <= slowest),
      tickFormat: String,
    },
    marks: [
      Plot.line(points, {
        x: 'elements',
        y: 'ms',
        z: 'name',
        stroke: colour,
        strokeWidth: (point) => (point.ours ? 3 : 1.5),
      }),
      Plot.dot(points, { x: 'elements', y: 'ms', symbol: 'name', fill: colour, r: 4 }),
      Plot.text(apart(lines, GROWTH_HEIGHT - 74), {
        x: 'elements',
        y: 'ms',
        text: 'name',
        textAnchor: 'start',
        dx: 10,
        fill: (line) => (line.ours ? 'var(--accent)' : 'currentColor'),
      }),
    ],
  })
  const on = kind === 'gpu' ? 'WebGPU' : 'the CPU'
  return labelled(svg, `Milliseconds over the number of elements on ${on}; the table has the numbers`)
}

interface Point {
  elements: number
  ms: number
}

function pointsOf(peer: PeerReport, cases: readonly CaseReport[]): Point[] {
  return cases.flatMap(({ elements, entrants }) =>
    entrants
      .filter(isMeasured)
      .filter((entrant) => entrant.peer === peer.name)
      .map(({ median }) => ({ elements, ms: median })),
  )
}

/** Places the names of the lines at their ends, moved up where two would overlap. */
function apart<T extends { points: Point[] }>(lines: readonly T[], pixels: number): (T & Point)[] {
  const all = lines.flatMap(({ points }) => points.map(({ ms }) => ms))
  const apartBy = Math.max(1.0001, Math.max(...all) / Math.min(...all)) ** (16 / pixels)
  let last = 0
  return lines
    .map((line) => ({ ...line, ...line.points[line.points.length - 1] }))
    .toSorted((a, b) => a.ms - b.ms)
    .map((label) => {
      last = Math.max(label.ms, last * apartBy)
      return { ...label, ms: last }
    })
}

/** The title up to its first comma, short enough for an axis; the table has all of it. */
function shortTitle({ title, role }: PeerReport): string {
  if (role === 'part') return title.replace('noiseshape, ', '')
  return title.split(/, | \(/)[0].replace(/^plain loop with /, '')
}
