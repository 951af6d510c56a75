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
