/** Real architectures as PyTorch exports them; `long/unit/onnx-exports` runs each. */

import { createMonteCarloSession, makeStochastic, pointsFrom } from 'noiseshape/onnx'
import * as ort from 'onnxruntime-web'
import { beforeAll, describe, expect, test } from 'vitest'
import { expectSameBits } from '../support/compare'
import {
  exportedFeeds,
  exportedModel,
  exportedNames,
  truePlaces,
  withWeights,
} from '../support/exported-models'
import { decode } from '../support/onnx-models'

beforeAll(() => {
  ort.env.wasm.numThreads = 1
})

const RANDOM = exportedNames.filter((name) => truePlaces(name).some(({ random }) => random))

test('there are models of both exporters, three of them with active random nodes', () => {
  expect(exportedNames.length).toBeGreaterThanOrEqual(30)
  expect(RANDOM).toEqual([
    'tv_convnext_tiny.dynamo18',
    'tv_efficientnet_b0.dynamo18',
    'unet_dropout2d.dynamo18',
  ])
})

test.each(exportedNames)('%s: every tensor that training drops has a known rank and is dropped', (name) => {
  const bytes = exportedModel(name)
  const tensors = [...new Set(truePlaces(name).map(({ tensor }) => tensor))]
  if (tensors.length === 0) return
  const points = tensors.map((tensor) => ({ tensor, rate: 0.1 }))
  const { inputs, model } = makeStochastic(bytes, { points })
  expect(inputs.map(({ tensor }) => tensor)).toEqual(tensors)
  const nodes = decode(model).graph?.node ?? []
  expect(nodes.filter(({ opType }) => /Random|Bernoulli|Dropout/.test(opType))).toEqual([])
})

describe.each(RANDOM)('%s, with active random nodes', (name) => {
  test('opens by default: its points are those of training, with their rates and noise shapes', () => {
    const { inputs } = makeStochastic(exportedModel(name))
    const places = truePlaces(name)
    expect(inputs.map(({ tensor, rate }) => ({ tensor, rate }))).toEqual(
      places.map(({ tensor, rate }) => ({ tensor, rate })),
    )
    expect(inputs.map(({ noiseShape }) => noiseShape.map((entry) => entry === 1))).toEqual(
      places.map(({ noise = [] }) => noise.map((size) => size === 1)),
    )
  })

  test('is its own training-mode export', () => {
    expect(pointsFrom(exportedModel(name)).map(({ tensor }) => tensor)).toEqual(
      truePlaces(name).map(({ tensor }) => tensor),
    )
  })
})

test('a U-Net with Dropout2d as it comes: a seed repeats, another differs, and rate 0 is always the same', async () => {
  const model = withWeights(exportedModel('unet_dropout2d.dynamo18'))
  const session = await createMonteCarloSession(ort, model, { executionProviders: ['wasm'] })
  const feeds = exportedFeeds(model, session.inputNames)
  const predict = (seed: number) => session.predict(feeds, { samples: 2, seed })
  const [one, again, other] = [await predict(1), await predict(1), await predict(2)]
  expectSameBits(again.mean, one.mean)
  expect(other.mean).not.toEqual(one.mean)
  await session.release()
  const off = await createMonteCarloSession(ort, model, { executionProviders: ['wasm'], rate: 0 })
  expect(Math.max(...(await off.predict(feeds, { samples: 2, seed: 1 })).variance)).toBe(0)
  await off.release()
})
