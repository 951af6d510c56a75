/** The digits network on the software GPU, and on the CPU over the whole test split, against PyTorch. */

import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-webgpu'
import { registerLayers } from 'noiseshape/tfjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expected } from '../../support/digits'
import { predictOn, releaseAll } from '../../support/digits-onnx'
import { aurocOfUnknown, type Predict, strays } from '../../support/digits-pytorch'
import { predict as predictInTfjs } from '../../support/digits-tfjs'
import { useBackend } from '../../support/tfjs-backend'

beforeAll(registerLayers)
afterAll(releaseAll)

describe('ONNX Runtime Web on webgpu', () => againstPyTorch(predictOn('webgpu'), { every: 24, samples: 50 }))

describe('ONNX Runtime Web on wasm', () => againstPyTorch(predictOn('wasm')))

describe('TensorFlow.js on its webgpu backend', () => {
  useBackend('webgpu')
  againstPyTorch(predictInTfjs, { every: 24, samples: 50 })
})

describe('TensorFlow.js on its cpu backend', () => {
  useBackend('cpu')
  againstPyTorch(predictInTfjs, { every: 6 })
})

function againstPyTorch(predict: Predict, part: { every?: number; samples?: number } = {}) {
  test('probabilities and entropies agree with PyTorch within sampling error', async () => {
    expect(await strays(predict)).toEqual([])
  })

  const whole = part.every === undefined
  const count = whole ? 'all digits' : `every ${part.every}th digit`
  test(`mutual information separates ${count} of the test split from rotated, inverted ones and noise`, async () => {
    const { together, ofKind } = await aurocOfUnknown(predict, part)
    expect(together).toBeGreaterThanOrEqual(0.8)
    if (!whole) return
    for (const [kind, value] of [...ofKind, ['together', together] as const]) {
      const { mean, sd } = expected.testSplit[kind]
      expect(Math.abs(value - mean) / sd, `AUROC, ${kind}: PyTorch's, in standard deviations`).toBeLessThan(6)
    }
  })
}
