import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collapseDims } from '../../src/collapse.js'
import { property, trial } from '../support/draws'
import { count, judgeNoiseShape } from '../support/judge'

describe('collapseDims', () => {
  test.each([
    { name: 'plain dropout', shape: [4, 2, 3], noiseShape: [4, 2, 3], dims: ['24 drawn'] },
    { name: 'one flag for all', shape: [4, 2, 3], noiseShape: [1, 1, 1], dims: ['24 broadcast'] },
    {
      name: 'SpatialDropout1D',
      shape: [4, 2, 3],
      noiseShape: [4, 1, 3],
      dims: ['4 drawn', '2 broadcast', '3 drawn'],
    },
    {
      name: 'SpatialDropout2D channelsLast',
      shape: [2, 5, 6, 3],
      noiseShape: [2, 1, 1, 3],
      dims: ['2 drawn', '30 broadcast', '3 drawn'],
    },
    {
      name: 'SpatialDropout2D channelsFirst',
      shape: [2, 3, 5, 6],
      noiseShape: [2, 3, 1, 1],
      dims: ['6 drawn', '30 broadcast'],
    },
    { name: 'DropPath', shape: [7, 5, 6, 3], noiseShape: [7, 1, 1, 1], dims: ['7 drawn', '90 broadcast'] },
    {
      name: 'one mask for the batch',
      shape: [8, 10],
      noiseShape: [1, 10],
      dims: ['8 broadcast', '10 drawn'],
    },
    {
      name: 'a dim of size 1 between two that are both drawn or both broadcast',
      shape: [2, 1, 3],
      noiseShape: [2, 1, 3],
      dims: ['6 drawn'],
    },
    {
      name: 'dims of size 1 at both ends',
      shape: [1, 4, 3, 1],
      noiseShape: [1, 4, 1, 1],
      dims: ['4 drawn', '3 broadcast'],
    },
    { name: 'rank 0', shape: [], noiseShape: [], dims: [] },
    { name: 'nothing but dims of size 1', shape: [1, 1], noiseShape: [1, 1], dims: [] },
    {
      name: 'eight alternating dims',
      shape: [2, 3, 2, 3, 2, 3, 2, 3],
      noiseShape: [2, 1, 2, 1, 2, 1, 2, 1],
      dims: [
        '2 drawn',
        '3 broadcast',
        '2 drawn',
        '3 broadcast',
        '2 drawn',
        '3 broadcast',
        '2 drawn',
        '3 broadcast',
      ],
    },
  ])('$name: $shape drawn as $noiseShape', ({ shape, noiseShape, dims }) => {
    const shown = collapseDims(shape, noiseShape).map(
      ({ size, drawn }) => `${size} ${drawn ? 'drawn' : 'broadcast'}`,
    )
    expect(shown).toEqual(dims)
  })

  test('keeps the elements and the cells, leaves no size 1 and no two neighbours that could be merged', () => {
    fc.assert(
      fc.property(trial, ({ draw }) => {
        const noiseShape = judgeNoiseShape(draw)
        const dims = collapseDims(draw.shape, noiseShape)
        expect(count(dims.map(({ size }) => size))).toBe(count(draw.shape))
        expect(count(dims.map(({ size, drawn }) => (drawn ? size : 1)))).toBe(count(noiseShape))
        dims.forEach(({ size, drawn }, i) => {
          expect(size).not.toBe(1)
          if (i > 0) expect(drawn).not.toBe(dims[i - 1].drawn)
        })
      }),
      property(300),
    )
  })

  test('the shapes stay as they are', () => {
    const shape = Object.freeze([2, 3, 4])
    const noiseShape = Object.freeze([2, 3, 1])
    collapseDims(shape, noiseShape)
    expect(shape).toEqual([2, 3, 4])
  })
})
