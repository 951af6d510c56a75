// The types of `noiseshape/monte-carlo`, compiled with and without those of WebGPU.
import { createEngine } from 'noiseshape'
import { type MonteCarloOptions, monteCarlo, type Prediction, type SampleDraw } from 'noiseshape/monte-carlo'
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

type Floats = Float32Array<ArrayBuffer>

/** What the result has for certain follows from the options. */
export async function useOutputs(draw: Pick<MonteCarloOptions, 'samples' | 'seed' | 'forward'>) {
  const engine = await createEngine()
  const values = await monteCarlo(engine, draw)
  // @ts-expect-error values have no classes
  values.mutualInformation.length
  // @ts-expect-error the samples are not kept
  values.keptSamples.length
  // @ts-expect-error no quantiles were asked for
  values.quantiles.length
  const logits = await monteCarlo(engine, { ...draw, outputs: 'logits', classes: 2 })
  // @ts-expect-error logits have no targets
  logits.aleatoricVariance.length
  const probabilities = await monteCarlo(engine, { ...draw, outputs: 'probabilities', classes: 2 })
  const gaussian = await monteCarlo(engine, { ...draw, outputs: 'gaussian' })
  // @ts-expect-error targets have no classes
  gaussian.predictiveEntropy.length
  // @ts-expect-error there is no such kind
  await monteCarlo(engine, { ...draw, outputs: 'scores' })
  // @ts-expect-error the name is misspelt
  await monteCarlo(engine, { ...draw, keepSample: true })
  // @ts-expect-error a quantile is a number
  await monteCarlo(engine, { ...draw, quantiles: ['5 %'] })

  const kept = await monteCarlo(engine, {
    ...draw,
    outputs: 'logits',
    classes: 2,
    keepSamples: true,
    quantiles: [0.05, 0.95],
    async onProgress({ read }) {
      const { mutualInformation, keptSamples, quantiles } = await read()
      return void (mutualInformation.length + keptSamples.length + quantiles.length)
    },
  })
  const maybe = await monteCarlo(engine, { ...draw, keepSamples: draw.seed === 1 })
  // @ts-expect-error the samples may not be kept
  maybe.keptSamples.length
  const any: MonteCarloOptions = draw
  const unknown = await monteCarlo(engine, any)
  return {
    predictive: {} as True<Equal<typeof logits.predictiveEntropy, Floats>>,
    expected: {} as True<Equal<typeof logits.expectedEntropy, Floats>>,
    mutual: {} as True<Equal<typeof probabilities.mutualInformation, Floats>>,
    variation: {} as True<Equal<typeof probabilities.variationRatio, Floats>>,
    aleatoric: {} as True<Equal<typeof gaussian.aleatoricVariance, Floats>>,
    epistemic: {} as True<Equal<typeof gaussian.epistemicVariance, Floats>>,
    kept: {} as True<Equal<typeof kept.keptSamples, Floats>>,
    quantiles: {} as True<Equal<typeof kept.quantiles, Floats>>,
    unknown: {} as True<Equal<typeof unknown, Prediction>>,
  }
}
