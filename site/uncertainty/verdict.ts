/** Puts a prediction into words, none of which says more than the samples do. */

import type { Prediction } from 'noiseshape/monte-carlo'

/** 95th percentiles over test digits, in nats, each with 100 samples: models/digits/samples.json. */
export interface Usual {
  expectedEntropy: number
  mutualInformation: number
}

export interface Verdict {
  kind: 'early' | 'alike' | 'ambiguous' | 'unlike'
  /** One sentence. */
  title: string
  reason: string
}

/** With fewer samples the estimate of mutual information is too low to be compared with that of 100. */
export const FEWEST = 50

/** Interprets a prediction of one image. */
export function judge(prediction: Prediction, usual: Usual): Verdict {
  const { expected, mutual } = entropies(prediction)
  const [first, second] = Array.from(prediction.mean, (p, digit) => ({ p, digit })).sort((a, b) => b.p - a.p)
  if (prediction.samples < FEWEST) {
    return {
      kind: 'early',
      title: `So far it reads ${a(first.digit)}.`,
      reason: `Fewer than ${FEWEST} samples: too few to say whether this is like the training digits.`,
    }
  }
  if (mutual > usual.mutualInformation) {
    return {
      kind: 'unlike',
      title: 'It may be unlike the training digits.',
      reason: `The samples contradict each other more than on 95 % of the test digits. Their best guess is ${a(first.digit)}.`,
    }
  }
  if (expected > usual.expectedEntropy) {
    return {
      kind: 'ambiguous',
      title: `Perhaps ${a(first.digit)}, perhaps ${a(second.digit)}.`,
      reason: 'The samples agree, but each is more uncertain than on 95 % of the test digits.',
    }
  }
  return {
    kind: 'alike',
    title: `It reads ${a(first.digit)}.`,
    reason: 'The samples agree as they do on most test digits. They can be wrong together.',
  }
}

export function a(digit: number): string {
  return `${digit === 8 ? 'an' : 'a'} ${digit}`
}

/** In nats. Predictions of probabilities have all three. */
export function entropies({ predictiveEntropy, expectedEntropy, mutualInformation }: Prediction) {
  const [predictive, expected, mutual] = [predictiveEntropy, expectedEntropy, mutualInformation].map(
    (values) => values?.[0],
  )
  if (predictive === undefined || expected === undefined || mutual === undefined) {
    throw new Error('internal: a prediction of probabilities has entropies')
  }
  return { predictive, expected, mutual }
}
