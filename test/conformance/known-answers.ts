/** The answers of golden/native.json and the published ones of the generator, each way in which work is cut. */

import { expectSameBits } from '../support/compare'
import { dropoutCut, maskCut, SHIPPED } from '../support/forced'
import { askGenerator, type Question, ROTATIONS } from '../support/generator'
import { goldenGenerator, goldenMasks, goldenOutputs } from '../support/golden'
import { randomWords } from '../support/inputs'
import { judgeThreefry } from '../support/judge'
import { type Case, each } from './case'

const group = 'known answers'

const generator = ROTATIONS.flatMap(({ by, rotateSource }): Case[] => [
  {
    group,
    name: `the generator that rotates by ${by} gives the published words`,
    async run(gpu) {
      const answers = await askGenerator(gpu, goldenGenerator, rotateSource)
      goldenGenerator.forEach(({ out }, i) => {
        expectSameBits(answers[i], out, { what: `answer ${i}` })
      })
    },
  },
  {
    group,
    name: `the generator that rotates by ${by} gives the words of the judge`,
    async run(gpu) {
      const word = randomWords(5)
      const four = () => Array.from({ length: 4 }, word)
      const questions: Question[] = Array.from({ length: 2000 }, () => ({ counter: four(), key: four() }))
      const answers = await askGenerator(gpu, questions, rotateSource)
      questions.forEach(({ counter, key }, i) => {
        const expected = judgeThreefry(Array.from(counter), Array.from(key))
        expectSameBits(answers[i], expected, { what: `counter ${counter}, key ${key}` })
      })
    },
  },
])

const masks = goldenMasks.map(
  ({ name, draw, words }): Case => ({
    group,
    name: `mask: ${name}`,
    run: (gpu) =>
      each(SHIPPED, async (variant) => {
        const got = await maskCut(gpu, draw, { variant })
        const expected = new Uint32Array(got.length) // the bits after the last cell are 0
        expected.set(words)
        expectSameBits(got, expected, { packed: true, what: JSON.stringify(variant) })
      }),
  }),
)

const outputs = goldenOutputs.map(
  ({ name, draw, x, y }): Case => ({
    group,
    name: `output: ${name}`,
    run: (gpu) =>
      each(SHIPPED, async (variant) => {
        const { output } = await dropoutCut(gpu, draw, x, { variant })
        expectSameBits(output, y, { shape: draw.shape, what: JSON.stringify(variant) })
      }),
  }),
)

export const knownAnswers: readonly Case[] = [...generator, ...masks, ...outputs]
