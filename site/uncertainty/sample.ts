/** One sample: which feature maps and units it dropped, and what it answered. */

import { mask, unpackMask } from 'noiseshape/cpu'
import { SIDE } from '../../models/digits/digits.js'
import { type Draw, HIDDEN, MAPS, SPATIAL, UNITS } from '../../models/digits/forward.js'
import { context } from '../shared/canvas.js'
import { element, make } from '../shared/elements.js'
import { type Answer, percent } from './answers.js'
import { svg } from './svg.js'
import { a } from './verdict.js'

/** What the masks of a draw drop: numbers of feature maps and of units, from 0. */
export function droppedBy(draw: Draw): { maps: number[]; units: number[] } {
  return {
    maps: zerosOf(unpackMask(mask({ ...SPATIAL, ...draw }), MAPS)),
    units: zerosOf(unpackMask(mask({ ...HIDDEN, ...draw }), UNITS)),
  }
}

function zerosOf(flags: Uint8Array): number[] {
  return Array.from(flags.keys()).filter((i) => flags[i] === 0)
}

interface Map {
  cell: HTMLElement
  canvas: HTMLCanvasElement
}

let maps: readonly Map[] = []
let units: readonly SVGElement[] = []

const ACROSS = 16 // units in a row
const PITCH = 10 // from one unit to the next

/** Adds empty maps and units. */
export function addSample(): void {
  maps = Array.from({ length: MAPS }, (_, map) => {
    const canvas = make('canvas', { width: SIDE, height: SIDE })
    const cell = make('span', { className: 'map' }, [
      canvas,
      svg('svg', { class: 'hatch', viewBox: '0 0 24 24' }, [
        svg('path', { d: 'M0 12 12 0M0 24 24 0M12 24 24 12' }),
      ]),
      make('span', { className: 'number', textContent: String(map + 1) }),
    ])
    return { cell, canvas }
  })
  element('maps').append(...maps.map(({ cell }) => cell))
  units = Array.from({ length: UNITS }, (_, unit) =>
    svg('g', { transform: `translate(${(unit % ACROSS) * PITCH} ${Math.floor(unit / ACROSS) * PITCH})` }, [
      svg('rect', { x: 1, y: 1, width: 8, height: 8 }),
      svg('path', { d: 'M1 9 9 1M1 5 5 1M5 9 9 5' }),
    ]),
  )
  const height = Math.ceil(UNITS / ACROSS) * PITCH
  element('units').append(svg('svg', { viewBox: `0 0 ${ACROSS * PITCH} ${height}` }, units))
}

/** Draws the feature maps [8, 8, 16] of an image, dark where they are active; all of them on one scale. */
export function drawMaps(values: Float32Array): void {
  const largest = Math.max(...values, Number.MIN_VALUE)
  maps.forEach(({ canvas }, map) => {
    const pen = context(canvas)
    const image = pen.createImageData(SIDE, SIDE)
    for (let pixel = 0; pixel < SIDE * SIDE; pixel++) {
      const grey = 255 * (1 - values[pixel * MAPS + map] / largest)
      image.data.set([grey, grey, grey, 255], pixel * 4)
    }
    pen.putImageData(image, 0, 0)
  })
}

/** Shows a sample, counted from 0, or that there is none. */
export function showSample(shown: { sample: number; seed: number; answer: Answer } | undefined): void {
  const dropped = shown ? droppedBy({ seed: shown.seed, step: shown.sample }) : { maps: [], units: [] }
  maps.forEach(({ cell }, map) => {
    cell.classList.toggle('dropped', dropped.maps.includes(map))
  })
  units.forEach((unit, i) => {
    unit.classList.toggle('dropped', dropped.units.includes(i))
  })
  const names = dropped.maps.map((map) => map + 1).join(', ')
  const ofMaps = `${dropped.maps.length} of ${MAPS} feature maps`
  const ofUnits = `${dropped.units.length} of ${UNITS} units`
  element('maps').ariaLabel = shown ? `${ofMaps} dropped${names && `: ${names}`}` : 'No sample'
  element('units').ariaLabel = shown ? `${ofUnits} dropped` : 'No sample'
  const slider = element<HTMLInputElement>('sample')
  slider.disabled = shown === undefined
  const text = shown
    ? `Sample ${shown.sample + 1} reads ${a(shown.answer.digit)} with ${percent(shown.answer.probability)}. It dropped ${ofMaps}${names && ` (${names})`} and ${ofUnits}.`
    : ''
  element('sample-text').textContent = text
  slider.setAttribute('aria-valuetext', text)
  if (shown) slider.value = String(shown.sample + 1)
}
