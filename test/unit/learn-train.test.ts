/** The training of the Learn page: gradients held to differences of the loss, masks to the library's, and that it learns. */

import { describe, expect, test } from 'vitest'
import { readDigit, toInput } from '../../models/digits/digits.js'
import testSplit from '../../models/digits/test-split.json'
import trainSplit from '../../models/digits/train-split.json'
import { createRandom } from '../../site/learn/random.js'
import { addGradients, createAdamW, createParameters, initialise } from '../../site/learn/train/network.js'
import {
  chooseSets,
  DROPOUT_RATE,
  dropoutOf,
  REMOVED,
  trainOne,
  variants,
} from '../../site/learn/train/recipe.js'
import { floats, patterns } from '../support/compare.js'
import { judgeDropout } from '../support/judge.js'

const images = toInput(trainSplit.pixels.slice(0, 6).map(readDigit))
const labels = [...trainSplit.labels.slice(0, 6)].map(Number)
const all = variants.map(({ name }, variant) => [name, variant] as const)

describe('gradients', () => {
  /** Short enough that few values of ReLU and pooling change sides, long enough for float32. */
  const STEP = 5e-4

  test.each(all)('%s: they are the slopes of the loss', (_, variant) => {
    const parameters = createParameters()
    initialise(parameters, createRandom(1))
    const drop = dropoutOf(variant, labels.length, { seed: 3, step: 5 })
    const unused = createParameters().layers
    const lossAt = (values: Float32Array, at: number, by: number) => {
      const before = values[at]
      values[at] = before + by
      const loss = addGradients(parameters.layers, images, labels, drop, unused)
      values[at] = before
      return loss
    }
    const gradients = createParameters()
    addGradients(parameters.layers, images, labels, drop, gradients.layers)
    const random = createRandom(2)
    for (const name of ['conv1', 'conv2', 'dense', 'out'] as const) {
      for (const part of ['kernel', 'bias'] as const) {
        const values = parameters.layers[name][part]
        const places = random.shuffled(values.length).slice(0, 20)
        const exact = places.map((at) => gradients.layers[name][part][at])
        const slopes = places.map((at) => (lossAt(values, at, STEP) - lossAt(values, at, -STEP)) / (2 * STEP))
        const error = Math.hypot(...slopes.map((slope, i) => slope - exact[i]))
        expect(error / Math.hypot(...exact), `${name} ${part}`).toBeLessThan(0.1)
      }
    }
  })

  test('they are added up', () => {
    const { layers } = createParameters()
    initialise({ values: new Float32Array(), layers }, createRandom(1))
    const drop = dropoutOf(2, labels.length, { seed: 1, step: 0 })
    const once = createParameters()
    const twice = createParameters()
    addGradients(layers, images, labels, drop, once.layers)
    for (let i = 0; i < 2; i++) addGradients(layers, images, labels, drop, twice.layers)
    for (const [i, gradient] of once.values.entries()) expect(twice.values[i]).toBeCloseTo(2 * gradient, 5)
  })
})

test.each(all)('%s: what is dropped is what the definition drops, in each step anew', (_, variant) => {
  const { noiseShape } = variants[variant]
  const shape = [4, 8, 8, 16]
  const x = Float32Array.from({ length: 4096 }, (_, i) => 1 + (i % 7))
  for (const step of [0, 1]) {
    const got = dropoutOf(variant, 4, { seed: 9, step })(x)
    if (!noiseShape) {
      expect(got).toEqual(x)
      continue
    }
    const resolved = shape.map((size, axis) => noiseShape[axis] ?? size)
    const draw = { shape, noiseShape: resolved, rate: DROPOUT_RATE, seed: 9, stream: 0, step }
    expect(got).toEqual(floats(judgeDropout(patterns(x), draw)))
  }
})

test('AdamW finds the lowest point of a parabola', () => {
  const parameters = createParameters()
  parameters.values.fill(3)
  const step = createAdamW(parameters, 0)
  for (let i = 0; i < 500; i++)
    step(
      parameters.values.map((value) => 2 * (value - 1)),
      0.05,
    )
  expect(parameters.values[0]).toBeCloseTo(1, 2)
})

test('removed are 8 different maps of 16, others for each digit, and the same for the same seed', () => {
  const sets = chooseSets(1, 50)
  for (const set of sets.flat()) {
    expect(new Set(set).size).toBe(REMOVED)
    for (const map of set) expect(map).toBeLessThan(16)
  }
  expect(new Set(sets.flat().map((set) => [...set].sort().join())).size).toBeGreaterThan(90)
  expect(chooseSets(1, 50)).toEqual(sets)
  expect(chooseSets(2, 50)).not.toEqual(sets)
})

test.each(all)('%s: it learns a few digits by heart', (_, variant) => {
  const parameters = createParameters()
  const gradients = createParameters()
  initialise(parameters, createRandom(1))
  const descend = createAdamW(parameters, 0)
  for (let step = 0; step < 150; step++) {
    gradients.values.fill(0)
    addGradients(
      parameters.layers,
      images,
      labels,
      dropoutOf(variant, labels.length, { seed: 1, step }),
      gradients.layers,
    )
    descend(gradients.values, 3e-3)
  }
  const loss = addGradients(parameters.layers, images, labels, (maps) => maps, gradients.layers)
  expect(loss).toBeLessThan(0.1) // from log(10)
})

test.each(all)('%s: a seed gives the same again, another one not', (_, variant) => {
  const progress = (seed: number) => [
    ...trainOne(variant, trainSplit, testSplit, { seed, epochs: 2, digits: 100 }),
  ]
  const first = progress(1)
  expect(first.map((each) => [each.variant, each.epoch])).toEqual([
    [variant, 1],
    [variant, 2],
  ])
  expect(progress(1)).toEqual(first)
  expect(progress(2)).not.toEqual(first)
})

test('the training digits are none of those that are held out', () => {
  expect(trainSplit.pixels).toHaveLength(1437)
  expect(trainSplit.labels).toHaveLength(1437)
  const heldOut = new Set(testSplit.pixels)
  expect(trainSplit.pixels.filter((pixels) => heldOut.has(pixels))).toEqual([])
})
