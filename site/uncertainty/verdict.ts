/** What the numbers mean, in words. */

import type { Prediction } from 'noiseshape/onnx'

/** How unsure the network is of 95 % of digits that it had not seen: models/digits/samples.json. */
export interface Usual {
  expectedEntropy: number
  mutualInformation: number
}

export interface Verdict {
  kind: 'known' | 'ambiguous' | 'unknown'
  /** One sentence. */
  title: string
  /** Why. */
  reason: string
}

/** Reads a prediction of one image. */
export function judge(prediction: Prediction, usual: Usual): Verdict {
  const { expected, mutual } = entropies(prediction)
  const [first, second] = Array.from(prediction.mean, (p, digit) => ({ p, digit })).sort((a, b) => b.p - a.p)
  if (mutual > usual.mutualInformation) {
    return {
      kind: 'unknown',
      title: 'It does not know this.',
      reason: `Its passes contradict each other, more than on 95 % of ordinary digits: the best guess, ${first.digit}, is a guess.`,
    }
  }
  if (expected > usual.expectedEntropy) {
    return {
      kind: 'ambiguous',
      title: `It is torn between ${first.digit} and ${second.digit}.`,
      reason: 'Its passes agree, on being in doubt: the image could be either.',
    }
  }
  return {
    kind: 'known',
    title: `It reads a ${first.digit}.`,
    reason: 'Its passes agree, as they do on ordinary digits.',
  }
}

/** In nats. With logits all three are there. */
export function entropies({ predictiveEntropy, expectedEntropy, mutualInformation }: Prediction) {
  const [predictive, expected, mutual] = [predictiveEntropy, expectedEntropy, mutualInformation].map(
    (values) => values?.[0],
  )
  if (predictive === undefined || expected === undefined || mutual === undefined) {
    throw new Error('internal: a prediction of logits has entropies')
  }
  return { predictive, expected, mutual }
}
