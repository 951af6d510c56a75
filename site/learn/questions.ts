/** Five shapes, each with four patterns of zeros of which one can come from it. */

import { broadcast } from './broadcast.js'
import { toss } from './coins.js'
import type { Axis, Shapes } from './shapes.js'

export interface Question {
  text: string
  shapes: Shapes
  /** Four patterns: for each value whether it is kept. */
  options: readonly (readonly boolean[])[]
  /** The index of the only one that can occur. */
  right: number
}

const words = (size: number): Axis => ({
  size,
  name: 'word',
  labels: ['the', 'cat', 'sat', 'down'].slice(0, size),
})
const axis = (name: string, size: number): Axis => ({ name, size })
/** Rows or columns of a picture, named unlike channels. */
const pixels = (name: string): Axis => ({ name, size: 3, labels: [0, 1, 2].map((i) => `${name}${i}`) })

/** A question, and the noise shapes whose patterns stand beside the right one. */
const drafts: readonly {
  text: string
  shapes: Shapes
  wrong: readonly number[][]
  right: number
}[] = [
  {
    text: 'SpatialDropout1D of one sentence, [1, words, channels]: noise shape (1, 1, 4).',
    shapes: { axes: [axis('example', 1), words(4), axis('channel', 4)], noise: [1, 1, 4] },
    wrong: [
      [1, 4, 1],
      [1, 4, 4],
      [1, 4, 4],
    ],
    right: 2,
  },
  {
    text: 'Whole words: noise shape (1, 4, 1).',
    shapes: { axes: [axis('example', 1), words(4), axis('channel', 4)], noise: [1, 4, 1] },
    wrong: [
      [1, 1, 4],
      [1, 4, 4],
      [1, 4, 4],
    ],
    right: 0,
  },
  {
    text: 'One mask for the batch: a tensor of two examples, noise shape (1, 3, 3).',
    shapes: { axes: [axis('example', 2), words(3), axis('channel', 3)], noise: [1, 3, 3] },
    wrong: [
      [2, 3, 3],
      [2, 1, 3],
      [2, 3, 1],
    ],
    right: 3,
  },
  {
    text: 'SpatialDropout1D of two sentences: noise shape (2, 1, 3).',
    shapes: { axes: [axis('example', 2), words(3), axis('channel', 3)], noise: [2, 1, 3] },
    wrong: [
      [2, 3, 1],
      [2, 3, 3],
      [1, 3, 3],
    ],
    right: 1,
  },
  {
    text: 'SpatialDropout2D with the channels first, [1, channels, rows, columns]: noise shape (1, 3, 1, 1).',
    shapes: {
      axes: [axis('example', 1), axis('channel', 3), pixels('y'), pixels('x')],
      noise: [1, 3, 1, 1],
    },
    wrong: [
      [1, 1, 3, 3],
      [1, 3, 3, 1],
      [1, 3, 3, 3],
    ],
    right: 2,
  },
]

export const questions: readonly Question[] = drafts.map(({ text, shapes, wrong, right }) => {
  const options = wrong.map((noise, i) => patternOf({ ...shapes, noise }, i + 1))
  options.splice(right, 0, patternOf(shapes, 0))
  return { text, shapes, options, right }
})

/** Which values are kept in the first toss with some kept and some dropped. */
function patternOf(shapes: Shapes, seed: number): boolean[] {
  const shape = shapes.axes.map(({ size }) => size)
  const { coinOf } = broadcast(shapes)
  for (let step = 0; ; step++) {
    const flags = toss({ shape, noiseShape: shapes.noise, rate: 0.4, seed, step })
    if (flags.includes(0) && flags.includes(1)) return coinOf.map((coin) => flags[coin] === 1)
  }
}
