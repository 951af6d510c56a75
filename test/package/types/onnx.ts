// The types of `noiseshape/onnx`, compiled with those of ONNX Runtime Web.
import {
  createMonteCarloSession,
  type MonteCarloSession,
  makeStochastic,
  OnnxModelError,
} from 'noiseshape/onnx'
import * as ort from 'onnxruntime-web'
import type { Equal, True } from './equal.js'

export async function use(bytes: Uint8Array) {
  const { model, inputs } = makeStochastic(bytes, {
    points: [{ tensor: 'relu_1', rate: 0.2, noiseShape: [null, 1] }],
  })
  // @ts-expect-error a rate is a number
  makeStochastic(bytes, { rate: '0.2' })
  const session: MonteCarloSession = await createMonteCarloSession(ort, bytes, {
    rate: ({ ratio }) => ratio ?? 0.5,
    executionProviders: ['wasm'],
  })
  // @ts-expect-error no provider of this package
  await createMonteCarloSession(ort, bytes, { executionProviders: ['webgl'] })
  const image = new ort.Tensor('float32', new Float32Array(64), [1, 1, 8, 8])
  const result = await session.predict({ image }, { samples: 100, seed: 42, outputs: 'logits' })
  // @ts-expect-error a seed is required
  await session.predict({ image }, { samples: 100 })
  return {
    model: {} as True<Equal<typeof model, Uint8Array<ArrayBuffer>>>,
    rate: {} as True<Equal<(typeof inputs)[number]['rate'], number>>,
    mean: {} as True<Equal<typeof result.mean, Float32Array<ArrayBuffer>>>,
    dims: {} as True<Equal<typeof result.dims, readonly number[]>>,
    error: new OnnxModelError('the model is broken') instanceof Error,
  }
}

type Floats = Float32Array<ArrayBuffer>

/** What the result has for certain follows from the options. */
export async function useOutputs(session: MonteCarloSession, image: ort.Tensor, isSplit: boolean) {
  const draw = { samples: 100, seed: 42 }
  const values = await session.predict({ image }, draw)
  // @ts-expect-error values have no classes
  values.mutualInformation.length
  // @ts-expect-error the samples are not kept
  values.keptSamples.length
  const logits = await session.predict({ image }, { ...draw, outputs: 'logits' })
  // @ts-expect-error logits have no targets
  logits.aleatoricVariance.length
  const probabilities = await session.predict({ image }, { ...draw, outputs: 'probabilities' })
  const gaussian = await session.predict({ image }, { ...draw, outputs: 'gaussian' })
  // @ts-expect-error targets have no classes
  gaussian.predictiveEntropy.length
  // @ts-expect-error there is no such kind
  await session.predict({ image }, { ...draw, outputs: 'scores' })
  // @ts-expect-error the name is misspelt
  await session.predict({ image }, { ...draw, keepSample: true })
  const kept = await session.predict(
    { image },
    {
      ...draw,
      outputs: 'probabilities',
      keepSamples: true,
      quantiles: [0.05, 0.95],
      async onProgress({ read }) {
        const { dims, variationRatio, keptSamples, quantiles } = await read()
        return void (dims.length + variationRatio.length + keptSamples.length + quantiles.length)
      },
    },
  )

  const bytes = new Uint8Array()
  const whole = makeStochastic(bytes, { split: false })
  const split = makeStochastic(bytes, { split: true })
  // @ts-expect-error it is cut
  split.model.length
  const either = makeStochastic(bytes, { split: isSplit })
  // @ts-expect-error it may be cut
  either.model.length
  return {
    predictive: {} as True<Equal<typeof logits.predictiveEntropy, Floats>>,
    expected: {} as True<Equal<typeof logits.expectedEntropy, Floats>>,
    mutual: {} as True<Equal<typeof probabilities.mutualInformation, Floats>>,
    variation: {} as True<Equal<typeof probabilities.variationRatio, Floats>>,
    aleatoric: {} as True<Equal<typeof gaussian.aleatoricVariance, Floats>>,
    epistemic: {} as True<Equal<typeof gaussian.epistemicVariance, Floats>>,
    kept: {} as True<Equal<typeof kept.keptSamples, Floats>>,
    quantiles: {} as True<Equal<typeof kept.quantiles, Floats>>,
    whole: {} as True<Equal<typeof whole.model, Uint8Array<ArrayBuffer>>>,
    tail: {} as True<Equal<typeof split.tail, Uint8Array<ArrayBuffer>>>,
    either: 'tail' in either ? either.crossing : either.model,
  }
}
