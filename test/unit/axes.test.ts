/** Elements, their indices, and the noise cells that a range of them needs, each counted one by one. */

import { describe, expect, test } from 'vitest'
import { axesOf, cellBounds, indicesOf } from '../../src/axes.js'

/** Merged dims, outermost first: drawn ones and broadcast ones alternate. */
const dims = (first: 'drawn' | 'shared', ...sizes: number[]) =>
  sizes.map((size, i) => ({ size, drawn: (first === 'drawn') === (i % 2 === 0) }))

const CASES = [
  dims('drawn', 7),
  dims('shared', 7),
  dims('drawn', 3, 5),
  dims('shared', 3, 5),
  dims('drawn', 3, 2, 4),
  dims('shared', 3, 2, 4),
  dims('drawn', 2, 3, 2, 3),
  dims('shared', 2, 3, 2, 3),
  dims('shared', 2, 2, 3, 2, 2),
  dims('drawn', 2, 2, 2, 3, 2),
]

type Dims = (typeof CASES)[number]

/** Row-major: the index along each dim, outermost first. */
function indices(element: number, all: Dims): number[] {
  return all.map(({ size }, i) => {
    const inside = all.slice(i + 1).reduce((count, dim) => count * dim.size, 1)
    return Math.floor(element / inside) % size
  })
}

/** The row-major number of an element among the drawn dims alone. */
function cellOf(element: number, all: Dims): number {
  return indices(element, all).reduce(
    (cell, index, i) => (all[i].drawn ? cell * all[i].size + index : cell),
    0,
  )
}

describe.each(
  CASES.map((given) => ({ given, name: given.map(({ size, drawn }) => `${size}${drawn ? ' drawn' : ''}`) })),
)('dims of $name', ({ given }) => {
  const axes = axesOf(given)
  const elements = given.reduce((count, { size }) => count * size, 1)

  test('each element has the indices and the cell of the definition', () => {
    for (let element = 0; element < elements; element++) {
      const found = indicesOf(axes, element)
      expect([...found].reverse()).toEqual(indices(element, given))
      const cell = axes.reduce((sum, { stride }, i) => sum + stride * found[i], 0)
      expect(cell).toBe(cellOf(element, given))
    }
  })

  test('each range of elements has the lowest and the highest of their cells', () => {
    for (let first = 0; first < elements; first++) {
      let [low, high] = [Infinity, -Infinity]
      for (let last = first; last < elements; last++) {
        low = Math.min(low, cellOf(last, given))
        high = Math.max(high, cellOf(last, given))
        const bounds = cellBounds(axes, indicesOf(axes, first), indicesOf(axes, last))
        expect(bounds, `elements ${first} to ${last}`).toEqual([low, high])
      }
    }
  })
})

test('a tensor of one element has one cell', () => {
  const axes = axesOf([])
  expect(axes).toEqual([{ size: 1, stride: 0 }])
  expect(cellBounds(axes, [0], [0])).toEqual([0, 0])
})
