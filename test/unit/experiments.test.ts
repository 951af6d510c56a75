/** The committed results of experiments/: complete, and README.md shows all of them. */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { read, withTables } from '../../experiments/tables.mjs'

const folder = fileURLToPath(new URL('../../experiments/', import.meta.url))
const T_95_PERCENT_19 = 2.093 // Student's t with 19 degrees of freedom, as printed tables have it

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

function halfInterval(values: number[]) {
  const average = mean(values)
  const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / (values.length - 1)
  return T_95_PERCENT_19 * Math.sqrt(variance / values.length)
}

test('the tables of README.md are those of the results', () => {
  const readme = readFileSync(`${folder}README.md`, 'utf8')
  expect(readme.match(/<!-- table/g)).toHaveLength(5)
  expect(withTables(readme, `${folder}results`)).toBe(readme)
})

describe.each(['digits', 'tagger', 'tagger-longer', 'landmarks', 'landmarks-longer'])('%s', (name) => {
  const { seeds, noiseShapes, conditions } = read(`${folder}results`, name)
  const settings = [...new Set(conditions.map(({ setting }) => JSON.stringify(setting)))]
  const rates = [...new Set(conditions.filter(({ variant }) => variant !== 'none').map(({ rate }) => rate))]

  test('each setting has every variant at every rate, and no dropout, with 20 seeds', () => {
    expect(seeds).toBe(20)
    const variants = [
      'none 0',
      ...Object.keys(noiseShapes).flatMap((one) => rates.map((rate) => `${one} ${rate}`)),
    ]
    for (const setting of settings) {
      const found = conditions.filter((one) => JSON.stringify(one.setting) === setting)
      expect(found.map(({ variant, rate }) => `${variant} ${rate}`)).toEqual(variants)
      for (const { values } of found) expect(values).toHaveLength(20)
    }
  })

  test('means and intervals are those of the values', () => {
    for (const { setting, variant, values, versusNone, ...interval } of conditions) {
      expect(interval.mean).toBeCloseTo(mean(values), 3)
      expect((interval.high - interval.low) / 2).toBeCloseTo(halfInterval(values), 3)
      if (!versusNone) continue
      const none = conditions.find(
        (one) => one.variant === 'none' && JSON.stringify(one.setting) === JSON.stringify(setting),
      )
      const differences = values.map((value, seed) => value - (none?.values[seed] ?? Number.NaN))
      expect(versusNone.mean, variant).toBeCloseTo(mean(differences), 3)
      expect((versusNone.high - versusNone.low) / 2, variant).toBeCloseTo(halfInterval(differences), 3)
    }
  })
})
