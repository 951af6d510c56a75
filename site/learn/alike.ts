/** Why neighbours should share a coin, in numbers: how much noise the next layer sees when it averages them. */

import { dropout } from 'noiseshape/cpu'
import { element } from '../shared/elements.js'
import { createRandom } from './random.js'
import { RATE, SEED } from './start.js'

/** A window of 3 x 3 pixels, as a convolution sees it. */
const NEIGHBOURS = 9
const WINDOWS = 4000

export interface Noise {
  /** Standard deviation of what dropout adds to a window's mean, over that of the mean itself. */
  plain: number
  spatial: number
}

/** Measures both kinds of dropout on windows whose neighbours have this correlation, with the library's masks. */
export function measureNoise(correlation: number): Noise {
  const shape = [WINDOWS, NEIGHBOURS]
  const x = new Float32Array(WINDOWS * NEIGHBOURS)
  const normal = normals(1)
  for (let w = 0; w < WINDOWS; w++) {
    const shared = normal()
    for (let i = 0; i < NEIGHBOURS; i++) {
      x[w * NEIGHBOURS + i] = Math.sqrt(correlation) * shared + Math.sqrt(1 - correlation) * normal()
    }
  }
  const signal = means(x)
  const noiseOf = (noiseShape: number[]) => {
    const y = means(dropout(x, { shape, noiseShape, rate: RATE, seed: SEED }))
    return rms(y.map((mean, w) => mean - signal[w])) / rms(signal)
  }
  return { plain: noiseOf(shape), spatial: noiseOf([WINDOWS, 1]) }
}

export function runAlike(): void {
  const slider = element<HTMLInputElement>('alike')
  const show = () => {
    const correlation = Number(slider.value)
    const { plain, spatial } = measureNoise(correlation)
    element('alike-value').textContent = correlation.toFixed(2)
    for (const [id, noise] of [
      ['alike-plain', plain],
      ['alike-spatial', spatial],
    ] as const) {
      element(id).textContent = `${Math.round(100 * noise)} %`
      element(id).style.setProperty('--share', `${Math.min(100, 80 * noise).toFixed(1)}%`)
    }
  }
  slider.addEventListener('input', show)
  show()
}

function means(x: Float32Array): number[] {
  return Array.from({ length: WINDOWS }, (_, w) => {
    let sum = 0
    for (let i = 0; i < NEIGHBOURS; i++) sum += x[w * NEIGHBOURS + i]
    return sum / NEIGHBOURS
  })
}

const rms = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)

/** Normally distributed numbers, the same each time (Box and Muller 1958). */
function normals(seed: number): () => number {
  const random = createRandom(seed)
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
