/** Puts the tables of the toys into the page's HTML, so that it reads well without JavaScript: `<!-- learn: hero-coins -->`. */

import type { Plugin } from 'vite'
import digits from '../../experiments/results/digits.json' with { type: 'json' }
import landmarks from '../../experiments/results/landmarks.json' with { type: 'json' }
import landmarksLonger from '../../experiments/results/landmarks-longer.json' with { type: 'json' }
import tagger from '../../experiments/results/tagger.json' with { type: 'json' }
import taggerLonger from '../../experiments/results/tagger-longer.json' with { type: 'json' }
import { broadcast } from './broadcast.js'
import { callsFor, inNumbers } from './calls.js'
import { coinTables, switchFields, valueTables } from './grids.js'
import type { Shapes } from './shapes.js'
import { hero, heroKept, RATE, SEED, sentences, sentencesKept } from './start.js'
import { callsHtml, layersText, zerosText } from './texts.js'
import { resultsHtml } from './when.js'

function parts(id: string, shapes: Shapes, kept: readonly boolean[]): Record<string, string> {
  const known = broadcast(shapes)
  const grids = { shapes, kept, value: () => String(1 / (1 - RATE)) }
  return {
    [`${id}-coins`]: coinTables(grids),
    [`${id}-values`]: valueTables(grids),
    [`${id}-switches`]: switchFields(id, shapes),
    [`${id}-numbers`]: inNumbers(shapes, known.coins, known.each),
    [`${id}-layers`]: layersText({ shapes, rate: RATE, seed: SEED }),
    [`${id}-zeros`]: zerosText({ kept, known }),
    [`${id}-calls`]: callsHtml(callsFor(shapes, { rate: RATE, seed: SEED })),
  }
}

const contents: Record<string, string> = {
  ...parts('hero', hero, heroKept),
  ...parts('sentence', sentences, sentencesKept),
  'results-digits': resultsHtml(digits),
  'results-tagger': resultsHtml(tagger),
  'results-tagger-longer': resultsHtml(taggerLonger),
  'results-landmarks': resultsHtml(landmarks),
  'results-landmarks-longer': resultsHtml(landmarksLonger),
}

export const learn: Plugin = {
  name: 'learn',
  transformIndexHtml: {
    order: 'pre',
    handler: (html) =>
      html.replace(/<!-- learn: (\S+) -->/g, (_, name) => {
        const content = contents[name]
        if (content === undefined) throw new Error(`site/learn/static.ts: the page asks for ${name}`)
        return content
      }),
  },
}
