/** Each suggested point that a session takes does something: alone and on, it changes the output of a real network. */

import { createMonteCarloSession, suggestPoints } from 'noiseshape/onnx'
import * as ort from 'onnxruntime-web'
import { beforeAll, expect, test } from 'vitest'
import { exportedFeeds, exportedModel, exportedNames, withWeights } from '../../support/exported-models'

beforeAll(() => {
  ort.env.wasm.numThreads = 1
})

test.each(exportedNames)('%s', async (name) => {
  const model = withWeights(exportedModel(name))
  const taken = suggestPoints(model).filter(({ selected }) => selected)
  expect(taken.length).toBeGreaterThan(0)
  for (const { tensor, noiseShape } of taken) {
    const points = [{ tensor, noiseShape, rate: 0.5 }]
    const session = await createMonteCarloSession(ort, model, { points, executionProviders: ['wasm'] })
    const feeds = exportedFeeds(model, session.inputNames)
    const { mean, variance } = await session.predict(feeds, { samples: 8, seed: 1 })
    expect(mean.every(Number.isFinite), tensor).toBe(true)
    expect(Math.max(...variance), tensor).toBeGreaterThan(0)
    await session.release()
  }
})
