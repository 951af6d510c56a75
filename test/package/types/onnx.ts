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
