/** A digit and the 16 feature maps of the digits network's first convolution: single values dropped, or whole maps. */

import { readDigit, SIDE, toInput } from '../../models/digits/digits.js'
import { featureMaps, MAPS, readWeights } from '../../models/digits/forward.js'
import samples from '../../models/digits/samples.json'
import weights from '../../models/digits/tfjs/weights.bin?url'
import { element } from '../shared/elements.js'
import { toss } from './coins.js'
import { RATE, SEED } from './start.js'

const AREA = SIDE * SIDE

/** The patterns by name, channels last: the tensor is [1, 8, 8, 16]. */
const NOISE: Record<string, number[]> = {
  none: [],
  values: [1, SIDE, SIDE, MAPS],
  maps: [1, 1, 1, MAPS],
}

export async function runMaps(): Promise<void> {
  const response = await fetch(weights).catch(() => undefined)
  if (!response?.ok) {
    const status = response ? ` (${response.status})` : ''
    element('maps-says').textContent =
      `The network could not be loaded${status}. Reload the page to try again.`
    return
  }
  const network = readWeights(await response.arrayBuffer())
  const digits = samples.samples.slice(0, 10).map(({ pixels }) => readDigit(pixels))
  let digit = 3
  let step = 0

  function show(): void {
    const pattern = document.querySelector<HTMLInputElement>('[name=maps-pattern]:checked')?.value ?? 'none'
    const input = toInput([digits[digit]])
    const values = featureMaps(network, input)
    const kept = flagsOf(NOISE[pattern], step)
    element('maps-digit').innerHTML = pictureHtml(
      'The digit, 8 × 8 pixels',
      (pixel) => input[pixel],
      () => true,
    )
    const most = Math.max(...values)
    element('maps').innerHTML = Array.from({ length: MAPS }, (_, map) => {
      const at = (pixel: number) => pixel * MAPS + map
      const dropped = Array.from({ length: AREA }, (_, pixel) => kept[at(pixel)]).filter(
        (flag) => !flag,
      ).length
      const name = `Map ${map}: ${dropped === 0 ? 'kept' : dropped === AREA ? 'dropped whole' : `${dropped} of ${AREA} values dropped`}`
      return pictureHtml(
        name,
        (pixel) => values[at(pixel)] / most,
        (pixel) => kept[at(pixel)] === 1,
      )
    }).join('')
    element('maps-says').textContent = says(pattern, kept)
  }

  for (const choice of document.querySelectorAll('[name=maps-pattern]'))
    choice.addEventListener('change', show)
  element('maps-flip').addEventListener('click', () => {
    step++
    show()
  })
  element('maps-next').addEventListener('click', () => {
    digit = (digit + 1) % digits.length
    show()
  })
  show()
}

/** The flag of each value of [1, 8, 8, 16]; without a noise shape, all are kept. */
function flagsOf(noiseShape: number[], step: number): Uint8Array {
  const shape = [1, SIDE, SIDE, MAPS]
  const flags = noiseShape.length === 0 ? [1] : toss({ shape, noiseShape, rate: RATE, seed: SEED, step })
  return Uint8Array.from({ length: AREA * MAPS }, (_, at) => flags[at % flags.length])
}

function says(pattern: string, kept: Uint8Array): string {
  const dropped = kept.filter((flag) => flag === 0).length
  if (pattern === 'none')
    return 'What the second convolution sees at inference: neighbours in a map are alike.'
  if (pattern === 'values')
    return `${kept.length} coins: ${dropped} values are 0, and each hole has neighbours that say nearly the same.`
  return `${MAPS} coins: the ${dropped / AREA} hatched maps are 0 as a whole. A blank one is kept, and sees nothing in this digit.`
}

/** Values from 0 to 1 as a square of SVG; a dropped one is hatched. */
function pictureHtml(
  name: string,
  value: (pixel: number) => number,
  kept: (pixel: number) => boolean,
): string {
  const cells = Array.from({ length: AREA }, (_, pixel) => {
    const place = `x="${pixel % SIDE}" y="${Math.floor(pixel / SIDE)}" width="1" height="1"`
    return kept(pixel)
      ? `<rect ${place} fill-opacity="${value(pixel).toFixed(2)}"/>`
      : `<path class="hole" d="M${pixel % SIDE} ${Math.floor(pixel / SIDE) + 1}l1 -1"/>`
  })
  return `<svg viewBox="0 0 ${SIDE} ${SIDE}" role="img" aria-label="${name}"><title>${name}</title>${cells.join('')}</svg>`
}
