import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { spatialDropout1D, spatialDropout2D, spatialDropout3D } from '../../src/cpu/index.js'
import { resolveNoiseShape, spatialNoiseShape } from '../../src/index.js'
import { property, trial } from '../support/draws'
import { judgeNoiseShape } from '../support/judge'

describe('resolveNoiseShape', () => {
  test.each([
    { shape: [4, 2, 3], noiseShape: undefined, resolved: [4, 2, 3] },
    { shape: [4, 2, 3], noiseShape: null, resolved: [4, 2, 3] },
    { shape: [4, 2, 3], noiseShape: [4, 1, 3], resolved: [4, 1, 3] },
    { shape: [4, 2, 3], noiseShape: [null, 1, undefined], resolved: [4, 1, 3] },
    { shape: [4, 2, 3], noiseShape: [-1, 1, -1], resolved: [4, 1, 3] },
    { shape: [4, 2, 3], noiseShape: [3], resolved: [1, 1, 3] },
    { shape: [4, 2, 3], noiseShape: [null, 1], resolved: [1, 2, 1] },
    { shape: [4, 2, 3], noiseShape: [], resolved: [1, 1, 1] },
    { shape: [], noiseShape: undefined, resolved: [] },
    { shape: [], noiseShape: [], resolved: [] },
    { shape: [0, 3], noiseShape: [0, 1], resolved: [0, 1] },
    { shape: [0, 3], noiseShape: [1, null], resolved: [1, 3] },
    {
      shape: [1, 1, 1, 1, 1, 1, 1, 1],
      noiseShape: [1, null, 1, -1, 1, 1, 1, 1],
      resolved: [1, 1, 1, 1, 1, 1, 1, 1],
    },
    { shape: [3, 3], noiseShape: [3], resolved: [1, 3] },
    { shape: [2 ** 53 - 1], noiseShape: undefined, resolved: [2 ** 53 - 1] },
  ])('$shape with $noiseShape is $resolved', ({ shape, noiseShape, resolved }) => {
    expect(resolveNoiseShape(shape, noiseShape)).toEqual(resolved)
  })

  test('holes of an array are open entries', () => {
    const withHole: (number | undefined)[] = [1, 1, 1]
    delete withHole[1]
    expect(resolveNoiseShape([4, 2, 3], withHole)).toEqual([1, 2, 1])
  })

  test('agrees with the judge on random shapes, and resolves what is resolved to itself', () => {
    fc.assert(
      fc.property(trial, ({ draw: { shape, noiseShape } }) => {
        const resolved = resolveNoiseShape(shape, noiseShape)
        expect(resolved).toEqual(judgeNoiseShape({ shape, noiseShape }))
        expect(resolveNoiseShape(shape, resolved)).toEqual(resolved)
      }),
      property(300),
    )
  })

  test('gives a new array: neither argument is altered or kept', () => {
    const shape = Object.freeze([4, 2])
    const resolved = resolveNoiseShape(shape)
    resolved[0] = 99
    expect(shape).toEqual([4, 2])
    expect(resolveNoiseShape(shape)).toEqual([4, 2])
  })

  test.each([
    { name: 'a longer rank', shape: [2, 3], noiseShape: [1, 2, 3], says: '[1, 2, 3]' },
    { name: 'any entry on rank 0', shape: [], noiseShape: [1], says: '[1]' },
    { name: 'a size that would grow the output', shape: [1, 3], noiseShape: [2, 3], says: '2' },
    { name: 'an entry that is neither 1 nor the size', shape: [4, 3], noiseShape: [2, 3], says: '2' },
    { name: 'an entry of 0 on a size above 0', shape: [2, 3], noiseShape: [0, 3], says: '0' },
    { name: 'an entry of 2 on a size of 0', shape: [0, 3], noiseShape: [2, 3], says: '2' },
    {
      name: 'more cells than 2^53 - 1 on a tensor of no element',
      shape: [0, 2 ** 30, 2 ** 30],
      noiseShape: [1, null, null],
      says: '1073741824',
    },
    { name: 'a product of 2^53', shape: [2 ** 26, 2 ** 27], noiseShape: [1, 1], says: '67108864' },
    { name: 'rank 9', shape: [1, 1, 1, 1, 1, 1, 1, 1, 1], noiseShape: undefined, says: '9' },
  ])('$name is a RangeError', ({ shape, noiseShape, says }) => {
    expect(() => resolveNoiseShape(shape, noiseShape)).toThrow(RangeError)
    expect(() => resolveNoiseShape(shape, noiseShape)).toThrow(says)
  })
})

describe('spatialNoiseShape', () => {
  test.each([
    { layer: '1D', shape: [2, 5, 3], dataFormat: undefined, drawn: [2, 1, 3] },
    { layer: '1D', shape: [2, 5, 3], dataFormat: 'channelsLast', drawn: [2, 1, 3] },
    { layer: '1D', shape: [2, 3, 5], dataFormat: 'channelsFirst', drawn: [2, 3, 1] },
    { layer: '2D', shape: [2, 4, 5, 3], dataFormat: undefined, drawn: [2, 1, 1, 3] },
    { layer: '2D', shape: [2, 4, 5, 3], dataFormat: 'channelsLast', drawn: [2, 1, 1, 3] },
    { layer: '2D', shape: [2, 3, 4, 5], dataFormat: 'channelsFirst', drawn: [2, 3, 1, 1] },
    { layer: '3D', shape: [2, 6, 4, 5, 3], dataFormat: undefined, drawn: [2, 1, 1, 1, 3] },
    { layer: '3D', shape: [2, 6, 4, 5, 3], dataFormat: 'channelsLast', drawn: [2, 1, 1, 1, 3] },
    { layer: '3D', shape: [2, 3, 6, 4, 5], dataFormat: 'channelsFirst', drawn: [2, 3, 1, 1, 1] },
  ] as const)('$layer of $shape, $dataFormat: $drawn', ({ shape, dataFormat, drawn }) => {
    expect(spatialNoiseShape(shape, dataFormat)).toEqual(drawn)
  })

  test.each([[], [2], [2, 3], [1, 2, 3, 4, 5, 6]].map((shape) => ({ shape })))(
    '$shape has no spatial layer',
    ({ shape }) => {
      expect(() => spatialNoiseShape(shape)).toThrow(RangeError)
      expect(() => spatialNoiseShape(shape)).toThrow(/rank/)
    },
  )

  test('an unknown data format is a RangeError that names both known ones', () => {
    const run = () => spatialNoiseShape([2, 5, 3], 'NCHW' as 'channelsLast')
    expect(run).toThrow(RangeError)
    expect(run).toThrow(/NCHW.*channelsLast.*channelsFirst/)
  })
})

describe('a spatial layer on a shape of another rank', () => {
  const layouts = ['[b, steps, ch]', '[b, h, w, ch]', '[b, d, h, w, ch]']

  test.each([
    { layer: spatialDropout1D, layout: '[b, steps, ch]' },
    { layer: spatialDropout2D, layout: '[b, h, w, ch]' },
    { layer: spatialDropout3D, layout: '[b, d, h, w, ch]' },
  ])('$layer.name names the layout of its own rank only', ({ layer, layout }) => {
    let message = ''
    try {
      layer(new Float32Array(6), { shape: [6], rate: 0.5, seed: 1 })
    } catch (error) {
      message = (error as Error).message
    }
    expect(layouts.filter((known) => message.includes(known))).toEqual([layout])
  })

  test('spatialNoiseShape, which takes all three ranks, names all three', () => {
    for (const layout of layouts) expect(() => spatialNoiseShape([6])).toThrow(layout)
  })
})
