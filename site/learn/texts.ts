/** What the Learn page says of a toss, in words. */

import { escapeHtml } from '../shared/escape-html.js'
import type { Broadcast } from './broadcast.js'
import { type Call, callsFor, type Draw, patternName } from './calls.js'
import type { Shapes } from './shapes.js'

/** The layer's name in each framework. */
export function layersText({ shapes, rate, seed }: { shapes: Shapes } & Draw): string {
  const name = patternName(shapes)
  const layers = callsFor(shapes, { rate, seed }).map(({ framework, layer }) => `${framework}: ${layer}`)
  return `${name ? `${name}. ` : ''}${layers.join(' · ')}`
}

/** How this toss came out. */
export function zerosText({ kept, known }: { kept: readonly boolean[]; known: Broadcast }): string {
  const dropped = kept.filter((keep) => !keep).length
  return `${dropped} of ${known.coins} coins say drop: ${dropped * known.each} of ${known.elements} values are 0.`
}

export function callsHtml(calls: readonly Call[]): string {
  return calls
    .map(({ framework, code }, i) => {
      const id = `call-${i}`
      return `<div class="call"><div class="heading"><h3>${framework}</h3><button type="button" class="button" id="${id}">Copy<span class="unseen"> the ${framework} code</span></button></div><pre><code id="${id}-code">${escapeHtml(code)}</code></pre></div>`
    })
    .join('')
}
