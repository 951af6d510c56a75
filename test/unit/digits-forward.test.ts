/** The digits network's forward pass in plain JavaScript against PyTorch, without dropout and with it. */

import { readFileSync } from 'node:fs'
import { createEngine } from 'noiseshape'
import { monteCarlo } from 'noiseshape/monte-carlo'
import { expect, test } from 'vitest'
import { readDigit, writeDigit } from '../../models/digits/digits'
import { CLASSES, featureMaps, logits, readWeights, softmax } from '../../models/digits/forward'
import split from '../../models/digits/test-split.json'
import { type Digit, expected, sampleDigits, testDigits, toInput } from '../support/digits'
import { type Predict, strays } from '../support/digits-pytorch'

const file = readFileSync(new URL('../../models/digits/tfjs/weights.bin', import.meta.url))
const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer
const weights = readWeights(bytes)
const mapsOf = (digit: Digit) => featureMaps(weights, toInput([digit]))

test('without dropout its logits are those of PyTorch in eval mode', () => {
  sampleDigits.forEach((digit, row) => {
    const found = logits(weights, mapsOf(digit))
    expected.samples.logitsWithoutDropout[row].forEach((logit, i) => {
      expect(found[i], `logit ${i} of sample ${row}`).toBeCloseTo(logit, 4) // float32 sums in another order
    })
  })
})

test('without dropout it reads as many of the test digits as in PyTorch', () => {
  const right = testDigits.filter((digit, i) => {
    const found = logits(weights, mapsOf(digit))
    return found.indexOf(Math.max(...found)) === Number(split.labels[i])
  })
  expect(right.length / testDigits.length).toBeCloseTo(expected.accuracyWithoutDropout, 5)
})

/** Each digit with masks of its own, as in PyTorch. */
const predict: Predict = async (digits, { samples, seed }) => {
  const engine = await createEngine({ backend: 'cpu' })
  const rows = await Promise.all(
    digits.map((digit, row) => {
      const maps = mapsOf(digit)
      return monteCarlo(engine, {
        samples,
        seed: seed * 10_000 + row,
        outputs: 'probabilities',
        classes: CLASSES,
        forward: (draw) => softmax(logits(weights, maps, draw)),
      })
    }),
  )
  const all = (key: 'mean' | 'predictiveEntropy' | 'expectedEntropy' | 'mutualInformation') =>
    Float32Array.from(rows.flatMap((row) => [...(row[key] ?? [])]))
  return {
    mean: all('mean'),
    predictiveEntropy: all('predictiveEntropy'),
    expectedEntropy: all('expectedEntropy'),
    mutualInformation: all('mutualInformation'),
  }
}

test('with dropout, probabilities and entropies agree with PyTorch within sampling error', async () => {
  expect(await strays(predict)).toEqual([])
})

test('a digit written as text is read back', () => {
  for (const digit of sampleDigits) expect(readDigit(writeDigit(digit))).toEqual(digit)
})
