/** What the uncertainty page says of a prediction. */

import { expect, test } from 'vitest'
import { judge } from '../../site/uncertainty/verdict'

const usual = { expectedEntropy: 0.5, mutualInformation: 0.4 }

/** A prediction in which 3 is the most probable digit and 8 the second. */
function prediction(expected: number, mutual: number, samples = 100) {
  const mean = new Float32Array(10).fill(0.02)
  mean[3] = 0.5
  mean[8] = 0.34
  return {
    samples,
    mean,
    variance: new Float32Array(10),
    std: new Float32Array(10),
    predictiveEntropy: Float32Array.of(expected + mutual),
    expectedEntropy: Float32Array.of(expected),
    mutualInformation: Float32Array.of(mutual),
  }
}

test.each([
  { expected: 0.4, mutual: 0.3, kind: 'alike', title: 'It reads a 3.' },
  { expected: 0.6, mutual: 0.3, kind: 'ambiguous', title: 'Perhaps a 3, perhaps an 8.' },
  { expected: 0.4, mutual: 0.5, kind: 'unlike', title: 'It may be unlike the training digits.' },
  { expected: 0.6, mutual: 0.5, kind: 'unlike', title: 'It may be unlike the training digits.' },
])('expected entropy $expected, mutual information $mutual: $title', ({ expected, mutual, kind, title }) => {
  expect(judge(prediction(expected, mutual), usual)).toMatchObject({ kind, title })
})

test('samples too few to compare with the test digits lead to no comparison', () => {
  for (const mutual of [0, 0.3, 0.5]) {
    expect(judge(prediction(0.4, mutual, 49), usual)).toMatchObject({
      kind: 'early',
      title: 'So far it reads a 3.',
    })
    expect(judge(prediction(0.4, mutual, 50), usual).kind).not.toBe('early')
  }
})
