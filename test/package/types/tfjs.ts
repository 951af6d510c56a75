// The types of `noiseshape/tfjs`, compiled with those of TensorFlow.js.
import * as tf from '@tensorflow/tfjs-core'
import { type LayersModel, sequential } from '@tensorflow/tfjs-layers'
import {
  Dropout,
  DropPath,
  dropout,
  mcPredict,
  registerLayers,
  SpatialDropout2D,
  seedDropout,
} from 'noiseshape/tfjs'
import type { Equal, True } from './equal.js'

export async function use(model: LayersModel) {
  registerLayers()
  const y = dropout(tf.ones([2, 3]) as tf.Tensor2D, 0.5, { noiseShape: [null, 1], seed: 5 })
  // @ts-expect-error a seed is required
  dropout(tf.ones([2, 3]), 0.5, {})
  const own = sequential()
  own.add(new Dropout({ rate: 0.5, noiseShape: [null, 1, null] }))
  own.add(new SpatialDropout2D({ rate: 0.5, dataFormat: 'channelsFirst' }))
  own.add(new DropPath())
  // @ts-expect-error a rate is required
  own.add(new Dropout({}))
  seedDropout(own, 42)
  const result = await mcPredict(model, tf.ones([1, 2]), { samples: 10, seed: 1 })
  // @ts-expect-error a number of samples is required
  await mcPredict(model, tf.ones([1, 2]), { seed: 1 })
  return {
    rank: {} as True<Equal<typeof y, tf.Tensor2D>>,
    mean: {} as True<Equal<typeof result.mean, tf.Tensor>>,
  }
}

/** What the result has for certain follows from the options. */
export async function useOutputs(model: LayersModel, x: tf.Tensor) {
  const draw = { samples: 10, seed: 1 }
  const values = await mcPredict(model, x, draw)
  // @ts-expect-error values have no classes
  values.mutualInformation.shape
  // @ts-expect-error the samples are not kept
  values.keptSamples.shape
  const logits = await mcPredict(model, x, { ...draw, outputs: 'logits' })
  // @ts-expect-error logits have no targets
  logits.aleatoricVariance.shape
  const probabilities = await mcPredict(model, x, { ...draw, outputs: 'probabilities' })
  const gaussian = await mcPredict(model, x, { ...draw, outputs: 'gaussian' })
  // @ts-expect-error targets have no classes
  gaussian.predictiveEntropy.shape
  // @ts-expect-error there is no such kind
  await mcPredict(model, x, { ...draw, outputs: 'scores' })
  // @ts-expect-error the name is misspelt
  await mcPredict(model, x, { ...draw, keepSample: true })
  // @ts-expect-error the model knows its classes
  await mcPredict(model, x, { ...draw, outputs: 'logits', classes: 2 })
  const kept = await mcPredict(model, x, {
    ...draw,
    outputs: 'logits',
    keepSamples: true,
    quantiles: [0.05, 0.95],
    async onProgress({ read }) {
      const { mutualInformation, keptSamples, quantiles } = await read()
      tf.dispose([mutualInformation, keptSamples, quantiles])
    },
  })
  return {
    predictive: {} as True<Equal<typeof logits.predictiveEntropy, tf.Tensor>>,
    expected: {} as True<Equal<typeof logits.expectedEntropy, tf.Tensor>>,
    mutual: {} as True<Equal<typeof probabilities.mutualInformation, tf.Tensor>>,
    variation: {} as True<Equal<typeof probabilities.variationRatio, tf.Tensor>>,
    aleatoric: {} as True<Equal<typeof gaussian.aleatoricVariance, tf.Tensor>>,
    epistemic: {} as True<Equal<typeof gaussian.epistemicVariance, tf.Tensor>>,
    kept: {} as True<Equal<typeof kept.keptSamples, tf.Tensor>>,
    quantiles: {} as True<Equal<typeof kept.quantiles, tf.Tensor>>,
  }
}
