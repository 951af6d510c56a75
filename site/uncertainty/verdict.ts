/** Puts a prediction into words. */

import type { Prediction } from 'noiseshape/onnx'

/** 95th percentiles over test digits, in nats: models/digits/samples.json. */
export interface Usual {
  expectedEntropy: number
  mutualInformation: number
}

export interface Verdict {
  kind: 'known' | 'ambiguous' | 'unknown'
  /** One sentence. */
  title: string
  reason: string
}

/** Interprets a prediction of one image. */
export function judge(prediction: Prediction, usual: Usual): Verdict {
  const { expected, mutual } = entropies(prediction)
  const [first, second] = Array.from(prediction.mean, (p, digit) => ({ p, digit })).sort((a, b) => b.p - a.p)
  if (mutual > usual.mutualInformation) {
    return {
      kind: 'unknown',
      title: 'It does not know this.',
      reason: `The samples contradict each other more than for 95 % of ordinary digits: ${first.digit} is only a guess.`,
    }
  }
  if (expected > usual.expectedEntropy) {
    return {
      kind: 'ambiguous',
      title: `It could be a ${first.digit} or a ${second.digit}.`,
      reason: 'The samples agree that it is ambiguous.',
    }
  }
  return {
    kind: 'known',
    title: `It reads a ${first.digit}.`,
    reason: 'The samples agree, as they do on ordinary digits.',
  }
}

/** In nats. Predictions from logits have all three. */
export function entropies({ predictiveEntropy, expectedEntropy, mutualInformation }: Prediction) {
  const [predictive, expected, mutual] = [predictiveEntropy, expectedEntropy, mutualInformation].map(
    (values) => values?.[0],
  )
  if (predictive === undefined || expected === undefined || mutual === undefined) {
    throw new Error('internal: a prediction of logits has entropies')
  }
  return { predictive, expected, mutual }
}
