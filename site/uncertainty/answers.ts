/**
 * The table of answers: a row for each digit, with its mean probability as a bar and a dot for each sample that answers
 * it, at the probability which that sample gives it. Dots lie apart so that they can be counted.
 */

import type { Prediction } from 'noiseshape/monte-carlo'
import { CLASSES } from '../../models/digits/forward.js'
import { make } from '../shared/elements.js'
import { svg } from './svg.js'

/** What one sample answers. */
export interface Answer {
  digit: number
  probability: number
}

export interface Answers {
  /** The answers so far, in the order of the samples. */
  readonly all: readonly Answer[]
  clear(): void
  /** Adds samples, ten probabilities for each, and shows the statistics of all so far. */
  add(fresh: Float32Array, prediction: Prediction): void
  /** Marks the dot of a sample. */
  choose(sample: number): void
}

/** More dots than these, the newest, would cover each other and slow the page. */
export const MOST_DOTS = 1000

export function createAnswers(body: HTMLElement, onPoint: (sample: number) => void): Answers {
  const rows = Array.from({ length: CLASSES }, (_, digit) => createRow(body, digit))
  const all: Answer[] = []
  const dots: SVGElement[] = []
  const counts = new Array<number>(CLASSES).fill(0)
  const marker = svg('circle', { class: 'chosen', r: 6 })

  const point = ({ target }: Event) => {
    const sample = target instanceof SVGCircleElement ? target.dataset.sample : undefined
    if (sample !== undefined) onPoint(Number(sample))
  }
  body.addEventListener('pointerover', point)
  body.addEventListener('pointerdown', point)

  return {
    all,
    clear() {
      all.length = 0
      dots.length = 0
      counts.fill(0)
      for (const { strip, bar, mean, count } of rows) {
        strip.replaceChildren(bar)
        bar.setAttribute('width', '0')
        mean.textContent = ''
        count.textContent = ''
      }
    },
    add(fresh, prediction) {
      for (let at = 0; at < fresh.length; at += CLASSES) {
        const answer = answerOf(fresh.subarray(at, at + CLASSES))
        const dot = createDot(all.length, answer)
        rows[answer.digit].strip.append(dot)
        counts[answer.digit]++
        all.push(answer)
        dots.push(dot)
      }
      for (const old of dots.splice(0, Math.max(0, dots.length - MOST_DOTS))) old.remove()
      const best = prediction.mean.indexOf(Math.max(...prediction.mean))
      rows.forEach(({ row, bar, mean, count }, digit) => {
        const p = prediction.mean[digit]
        row.classList.toggle('best', digit === best)
        bar.setAttribute('width', `${100 * p}%`)
        mean.textContent = `${percent(p)} ± ${Math.round(100 * Math.sqrt(prediction.variance[digit]))}`
        count.textContent = String(counts[digit])
      })
    },
    choose(sample) {
      marker.remove()
      const dot = dots.at(sample - all.length)
      if (!dot) return // older than the newest MOST_DOTS
      for (const at of ['cx', 'cy']) marker.setAttribute(at, dot.getAttribute(at) ?? '')
      marker.dataset.sample = String(sample)
      dot.parentElement?.append(marker) // the dot stays where it is, else the browser reports it as pointed at again
    },
  }
}

function createRow(body: HTMLElement, digit: number) {
  const bar = svg('rect', { class: 'bar', x: 0, y: 0, width: 0, height: '100%' })
  const strip = svg('svg', { class: 'dots', 'aria-hidden': 'true' }, [bar])
  const mean = make('td', { className: 'mean' })
  const count = make('td', { className: 'count' })
  const head = make('th', { scope: 'row', textContent: String(digit) })
  const row = make('tr', {}, [head, make('td', { className: 'strip-cell' }, [strip]), mean, count])
  body.append(row)
  return { row, bar, strip, mean, count }
}

/** Heights are those of a golden-ratio sequence: any number of neighbours in it lie apart. */
function createDot(sample: number, { probability }: Answer): SVGElement {
  const height = (sample * 0.618034) % 1
  const dot = svg('circle', { cx: `${100 * probability}%`, cy: `${15 + 70 * height}%`, r: 3 })
  dot.dataset.sample = String(sample)
  return dot
}

function answerOf(probabilities: Float32Array): Answer {
  const probability = Math.max(...probabilities)
  return { digit: probabilities.indexOf(probability), probability }
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}
