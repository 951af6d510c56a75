/** The digits network as a Keras model in TensorFlow.js. */

import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-webgpu'
import * as tf from '@tensorflow/tfjs-core'
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers'
import { mcPredict, registerLayers } from 'noiseshape/tfjs'
import { beforeAll, describe, expect, test } from 'vitest'
import topology from '../../models/digits/tfjs/model.json'
import weightsUrl from '../../models/digits/tfjs/weights.bin?url'
import { type Digit, expected, sampleDigits, toInput } from '../support/digits'
import { agreesWithPyTorch, knowsWhatItNeverSaw, type Uncertainty } from '../support/suites/digits'
import { useBackend } from '../support/tfjs-backend'

beforeAll(registerLayers)

/** Loads the model and a batch of digits for `use`, and disposes both. */
async function withModel<T>(digits: readonly Digit[], use: (model: LayersModel, x: tf.Tensor) => Promise<T>) {
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

function predict(digits: readonly Digit[], { samples, seed }: { samples: number; seed: number }) {
  return withModel(digits, async (model, x): Promise<Uncertainty> => {
    const options = { samples, seed, outputs: 'logits', batchSize: digits.length } as const
    const prediction = await mcPredict(model, x, options)
    const read = async (tensor: tf.Tensor | undefined) => {
      if (!tensor) throw new Error('internal: with logits all of them are there')
      const values = (await tensor.data()) as Float32Array
      tensor.dispose()
      return values
    }
    prediction.variance.dispose()
    return {
      mean: await read(prediction.mean),
      predictiveEntropy: await read(prediction.predictiveEntropy),
      expectedEntropy: await read(prediction.expectedEntropy),
      mutualInformation: await read(prediction.mutualInformation),
    }
  })
}

describe.each(['webgpu', 'cpu'] as const)('on the %s backend', (backend) => {
  useBackend(backend)

  agreesWithPyTorch(predict)

  test('without dropout the logits are those of PyTorch', async () => {
    const logits = await withModel(sampleDigits, async (model, x) => {
      const y = tf.tidy(() => model.predict(x) as tf.Tensor)
      const values = await y.data()
      y.dispose()
      return values
    })
    expected.samples.logitsWithoutDropout.flat().forEach((logit, i) => {
      expect(logits[i]).toBeCloseTo(logit, 4) // float32 sums in another order, logits up to about 20
    })
  })

  knowsWhatItNeverSaw(predict, backend === 'webgpu' ? { every: 24, samples: 50 } : { every: 6 })
})
