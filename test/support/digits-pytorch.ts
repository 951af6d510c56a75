/** A real network on real data: what it predicts here against the same experiment in PyTorch. Knows no test runner. */

import { auroc, type Digit, expected, neverSeen, sampleDigits, testDigits } from './digits'

/** Statistics of the probabilities, as `mcPredict` and `predict` give them, in arrays. */
export interface Uncertainty {
  mean: Float32Array
  predictiveEntropy: Float32Array
  expectedEntropy: Float32Array
  mutualInformation: Float32Array
}

export type Predict = (
  digits: readonly Digit[],
  options: { samples: number; seed: number },
) => Promise<Uncertainty>

const { bound, probability } = expected.samples
/** Of the experiment in PyTorch. */
export const PASSES = expected.samples.passes
/** In nats, one for each sample. */
const MEASURES = ['predictiveEntropy', 'expectedEntropy', 'mutualInformation'] as const

/**
 * The numbers that lie farther from PyTorch's than the bound: 5 standard errors, and 0.01 besides for probabilities
 * (why, says models/digits/train.py). Of 1000 experiments in PyTorch `bound.exceededBy` had such a number among their
 * 442, so that is the chance of a false alarm in a thousand; and seeds are fixed, so it comes at once or never.
 * The averages over all samples say more than any of them: images have masks of their own, so their errors average out.
 */
export async function strays(predict: Predict, seed = 1): Promise<string[]> {
  if (!(bound.exceededBy <= 1)) throw new Error('the bound is too narrow to say anything')
  const found = await predict(sampleDigits, { samples: PASSES, seed })
  const far: string[] = []
  const compare = (what: string, value: number, mean: number, allowed: number) => {
    if (!(Math.abs(value - mean) <= allowed)) far.push(`${what}: ${value}, PyTorch ${mean} ± ${allowed}`)
  }
  sampleDigits.forEach((_, row) => {
    probability.mean[row].forEach((mean, digit) => {
      const error = probability.sdOfOnePass[row][digit] / Math.sqrt(PASSES)
      const allowed = bound.standardErrors * error + bound.allowance
      compare(`probability of ${digit}, sample ${row}`, found.mean[row * 10 + digit], mean, allowed)
    })
  })
  for (const key of MEASURES) {
    const { mean, sd } = expected.samples[key]
    mean.forEach((value, row) => {
      compare(`${key}, sample ${row}`, found[key][row], value, bound.standardErrors * sd[row])
    })
    const allowed = bound.standardErrors * (Math.hypot(...sd) / sd.length)
    compare(`${key} on average`, average(found[key]), average(mean), allowed)
  }
  return far
}

function average(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
}

/**
 * How well mutual information separates digits of the test split from images of other kinds, as the area under the ROC
 * curve: against each kind, and against all together.
 *
 * @param every takes each so-manieth digit of the split and of each kind: a software GPU needs minutes for all of them
 */
export async function aurocOfUnknown(predict: Predict, { every = 1, samples = PASSES } = {}) {
  const kinds = Object.keys(neverSeen) as (keyof typeof neverSeen)[]
  const [digits, ...others] = [testDigits, ...kinds.map((kind) => neverSeen[kind])].map((all) =>
    all.filter((_, i) => i % every === 0),
  )
  const { mutualInformation } = await predict([digits, ...others].flat(), { samples, seed: 2 })
  const known = mutualInformation.subarray(0, digits.length)
  const ofKind = kinds.map((kind, i) => {
    const start = (i + 1) * digits.length
    return [kind, auroc(known, mutualInformation.subarray(start, start + digits.length))] as const
  })
  return { together: auroc(known, mutualInformation.subarray(digits.length)), ofKind }
}
