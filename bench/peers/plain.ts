/** The copy baseline on the CPU, and the loop that anyone would write. */

import { patternOf } from '../noise-cells.js'
import type { Peer, Prepared, Setting } from './peer.js'

export const typedArraySet: Peer = {
  name: 'typed-array-set',
  title: 'TypedArray.set',
  kind: 'cpu',
  role: 'baseline',
  async prepare({ x, elements }) {
    const y = new Float32Array(elements)
    return copying(this.name, () => {
      y.set(x)
      return y
    })
  },
}

/** A copy into a new array, whose memory the system hands out page by page: what a function that returns one can reach. */
export const typedArraySlice: Peer = {
  name: 'typed-array-slice',
  title: 'TypedArray.slice (a new array)',
  kind: 'cpu',
  role: 'copy',
  async prepare({ x }) {
    return copying(this.name, () => x.slice())
  },
}

function copying(name: string, copy: () => Float32Array): Prepared {
  return {
    name,
    async run(times) {
      for (let i = 0; i < times; i++) copy()
    },
    result: async () => copy(),
    close() {},
  }
}

export const mathRandom: Peer = {
  name: 'math-random',
  title: 'plain loop with Math.random()',
  kind: 'cpu',
  role: 'peer',
  async prepare(setting) {
    const y = new Float32Array(setting.elements)
    const noise = new Float32Array(setting.cells === setting.elements ? 0 : setting.cells)
    const run = async (times: number) => {
      for (let i = 0; i < times; i++) loop(setting, noise, y)
    }
    return {
      name: this.name,
      run,
      async result() {
        await run(1)
        return y
      },
      close() {},
    }
  },
}

function loop(
  { x, shape, noiseShape, rate, cells, elements }: Setting,
  noise: Float32Array,
  y: Float32Array,
): void {
  const scale = 1 / (1 - rate)
  if (cells === elements) {
    for (let i = 0; i < elements; i++) y[i] = Math.random() < rate ? 0 : x[i] * scale
    return
  }
  drawNoise(noise, rate)
  const { outer, shared, inner } = patternOf(shape, noiseShape)
  for (let o = 0, element = 0; o < outer; o++) {
    for (let s = 0; s < shared; s++) {
      for (let cell = o * inner; cell < (o + 1) * inner; cell++, element++)
        y[element] = x[element] * noise[cell]
    }
  }
}

/** Fills noise cells with 0 or the scale. */
export function drawNoise(noise: Float32Array, rate: number): void {
  const scale = 1 / (1 - rate)
  for (let cell = 0; cell < noise.length; cell++) noise[cell] = Math.random() < rate ? 0 : scale
}
