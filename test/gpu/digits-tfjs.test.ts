/**
 * The digits network as a Keras model in TensorFlow.js: in full on its cpu backend, and a few digits and passes on the
 * software GPU, which test/long/gpu/digits.test.ts takes through the rest.
 */

import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-webgpu'
import * as tf from '@tensorflow/tfjs-core'
import { registerLayers } from 'noiseshape/tfjs'
import { beforeAll, describe, expect, test } from 'vitest'
import { expected, sampleDigits } from '../support/digits'
import { aurocOfUnknown, strays } from '../support/digits-pytorch'
import { predict, withModel } from '../support/digits-tfjs'
import { useBackend } from '../support/tfjs-backend'

beforeAll(registerLayers)

describe.each(['webgpu', 'cpu'] as const)('on the %s backend', (backend) => {
  useBackend(backend)

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
})

describe('on the cpu backend', () => {
  useBackend('cpu')

  test('probabilities and entropies agree with PyTorch within sampling error', async () => {
    expect(await strays(predict)).toEqual([])
  })

  test('mutual information separates digits of the test split from rotated, inverted ones and noise', async () => {
    expect((await aurocOfUnknown(predict, { every: 12 })).together).toBeGreaterThanOrEqual(0.8)
  })
})

describe('the GPU', () => {
  useBackend('webgpu')

  test('gives what the CPU gives: the masks are the same, and only the network rounds differently', async () => {
    const digits = sampleDigits.slice(0, 4)
    const gpu = await predict(digits, { samples: 6, seed: 4 })
    await tf.setBackend('cpu')
    const cpu = await predict(digits, { samples: 6, seed: 4 })
    for (const key of ['mean', 'expectedEntropy', 'mutualInformation'] as const) {
      cpu[key].forEach((value, i) => {
        expect(gpu[key][i], `${key}[${i}]`).toBeCloseTo(value, 4)
      })
    }
  })
})
