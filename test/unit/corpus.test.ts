/** The sentences that the tagger of examples/tagger learns from: which class each tag of the Brown corpus belongs to. */

import { describe, expect, test } from 'vitest'
import { classOf, corpus, readText } from '../../examples/tagger/corpus.js'

describe('the class of a tag', () => {
  test.each([
    ['nn', 'NOUN'],
    ['np$', 'NOUN'],
    ['nns$-tl', 'NOUN'],
    ['nn-tl-hl', 'NOUN'],
    ['vbd', 'VERB'],
    ['dod*', 'VERB'],
    ['bez*', 'VERB'],
    ['ppss+bem', 'PRON'],
    ['pp$', 'DET'],
    ['pp$$', 'PRON'],
    ['wp$', 'DET'],
    ['at-tl', 'DET'],
    ['*', 'PRT'],
    ['*-hl', 'PRT'],
    ['--', 'PUNCT'],
    ['---hl', 'PUNCT'],
    ["''", 'PUNCT'],
    ['fw-in', 'OTHER'],
    ['nil', 'OTHER'],
  ])('%s is %s', (tag, name) => {
    expect(classOf(tag)).toBe(name)
  })

  test('an unknown tag is refused', () => {
    expect(() => classOf('xyz')).toThrow('"xyz"')
  })
})

test('a text is read sentence by sentence, without those that are too short or too long', () => {
  const long = Array(25).fill('very/ql').join(' ')
  const text = `\n\n\tHe/pps ate/vbd 1/2/cd of/in it/ppo ./.\n\tYes/rb ./.\n${long}\n`
  expect(readText(text)).toEqual([
    {
      words: ['he', 'ate', '1/2', 'of', 'it', '.'],
      classes: ['PRON', 'VERB', 'NUM', 'ADP', 'PRON', 'PUNCT'],
    },
  ])
})

test('the module that Vite makes of it has different sentences to train and to test with', () => {
  const code = corpus.load('virtual:corpus')
  const { classes, training, heldOut } = JSON.parse(code?.replace('export default', '') ?? '')
  expect(classes.length).toBe(12)
  expect([training.length, heldOut.length]).toEqual([1000, 100])
  const seen = new Set(training.map(({ words }: { words: string[] }) => words.join(' ')))
  expect(seen.size).toBeGreaterThan(990) // a few short ones are in several texts
  const again = heldOut.filter(({ words }: { words: string[] }) => seen.has(words.join(' ')))
  expect(again.length).toBeLessThan(2)
  for (const { words, classes: names } of [...training, ...heldOut]) {
    expect(names.length).toBe(words.length)
    for (const name of names) expect(classes).toContain(name)
  }
})
