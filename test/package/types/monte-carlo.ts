// The types of `noiseshape/monte-carlo`, compiled with and without those of WebGPU.
import { createEngine } from 'noiseshape'
import { type MonteCarloOptions, monteCarlo, type SampleDraw } from 'noiseshape/monte-carlo'
import type { Equal, True } from './equal.js'

export async function use(x: Float32Array) {
  const engine = await createEngine()
  const forward = (draw: SampleDraw) => engine.dropout(x, { shape: [2, 2], rate: 0.5, stream: 1, ...draw })
  const options: MonteCarloOptions = { forward, samples: 10, seed: 1, outputs: 'logits', classes: 2 }
  const result = await monteCarlo(engine, {
    ...options,
    signal: new AbortController().signal,
    onProgress: async ({ done, read }) => {
      const mean: Float32Array = (await read()).mean
      return void (done + mean.length)
    },
  })
  // @ts-expect-error a number of samples is required
  await monteCarlo(engine, { forward, seed: 1 })
  // @ts-expect-error forward has to return what a sample gave
  await monteCarlo(engine, { forward: () => {}, samples: 10, seed: 1 })
  return {
    mean: {} as True<Equal<typeof result.mean, Float32Array<ArrayBuffer>>>,
    variance: {} as True<Equal<typeof result.variance, Float32Array<ArrayBuffer>>>,
    samples: {} as True<Equal<typeof result.samples, number>>,
  }
}
