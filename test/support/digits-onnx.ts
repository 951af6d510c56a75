/** The digits network in ONNX Runtime Web: its sessions. Knows no test runner. */

import {
  createMonteCarloSession,
  type MonteCarloSession,
  type MonteCarloSessionOptions,
} from 'noiseshape/onnx'
import withDropout from '../../models/digits/digits.onnx?url'
import inference from '../../models/digits/digits-inference.onnx?url'
import { type Digit, toInput } from './digits'
import type { Predict, Uncertainty } from './digits-pytorch'
import { ortWebgpu as ort } from './onnx-ort'

export const DROPOUT2D = [null, null, 1, 1]
export const NODES = [{ node: 'spatial', noiseShape: DROPOUT2D }, { node: 'dropout' }]
export const TENSORS = [
  { tensor: 'features', rate: 0.25, noiseShape: DROPOUT2D },
  { tensor: 'hidden', rate: 0.5 },
]

/** By what they were opened with: on a software GPU that takes longer than most predictions. */
const sessions = new Map<string, Promise<MonteCarloSession>>()

export async function releaseAll() {
  for (const session of sessions.values()) await (await session).release()
  sessions.clear()
}

export function open(url: string, options: MonteCarloSessionOptions): Promise<MonteCarloSession> {
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

export async function predict(
  on: MonteCarloSession,
  digits: readonly Digit[],
  samples: number,
  seed: number,
) {
  const image = new ort.Tensor('float32', toInput(digits), [digits.length, 1, 8, 8])
  return (await on.predict({ image }, { samples, seed, outputs: 'logits' })) as Uncertainty
}

/** Predicts with the file that has kept its dropout. */
export function predictOn(provider: 'webgpu' | 'wasm'): Predict {
  return async (digits, { samples, seed }) =>
    predict(await open(withDropout, { executionProviders: [provider], points: NODES }), digits, samples, seed)
}

export { inference, withDropout }
