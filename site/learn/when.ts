/** What the experiments measured, as tables with a dot and an interval in each cell. Pure: JSON in, HTML out. */

import { escapeHtml } from '../shared/escape-html.js'

interface Interval {
  mean: number
  low: number
  high: number
}

interface Condition extends Interval {
  setting: Readonly<Record<string, string | number>>
  variant: string
  rate: number
  /** The difference from training without dropout, seed by seed. */
  versusNone?: Interval
}

/** A file of experiments/results. */
export interface Results {
  experiment: string
  seeds: number
  metric: { name: string; unit: string; higherIsBetter: boolean }
  conditions: readonly Condition[]
}

const NAMES: Readonly<Record<string, string>> = {
  none: 'no dropout',
  dropout: 'Dropout',
  spatial: 'spatial dropout',
  words: 'whole words',
}

/** A row for each variant and rate, a column for each setting. */
export function resultsHtml({ experiment, conditions, metric, seeds }: Results): string {
  const settings = unique(conditions.map(({ setting }) => settingName(setting)))
  const rows = unique(conditions.map(variantName))
  const body = rows.map((row) => {
    const cells = settings.map((setting) => {
      const column = conditions.filter((condition) => settingName(condition.setting) === setting)
      const condition = column.find((one) => variantName(one) === row)
      return condition ? cellHtml(condition, column, metric.higherIsBetter) : '<td></td>'
    })
    return `<tr><th scope="row">${row}</th>${cells.join('')}</tr>`
  })
  const heads = settings.map((setting) => `<th scope="col">${escapeHtml(setting)}</th>`)
  const better = metric.higherIsBetter ? 'higher' : 'lower'
  return `<div class="wide" role="region" aria-label="${escapeHtml(`Results: ${experiment}`)}" tabindex="0"><table class="results"><caption>${escapeHtml(`${metric.name}, ${metric.unit}`)}: ${better} is better. Mean and 95 % interval of ${seeds} seeds; ▲ better, ▼ worse than no dropout, compared seed by seed, so intervals may overlap</caption><thead><tr><th scope="col">trained with</th>${heads.join('')}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
}

function cellHtml(condition: Condition, column: readonly Condition[], higherIsBetter: boolean): string {
  const least = Math.min(...column.map(({ low }) => low))
  const most = Math.max(...column.map(({ high }) => high))
  const share = (value: number) => `${((100 * (value - least)) / (most - least || 1)).toFixed(1)}%`
  const { mean, low, high } = condition
  const verdict = verdictOf(condition, higherIsBetter)
  const style = `--low: ${share(low)}; --mean: ${share(mean)}; --high: ${share(high)}`
  return `<td><span class="number">${mean.toFixed(2)} ± ${((high - low) / 2).toFixed(2)}${verdict}</span><span class="interval" style="${style}"></span></td>`
}

/** Whether the interval of the differences from no dropout leaves 0 out, and on which side. */
function verdictOf({ versusNone }: Condition, higherIsBetter: boolean): string {
  if (!versusNone || versusNone.low * versusNone.high <= 0) return ''
  return versusNone.mean > 0 === higherIsBetter
    ? ' <b class="better" title="better than no dropout">▲<span class="unseen"> better</span></b>'
    : ' <b class="worse" title="worse than no dropout">▼<span class="unseen"> worse</span></b>'
}

const variantName = ({ variant, rate }: Condition) =>
  rate ? `${NAMES[variant] ?? variant} ${rate}` : (NAMES[variant] ?? variant)

/** `{ trainingSentences: 400 }` as "training sentences 400". */
const settingName = (setting: Condition['setting']) =>
  Object.entries(setting)
    .map(([key, value]) => `${key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)} ${value}`)
    .join(', ')

const unique = (values: readonly string[]) => [...new Set(values)]
