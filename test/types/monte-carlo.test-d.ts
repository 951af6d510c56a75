/** The result has the statistics of the kind of outputs, in all three Monte Carlo entries. `tsc` checks this file. */

import type { Tensor } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Engine } from 'noiseshape'
import {
  type MonteCarloOptions,
  monteCarlo,
  type OutputKind,
  type Prediction,
  type PredictionProgress,
} from 'noiseshape/monte-carlo'
import type { MonteCarloSession } from 'noiseshape/onnx'
import { mcPredict } from 'noiseshape/tfjs'
import { expectTypeOf } from 'vitest'

declare const engine: Engine
declare const session: MonteCarloSession
declare const model: LayersModel
declare const x: Tensor

type Floats = Float32Array<ArrayBuffer>
const forward = () => new Float32Array(6)
const options = { samples: 2, seed: 1 }

export async function arrays() {
  for (const outputs of ['logits', 'probabilities'] as const) {
    const of = await monteCarlo(engine, { ...options, forward, outputs, classes: 2 })
    expectTypeOf(of.predictiveEntropy).toEqualTypeOf<Floats>()
    expectTypeOf(of.expectedEntropy).toEqualTypeOf<Floats>()
    expectTypeOf(of.mutualInformation).toEqualTypeOf<Floats>()
    expectTypeOf(of.variationRatio).toEqualTypeOf<Floats>()
    expectTypeOf(of.aleatoricVariance).toEqualTypeOf<Floats | undefined>()
    expectTypeOf(of).toExtend<Prediction>()
  }
  const gaussian = await monteCarlo(engine, { ...options, forward, outputs: 'gaussian', targets: 3 })
  expectTypeOf(gaussian.aleatoricVariance).toEqualTypeOf<Floats>()
  expectTypeOf(gaussian.epistemicVariance).toEqualTypeOf<Floats>()
  expectTypeOf(gaussian.mutualInformation).toEqualTypeOf<Floats | undefined>()

  for (const given of [
    await monteCarlo(engine, { ...options, forward }),
    await monteCarlo(engine, { ...options, forward, outputs: 'values' }),
    await monteCarlo(engine, { ...options, forward, outputs: undefined }),
  ]) {
    expectTypeOf(given.std).toEqualTypeOf<Floats>()
    expectTypeOf(given.mutualInformation).toEqualTypeOf<Floats | undefined>()
    expectTypeOf(given.keptSamples).toEqualTypeOf<Floats | undefined>()
    expectTypeOf(given.quantiles).toEqualTypeOf<Floats | undefined>()
  }
  const any: MonteCarloOptions = { ...options, forward }
  expectTypeOf(await monteCarlo(engine, any)).toEqualTypeOf<Prediction>()
  const kind = 'values' as OutputKind
  expectTypeOf(
    (await monteCarlo(engine, { ...options, forward, outputs: kind })).mean,
  ).toEqualTypeOf<Floats>()

  await monteCarlo(engine, {
    seed: 1,
    samples: { max: 1000, tolerance: 0.01 },
    forward,
    outputs: 'logits',
    classes: 2,
    async onProgress({ read }) {
      expectTypeOf((await read()).mutualInformation).toEqualTypeOf<Floats>()
    },
  })
  const watch = (_: PredictionProgress) => {}
  await monteCarlo(engine, { ...options, forward, outputs: 'logits', classes: 2, onProgress: watch })

  // @ts-expect-error there is no such kind
  await monteCarlo(engine, { ...options, forward, outputs: 'scores' })
  // @ts-expect-error a tolerance needs a most
  await monteCarlo(engine, { seed: 1, samples: { tolerance: 0.1 }, forward })
  // @ts-expect-error the name is misspelt
  await monteCarlo(engine, { ...options, forward, keepSample: true })
}

export async function onnx() {
  const logits = await session.predict({}, { ...options, outputs: 'logits' })
  expectTypeOf(logits.mutualInformation).toEqualTypeOf<Floats>()
  expectTypeOf(logits.dims).toEqualTypeOf<readonly number[]>()
  const gaussian = await session.predict({}, { ...options, outputs: 'gaussian' })
  expectTypeOf(gaussian.aleatoricVariance).toEqualTypeOf<Floats>()
  const values = await session.predict({}, options)
  expectTypeOf(values.mutualInformation).toEqualTypeOf<Floats | undefined>()
  await session.predict(
    {},
    {
      ...options,
      outputs: 'probabilities',
      async onProgress({ read }) {
        expectTypeOf((await read()).variationRatio).toEqualTypeOf<Floats>()
      },
    },
  )
  // @ts-expect-error forward is the session's
  await session.predict({}, { ...options, forward })
}

export async function tfjs() {
  const logits = await mcPredict(model, x, { ...options, outputs: 'logits' })
  expectTypeOf(logits.mutualInformation).toEqualTypeOf<Tensor>()
  const gaussian = await mcPredict(model, x, { ...options, outputs: 'gaussian' })
  expectTypeOf(gaussian.epistemicVariance).toEqualTypeOf<Tensor>()
  const values = await mcPredict(model, x, options)
  expectTypeOf(values.quantiles).toEqualTypeOf<Tensor | undefined>()
  expectTypeOf(values.mutualInformation).toEqualTypeOf<Tensor | undefined>()
  await mcPredict(model, x, {
    ...options,
    outputs: 'logits',
    async onProgress({ read }) {
      expectTypeOf((await read()).predictiveEntropy).toEqualTypeOf<Tensor>()
    },
  })
  // @ts-expect-error the model knows its classes
  await mcPredict(model, x, { ...options, outputs: 'logits', classes: 2 })
}
