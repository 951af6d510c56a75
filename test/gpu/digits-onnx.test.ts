/** The digits network in ONNX Runtime Web, as exported with its dropout and without. */

import {
  createMonteCarloSession,
  type MonteCarloSession,
  type MonteCarloSessionOptions,
} from 'noiseshape/onnx'
import { afterAll, describe, expect, test } from 'vitest'
import withDropout from '../../models/digits/digits.onnx?url'
import inference from '../../models/digits/digits-inference.onnx?url'
import { type Digit, expected, sampleDigits, toInput } from '../support/digits'
import { ortWebgpu as ort } from '../support/onnx-ort'
import { agreesWithPyTorch, knowsWhatItNeverSaw, strays, type Uncertainty } from '../support/suites/digits'

const DROPOUT2D = [null, null, 1, 1]
const NODES = [{ node: 'spatial', noiseShape: DROPOUT2D }, { node: 'dropout' }]
const TENSORS = [
  { tensor: 'features', rate: 0.25, noiseShape: DROPOUT2D },
  { tensor: 'hidden', rate: 0.5 },
]

/** By what they were opened with: on a software GPU that takes longer than most predictions. */
const sessions = new Map<string, Promise<MonteCarloSession>>()

afterAll(async () => {
  for (const session of sessions.values()) await (await session).release()
})

function open(url: string, options: MonteCarloSessionOptions): Promise<MonteCarloSession> {
  const key = JSON.stringify([url, options])
  const session =
    sessions.get(key) ??
    (async () => {
      const model = await (await fetch(url)).arrayBuffer()
      return createMonteCarloSession(ort, model, options)
    })()
  sessions.set(key, session)
  return session
}

async function predict(on: MonteCarloSession, digits: readonly Digit[], samples: number, seed: number) {
  const image = new ort.Tensor('float32', toInput(digits), [digits.length, 1, 8, 8])
  return (await on.predict({ image }, { samples, seed, outputs: 'logits' })) as Uncertainty
}

describe.each([
  { provider: 'webgpu', backend: 'webgpu' },
  { provider: 'wasm', backend: 'cpu' },
] as const)('on $provider', ({ provider, backend }) => {
  const executionProviders = [provider]

  agreesWithPyTorch(async (digits, { samples, seed }) => {
    const on = await open(withDropout, { executionProviders, points: NODES })
    expect(on.backend).toBe(backend)
    expect(on.points.map(({ rate, noiseShape }) => ({ rate, noiseShape }))).toEqual([
      { rate: 0.25, noiseShape: DROPOUT2D },
      { rate: 0.5, noiseShape: [null, null] },
    ])
    return predict(on, digits, samples, seed)
  })

  knowsWhatItNeverSaw(
    async (digits, { samples, seed }) =>
      predict(await open(withDropout, { executionProviders, points: NODES }), digits, samples, seed),
    provider === 'webgpu' ? { every: 24, samples: 50 } : {},
  )

  test('the file for inference, with its tensors named, gives the same bits as the file with dropout', async () => {
    const digits = sampleDigits.slice(0, 5)
    const kept = await open(withDropout, { executionProviders, points: NODES })
    const wanted = await predict(kept, digits, 10, 3)
    const named = await open(inference, { executionProviders, points: TENSORS })
    expect(await predict(named, digits, 10, 3)).toEqual(wanted)
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

test('the GPU says what the CPU says: the masks are the same, and only the network rounds otherwise', async () => {
  const digits = sampleDigits.slice(0, 10)
  const on = (provider: 'webgpu' | 'wasm') =>
    open(withDropout, { executionProviders: [provider], points: NODES })
  const gpu = await predict(await on('webgpu'), digits, 10, 4)
  const cpu = await predict(await on('wasm'), digits, 10, 4)
  for (const key of ['mean', 'expectedEntropy', 'mutualInformation'] as const) {
    cpu[key].forEach((value, i) => {
      expect(gpu[key][i], `${key}[${i}]`).toBeCloseTo(value, 4)
    })
  }
})

test('a Dropout2d without its noise shape is another experiment, and the comparison with PyTorch shows it', async () => {
  const on = await open(withDropout, { executionProviders: ['wasm'] }) // each element flips its own coin
  const far = strays(await predict(on, sampleDigits, 100, 1))
  expect(far).toContainEqual(expect.stringMatching(/^mutualInformation on average/))
})
