/** The digits network as a Keras model in TensorFlow.js. Knows no test runner. */

import * as tf from '@tensorflow/tfjs-core'
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers'
import { mcPredict } from 'noiseshape/tfjs'
import topology from '../../models/digits/tfjs/model.json'
import weightsUrl from '../../models/digits/tfjs/weights.bin?url'
import { type Digit, toInput } from './digits'
import type { Uncertainty } from './digits-pytorch'

/** Loads the model and a batch of digits for `use`, and disposes both. */
export async function withModel<T>(
  digits: readonly Digit[],
  use: (model: LayersModel, x: tf.Tensor) => Promise<T>,
) {
  const weightData = await (await fetch(weightsUrl)).arrayBuffer()
  const weightSpecs = topology.weightsManifest[0].weights as tf.io.WeightsManifestEntry[]
  const parts = { modelTopology: topology.modelTopology, weightSpecs, weightData }
  const model = await loadLayersModel(tf.io.fromMemory(parts))
  const x = tf.tensor(toInput(digits), [digits.length, 8, 8, 1])
  try {
    return await use(model, x)
  } finally {
    x.dispose()
    model.dispose()
  }
}

export function predict(digits: readonly Digit[], { samples, seed }: { samples: number; seed: number }) {
  return withModel(digits, async (model, x): Promise<Uncertainty> => {
    const options = { samples, seed, outputs: 'logits', batchSize: digits.length } as const
    const prediction = await mcPredict(model, x, options)
    const read = async (tensor: tf.Tensor) => {
      const values = (await tensor.data()) as Float32Array
      tensor.dispose()
      return values
    }
    tf.dispose([prediction.variance, prediction.std, prediction.variationRatio])
    return {
      mean: await read(prediction.mean),
      predictiveEntropy: await read(prediction.predictiveEntropy),
      expectedEntropy: await read(prediction.expectedEntropy),
      mutualInformation: await read(prediction.mutualInformation),
    }
  })
}
