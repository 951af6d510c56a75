/** Each exported architecture of test/support/points runs with its dropout on, and without it as it was. */

import { createMonteCarloSession, type PointOptions } from 'noiseshape/onnx'
import * as ort from 'onnxruntime-web'
import { beforeAll, expect, test } from 'vitest'
import { expectSameBits } from '../../support/compare'
import {
  exportedFeeds,
  exportedModel,
  exportedNames,
  truePlaces,
  withWeights,
} from '../../support/exported-models'

const executionProviders = ['wasm'] as const

beforeAll(() => {
  ort.env.wasm.numThreads = 1
})

test.each(exportedNames.filter((name) => truePlaces(name).length > 0))('%s', async (name) => {
  const bytes = withWeights(exportedModel(name))
  const places = truePlaces(name)
  const isRandom = places.some(({ random }) => random)
  const tensors = [...new Set(places.map(({ tensor }) => tensor))]
  const named = (rateOf: (tensor: string) => number): PointOptions[] =>
    tensors.map((tensor) => ({ tensor, rate: rateOf(tensor) }))
  const feeds = exportedFeeds(bytes, ['input_ids', 'attention_mask', 'pixel_values', 'input_values', 'x'])
  const predict = async (points: PointOptions[], seeds: number[]) => {
    const session = await createMonteCarloSession(ort, bytes, { executionProviders, points })
    const means: Float32Array[] = []
    for (const seed of seeds) means.push((await session.predict(feeds, { samples: 1, seed })).mean)
    await session.release()
    return means
  }

  const [off, offAgain] = await predict(
    named(() => 0),
    [1, 2],
  )
  expectSameBits(offAgain, off)
  expect(off.every(Number.isFinite)).toBe(true)
  if (!isRandom) {
    const plain = await ort.InferenceSession.create(bytes, { executionProviders, logSeverityLevel: 3 })
    const { y } = await plain.run(feeds)
    expectSameBits(off, y.data as Float32Array)
    await plain.release()
  }

  const [one, oneAgain, two] = await predict(
    named(() => 0.1),
    [1, 1, 2],
  )
  expectSameBits(oneAgain, one)
  expect(two).not.toEqual(one)

  for (const alone of tensors) {
    const [mean] = await predict(
      named((tensor) => (tensor === alone ? 0.5 : 0)),
      [1],
    )
    expect(mean, alone).not.toEqual(off)
  }
})
