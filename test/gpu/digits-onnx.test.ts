/**
 * The digits network in ONNX Runtime Web, as exported with its dropout and without: in full on its CPU, and a few digits
 * and passes on the software GPU, which test/long/gpu/digits.test.ts takes through the rest.
 */

import { afterAll, describe, expect, test } from 'vitest'
import { expected, sampleDigits, toInput } from '../support/digits'
import {
  DROPOUT2D,
  inference,
  NODES,
  open,
  predict,
  predictOn,
  releaseAll,
  TENSORS,
  withDropout,
} from '../support/digits-onnx'
import { aurocOfUnknown, strays } from '../support/digits-pytorch'
import { ortWebgpu as ort } from '../support/onnx-ort'

afterAll(releaseAll)

describe.each([
  { provider: 'webgpu', backend: 'webgpu' },
  { provider: 'wasm', backend: 'cpu' },
] as const)('on $provider', ({ provider, backend }) => {
  const executionProviders = [provider]

  test('the session finds both points, with their rates', async () => {
    const on = await open(withDropout, { executionProviders, points: NODES })
    expect(on.backend).toBe(backend)
    expect(on.points.map(({ rate, noiseShape }) => ({ rate, noiseShape }))).toEqual([
      { rate: 0.25, noiseShape: DROPOUT2D },
      { rate: 0.5, noiseShape: [null, null] },
    ])
  })

  test('the file for inference, with its tensors named, gives the same bits as the file with dropout', async () => {
    const digits = sampleDigits.slice(0, 3)
    const wanted = await predictOn(provider)(digits, { samples: 4, seed: 3 })
    const named = await open(inference, { executionProviders, points: TENSORS })
    expect(await predict(named, digits, 4, 3)).toEqual(wanted)
  })

  test('with rate 0 the logits are those of PyTorch in eval mode', async () => {
    const on = await open(withDropout, {
      executionProviders,
      points: NODES.map((point) => ({ ...point, rate: 0 })),
    })
    const image = new ort.Tensor('float32', toInput(sampleDigits), [sampleDigits.length, 1, 8, 8])
    const { mean } = await on.predict({ image }, { samples: 2, seed: 0, outputs: 'values' })
    expected.samples.logitsWithoutDropout.flat().forEach((logit, i) => {
      expect(mean[i]).toBeCloseTo(logit, 4) // float32 sums in another order, logits up to about 20
    })
  })
})

test('on wasm, probabilities and entropies agree with PyTorch within sampling error', async () => {
  expect(await strays(predictOn('wasm'))).toEqual([])
})

test('on wasm, mutual information separates digits of the test split from rotated, inverted ones and noise', async () => {
  const { together } = await aurocOfUnknown(predictOn('wasm'), { every: 12 })
  expect(together).toBeGreaterThanOrEqual(0.8)
})

test('the GPU gives what the CPU gives: the masks are the same, and only the network rounds differently', async () => {
  const digits = sampleDigits.slice(0, 10)
  const gpu = await predictOn('webgpu')(digits, { samples: 10, seed: 4 })
  const cpu = await predictOn('wasm')(digits, { samples: 10, seed: 4 })
  for (const key of ['mean', 'expectedEntropy', 'mutualInformation'] as const) {
    cpu[key].forEach((value, i) => {
      expect(gpu[key][i], `${key}[${i}]`).toBeCloseTo(value, 4)
    })
  }
})

test('a Dropout2d without its noise shape is another experiment, and the comparison with PyTorch shows it', async () => {
  const on = await open(withDropout, { executionProviders: ['wasm'] }) // drops elements, not channels
  const far = await strays((digits, { samples, seed }) => predict(on, digits, samples, seed))
  expect(far).toContainEqual(expect.stringMatching(/^mutualInformation on average/))
})
