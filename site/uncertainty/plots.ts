/** The plots: the mean probability of each class, and the two parts of the entropy. */

import type { Prediction } from 'noiseshape/onnx'
import { labelled, plotting, STYLE } from '../shared/plot.js'
import { entropies } from './verdict.js'

const CLASSES = 10
/** In nats: the entropy of ten equally likely classes. */
const MAX_ENTROPY = Math.log(CLASSES)

/** A bar for each class up to its mean probability, and a line of one standard deviation to both sides of its end. */
export async function classBars(place: HTMLElement, { mean, variance }: Prediction): Promise<Element> {
  const Plot = await plotting()
  const best = mean.indexOf(Math.max(...mean))
  const bars = Array.from({ length: CLASSES }, (_, digit) => {
    const [p, sd] = [mean[digit], Math.sqrt(variance[digit])]
    return { digit, p, low: Math.max(0, p - sd), high: Math.min(1, p + sd), best: digit === best }
  })
  const svg = Plot.plot({
    width: widthOf(place),
    height: 300,
    marginLeft: 24,
    marginRight: 14,
    marginTop: 24,
    marginBottom: 6,
    style: STYLE,
    x: {
      domain: [0, 1],
      axis: 'top',
      ticks: [0, 0.25, 0.5, 0.75, 1],
      tickFormat: (p: number) => `${p * 100} %`,
      tickSize: 0,
      label: null,
      grid: true,
    },
    y: { domain: bars.map(({ digit }) => digit), label: null, tickSize: 0 },
    marks: [
      Plot.barX(bars, {
        x: 'p',
        y: 'digit',
        insetTop: 3,
        insetBottom: 3,
        fill: (bar) => (bar.best ? 'var(--accent)' : 'var(--edge)'),
      }),
      Plot.ruleY(bars, { x1: 'low', x2: 'high', y: 'digit', stroke: 'var(--ink)', strokeWidth: 2 }),
      Plot.dot(bars, { x: 'p', y: 'digit', r: 3.5, fill: 'var(--ink)' }),
      Plot.ruleX([0], { stroke: 'var(--line)' }),
    ],
  })
  const probable = bars
    .filter(({ p }) => p >= 0.005)
    .map(({ digit, p }) => `${digit}: ${Math.round(p * 100)} %`)
  return labelled(svg, `Mean probability of each digit over the samples. ${probable.join(', ')}`)
}

/** One bar, the predictive entropy, in its two parts; the axis ends where all classes are equally likely. */
export async function entropyBar(place: HTMLElement, prediction: Prediction): Promise<Element> {
  const Plot = await plotting()
  const { predictive, expected } = entropies(prediction)
  const parts = [
    { x1: 0, x2: expected, fill: 'var(--edge)' },
    { x1: expected, x2: predictive, fill: 'var(--accent)' },
  ]
  const svg = Plot.plot({
    width: widthOf(place),
    height: 56,
    marginLeft: 24,
    marginRight: 14,
    marginTop: 2,
    marginBottom: 24,
    style: STYLE,
    x: { domain: [0, MAX_ENTROPY], ticks: [0, 0.5, 1, 1.5, 2], label: null, tickSize: 0, grid: true },
    marks: [
      Plot.rectX(parts, { x1: 'x1', x2: 'x2', y1: 0, y2: 1, fill: 'fill' }),
      Plot.ruleX([0, MAX_ENTROPY], { stroke: 'var(--line)' }),
    ],
    y: { axis: null },
  })
  return labelled(
    svg,
    `Predictive entropy ${predictive.toFixed(2)} nats, of which expected entropy ${expected.toFixed(2)}`,
  )
}

function widthOf(place: HTMLElement): number {
  return Math.max(200, place.clientWidth)
}
