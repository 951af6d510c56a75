/** The strip of samples: a group of radio buttons, each a digit to look at, so that arrow keys go from one to the next. */

import { type Digit, readDigit } from '../../models/digits/digits.js'
import text from '../../models/digits/samples.json'
import { element } from '../shared/elements.js'
import { drawDigit } from './draw-digit.js'

export interface Sample {
  kind: string
  digit: Digit
  /** For who cannot see it: "a 3, rotated". */
  name: string
}

export const { usual } = text

export const samples: readonly Sample[] = text.samples.map(({ kind, label, pixels }) => ({
  kind,
  digit: readDigit(pixels),
  name: label === null ? kind : kind === 'digit' ? `a ${label}` : `a ${label}, ${kind}`,
}))

const GROUPS = { digit: 'Digits', rotated: 'Turned', inverted: 'Inverted', noise: 'Noise' }

export function addSamples(onPick: (sample: Sample) => void): void {
  for (const [kind, title] of Object.entries(GROUPS)) {
    const tiles = document.createElement('div')
    tiles.className = 'tiles'
    tiles.append(...samples.filter((each) => each.kind === kind).map((sample) => tile(sample, onPick)))
    const group = document.createElement('div')
    group.append(Object.assign(document.createElement('p'), { className: 'kind', textContent: title }), tiles)
    element('samples').append(group)
  }
}

/** Marks a sample as picked, or none. */
export function markSample(picked: Sample | undefined): void {
  element('samples')
    .querySelectorAll('input')
    .forEach((radio) => {
      radio.checked = picked !== undefined && radio.value === String(samples.indexOf(picked))
    })
}

function tile(sample: Sample, onPick: (sample: Sample) => void): HTMLLabelElement {
  const radio = Object.assign(document.createElement('input'), {
    type: 'radio',
    name: 'sample',
    value: String(samples.indexOf(sample)),
    ariaLabel: sample.name,
  })
  radio.addEventListener('change', () => onPick(sample))
  const canvas = document.createElement('canvas')
  drawDigit(canvas, sample.digit)
  const label = document.createElement('label')
  label.title = sample.name
  label.append(radio, canvas)
  return label
}
