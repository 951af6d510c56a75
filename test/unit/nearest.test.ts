/** The name that a misspelt one stands for. */

import { expect, test } from 'vitest'
import { nearest } from '../../src/nearest.js'

const NAMES = ['shape', 'rate', 'noiseShape', 'seed', 'step', 'stream', 'cellOffset', 'oneMaskForBatch']

test.each([
  ['noise_shape', 'noiseShape'],
  ['noiseshape', 'noiseShape'],
  ['NOISE-SHAPE', 'noiseShape'],
  ['noiseShapes', 'noiseShape'],
  ['nosieShape', 'noiseShape'],
  ['seeds', 'seed'],
  ['Seed', 'seed'],
  ['setp', 'step'],
  ['rtae', 'rate'],
  ['steam', 'stream'],
  ['shap', 'shape'],
  ['cell_ofset', 'cellOffset'],
  ['oneMaskPerBatch', 'oneMaskForBatch'],
])('%s is meant as %s', (wrong, name) => {
  expect(nearest(wrong, NAMES)).toBe(name)
})

test.each(['output', 'p', '', '_', 'name', 'dataFormat', 'rank', '0', 'shape'.repeat(10_000)])(
  '%.20s is near to none',
  (wrong) => {
    expect(nearest(wrong, NAMES)).toBeUndefined()
  },
)

test('letters that are swapped count as one change, and only where they are swapped', () => {
  expect(nearest('esed', ['seed'])).toBe('seed') // at the beginning
  expect(nearest('sede', ['seed'])).toBe('seed') // at the end
  for (const wrong of ['sdde', 'esde', 'edse']) {
    expect(nearest(wrong, ['seed']), wrong).toBeUndefined()
  }
})

test('of two names that are equally near, the first one wins', () => {
  expect(nearest('ste', ['step', 'site'])).toBe('step')
  expect(nearest('ste', ['site', 'step'])).toBe('site')
})

test('of two names that are near, the nearer one wins, in whatever order they come', () => {
  for (const names of [
    ['outputs', 'output'],
    ['output', 'outputs'],
  ]) {
    expect(nearest('out_put', names)).toBe('output')
    expect(nearest('outputss', names)).toBe('outputs')
  }
})
