/** The strip of example digits: a group of radio buttons, so that arrow keys move from one to the next. */

import { type Digit, readDigit } from '../../models/digits/digits.js'
import text from '../../models/digits/samples.json'
import { element } from '../shared/elements.js'
import { drawDigit } from './draw-digit.js'

export interface Example {
  kind: string
  digit: Digit
  /** For screen readers: "a 3, rotated". */
  name: string
}

export const { usual } = text

export const examples: readonly Example[] = text.samples.map(({ kind, label, pixels }) => ({
  kind,
  digit: readDigit(pixels),
  name: label === null ? kind : kind === 'digit' ? `a ${label}` : `a ${label}, ${kind}`,
}))

const GROUPS = { digit: 'Digits', rotated: 'Rotated', inverted: 'Inverted', noise: 'Noise' }

export function addExamples(onPick: (example: Example) => void): void {
  for (const [kind, title] of Object.entries(GROUPS)) {
    const tiles = document.createElement('div')
    tiles.className = 'tiles'
    tiles.append(...examples.filter((each) => each.kind === kind).map((example) => tile(example, onPick)))
    const group = document.createElement('div')
    group.append(Object.assign(document.createElement('p'), { className: 'kind', textContent: title }), tiles)
    element('tiles').append(group)
  }
}

/** Draws all examples again, on canvases that the browser has emptied. */
export function drawExamples(): void {
  element('tiles')
    .querySelectorAll('canvas')
    .forEach((canvas, i) => {
      drawDigit(canvas, examples[i].digit)
    })
}

/** Marks an example as picked, or none. */
export function markExample(picked: Example | undefined): void {
  element('tiles')
    .querySelectorAll('input')
    .forEach((radio) => {
      radio.checked = picked !== undefined && radio.value === String(examples.indexOf(picked))
    })
}

function tile(example: Example, onPick: (example: Example) => void): HTMLLabelElement {
  const radio = Object.assign(document.createElement('input'), {
    type: 'radio',
    name: 'example',
    value: String(examples.indexOf(example)),
    ariaLabel: example.name,
  })
  radio.addEventListener('change', () => onPick(example))
  const canvas = document.createElement('canvas')
  drawDigit(canvas, example.digit)
  const label = document.createElement('label')
  label.title = example.name
  label.append(radio, canvas)
  return label
}
