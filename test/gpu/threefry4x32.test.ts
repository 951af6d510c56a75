import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expectSameBits } from '../support/compare'
import { property } from '../support/draws'
import { askGenerator, ROTATIONS } from '../support/generator'
import { goldenGenerator } from '../support/golden'
import { useGpu } from '../support/gpu'
import { judgeThreefry } from '../support/judge'

const gpu = useGpu()

test.each(ROTATIONS)(
  'the shader that rotates by $by gives the published answers',
  async ({ rotateSource }) => {
    expect(goldenGenerator.length).toBeGreaterThan(2)
    const answers = await askGenerator(gpu, goldenGenerator, rotateSource)
    goldenGenerator.forEach(({ out }, i) => {
      expectSameBits(answers[i], out, { what: `answer ${i}` })
    })
  },
)

test.each(ROTATIONS)(
  'rotating by $by, it gives the words of the judge for any counter and key',
  async ({ rotateSource }) => {
    const word = fc.oneof(
      fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1),
      fc.maxSafeNat().map((n) => n % 2 ** 32),
    )
    const four = fc.array(word, { minLength: 4, maxLength: 4 })
    const questions = fc.sample(fc.record({ counter: four, key: four }), property(500))
    const answers = await askGenerator(gpu, questions, rotateSource)
    questions.forEach(({ counter, key }, i) => {
      expectSameBits(answers[i], judgeThreefry(counter, key), { what: `counter ${counter}, key ${key}` })
    })
  },
)
