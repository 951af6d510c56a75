// @ts-check
// The tables of README.md, made from the JSON in results/. scripts/experiments.mjs writes them, a unit test compares.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {{ mean: number, low: number, high: number }} Interval
 * @typedef {Interval & {
 *   setting: Record<string, string | number>, variant: string, rate: number, versusNone?: Interval, values: number[]
 * }} Condition
 * @typedef {{
 *   experiment: string, date: string, command: string, seeds: number, confidence: number,
 *   metric: { name: string, unit: string, higherIsBetter: boolean },
 *   noiseShapes: Record<string, (number | null)[]>, conditions: Condition[]
 * }} Results
 */

/** @type {Record<string, string>} */
const NAMES = { none: 'no dropout', dropout: 'Dropout', spatial: 'spatial dropout', words: 'whole words' }

/** @param {string} folder @param {string} name @returns {Results} */
export const read = (folder, name) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))

/**
 * Puts a table after each line `<!-- table NAME -->`, in the place of the one that is there.
 *
 * @param {string} markdown @param {string} folder where NAME.json is
 */
export function withTables(markdown, folder) {
  return markdown.replace(
    /(<!-- table ([\w-]+) -->\n)(?:.|\n)*?(<!-- end -->)/g,
    (_, start, name, end) => `${start}\n${table(read(folder, name))}\n\n${end}`,
  )
}

/** A row for each variant and rate, a column for each setting. @param {Results} results */
export function table({ conditions, metric }) {
  const columns = unique(conditions.map(({ setting }) => heading(setting)))
  const rows = unique(conditions.map(label)).map((name) => {
    const cells = columns.map((column) => {
      const condition = conditions.find((one) => label(one) === name && heading(one.setting) === column)
      return condition ? cell(condition, metric.higherIsBetter) : ''
    })
    return [name, ...cells]
  })
  const lines = [[`${metric.unit}, ${metric.higherIsBetter ? 'higher' : 'lower'} is better`, ...columns]]
  lines.push(['---', ...columns.map(() => '---:')], ...rows)
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n')
}

/** @param {Condition} condition */
const label = ({ variant, rate }) => (rate ? `${NAMES[variant]} ${rate}` : NAMES[variant])

/**
 * `{ trainingSentences: 400, words: 'all' }` as "training sentences 400, words all".
 *
 * @param {Condition['setting']} setting
 */
const heading = (setting) =>
  Object.entries(setting)
    .map(([key, value]) => `${key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)} ${value}`)
    .join(', ')

/**
 * Mean and half the interval; then a word where the interval of the differences from no dropout leaves 0 out.
 *
 * @param {Condition} condition @param {boolean} higherIsBetter
 */
function cell({ mean, low, high, versusNone }, higherIsBetter) {
  const number = `${mean.toFixed(2)} ± ${((high - low) / 2).toFixed(2)}`
  if (!versusNone || versusNone.low * versusNone.high <= 0) return number
  return `${number} ${versusNone.mean > 0 === higherIsBetter ? 'better' : 'worse'}`
}

/** @param {string[]} values */
const unique = (values) => [...new Set(values)]
