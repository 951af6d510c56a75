/** The Learn page's claims: what shapes mean, which zeros can occur, what it quotes, and its quiz. */

import { dropout, mask, spatialDropout1D, unpackMask } from 'noiseshape/cpu'
import { describe, expect, test } from 'vitest'
import { measureNoise } from '../../site/learn/alike.js'
import { binomial, broadcast, contradiction, possibleZeros } from '../../site/learn/broadcast.js'
import { callsFor, inNumbers, patternName } from '../../site/learn/calls.js'
import { explained, heal } from '../../site/learn/heal.js'
import { questions } from '../../site/learn/questions.js'
import { reasonFor } from '../../site/learn/quiz.js'
import { inLetters, readAxes, readNoise, type Shapes } from '../../site/learn/shapes.js'
import { hero, heroKept, RATE, SEED, sentences, sentencesKept } from '../../site/learn/start.js'
import { fromAddress, readShapes, sizesOf, toAddress } from '../../site/learn/state.js'

const shapes = (shape: string, noise = ''): Shapes => readShapes(shape, noise)

describe('shapes as they are typed', () => {
  test('numbers, brackets, letters, None and null', () => {
    expect(sizesOf(shapes('2, 3, 4'))).toEqual([2, 3, 4])
    expect(sizesOf(shapes('[5,6]'))).toEqual([5, 6])
    expect(shapes('(2, 3, 4)', '(None, 1, null)').noise).toEqual([2, 1, 4])
    const lettered = shapes('[k, l, m, n]', '[k, 1, 1, n]')
    expect(lettered.noise).toEqual([lettered.axes[0].size, 1, 1, lettered.axes[3].size])
    expect(inLetters(lettered)).toBe('[k, 1, 1, n]')
    expect(shapes('2, 3, 4', '[k, 1, m]').noise).toEqual([2, 1, 4])
  })

  test('a shorter noise shape is aligned to the right, an empty one is the tensor’s own', () => {
    expect(shapes('2, 3, 4', '4').noise).toEqual([1, 1, 4])
    expect(shapes('2, 3, 4', '').noise).toEqual([2, 3, 4])
  })

  test.each([
    ['', '1', 'shape', 'at least one size'],
    ['2, x3', '1', 'shape', '“x3” is not a size'],
    ['2,,3', '1', 'shape', 'entry is empty'],
    ['0, 3', '1', 'shape', '“0” is not a size'],
    ['1,1,1,1,1,1', '1', 'shape', 'at most 5'],
    ['100, 100', '1', 'shape', '10000 values are too many'],
    ['2, 3', '2, 2', 'noise', '“2” cannot stand for feature: type 1, or its own size, 3'],
    ['2, 3', '1, 2, 3', 'noise', '3 entries and the tensor only 2'],
  ])('%s with %s is refused at the field %s: %s', (shape, noise, field, says) => {
    const read = () => readNoise(noise, readAxes(shape))
    expect(read).toThrow(says)
    expect(read).toThrow(expect.objectContaining({ field }))
  })
})

describe('what coins decide', () => {
  test.each([
    ['2, 2, 2', '2, 2, 2', [0, 1, 2, 3, 4, 5, 6, 7, 8]],
    ['2, 2, 2', '1, 2, 2', [0, 2, 4, 6, 8]],
    ['2, 3, 4', '2, 1, 4', [0, 3, 6, 9, 12, 15, 18, 21, 24]],
    ['2, 3, 4', '1, 1, 1', [0, 24]],
  ])('%s with %s: these counts of zeros', (shape, noise, counts) => {
    expect(possibleZeros(broadcast(shapes(shape, noise)))).toEqual(counts)
  })

  test('each value has the coin that the library gives it', () => {
    for (const noise of ['2, 1, 4', '1, 3, 4', '2, 3, 1', '1, 1, 4', '2, 3, 4', '2, 1, 1']) {
      const each = shapes('2, 3, 4', noise)
      const options = { shape: [2, 3, 4], noiseShape: each.noise, rate: 0.5, seed: 5 }
      const kept = dropout(new Float32Array(24).fill(1), options)
      const { coins, coinOf } = broadcast(each)
      const flags = unpackMask(mask(options), coins)
      expect([...kept].map(Number)).toEqual(coinOf.map((coin) => 2 * flags[coin]))
    }
  })

  test('the binomial distribution of 4 fair coins', () => {
    const shares = [0, 1, 2, 3, 4].map((dropped) => binomial(4, dropped, 0.5))
    expect(shares).toEqual([1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16])
    expect(binomial(3, 1, 0.2)).toBeCloseTo(3 * 0.2 * 0.8 * 0.8)
  })

  test('in numbers', () => {
    const says = (shape: string, noise: string) => {
      const each = shapes(shape, noise)
      const known = broadcast(each)
      return inNumbers(each, known.coins, known.each)
    }
    expect(says('2, 3, 4', '2, 1, 4')).toBe(
      '(2, 1, 4): 8 coins, each decides 3 values; zeros can be 0, 3, 6 … 24.',
    )
    expect(says('2, 3, 4', '1, 1, 1')).toBe('(1, 1, 1): 1 coin decides 24 values; zeros can be 0 or 24.')
    expect(says('2', '2')).toBe('(2): 2 coins, each decides its own value; zeros can be 0, 1 or 2.')
  })
})

describe('names and calls', () => {
  test.each([
    ['2, 3, 4', '2, 3, 4', 'Dropout'],
    ['2, 3, 4', '2, 1, 4', 'SpatialDropout1D'],
    ['2, 3, 4', '2, 3, 1', 'whole steps, e.g. words'],
    ['2, 3, 4', '1, 3, 4', 'one mask for the batch'],
    ['2, 3, 4', '2, 1, 1', 'DropPath (stochastic depth)'],
    ['2, 3, 4', '1, 1, 4', undefined],
    ['2, 2, 3, 4', '2, 1, 1, 4', 'SpatialDropout2D'],
    ['2, 2, 2, 2, 4', '2, 1, 1, 1, 4', 'SpatialDropout3D'],
  ])('%s with %s is %s', (shape, noise, name) => {
    expect(patternName(shapes(shape, noise))).toBe(name)
  })

  test('SpatialDropout1D has a layer everywhere; PyTorch wants its channels in axis 1', () => {
    const code = Object.fromEntries(
      callsFor(hero, { rate: 0.5, seed: 37 }).map((call) => [call.framework, call.code]),
    )
    expect(code.Keras).toContain('keras.layers.SpatialDropout1D(0.5, seed=37)')
    expect(code.PyTorch).toContain('torch.nn.Dropout1d(0.5)(x.movedim(2, 1)).movedim(1, 2)')
    expect(code.Flax).toContain('broadcast_dims=(1,)')
    expect(code['TensorFlow.js']).toContain('tf.layers.spatialDropout1d({ rate: 0.5, seed: 37 })')
    expect(code.noiseshape).toBe('const y = spatialDropout1D(x, { shape: [2, 3, 4], rate: 0.5, seed: 37 })')
  })

  test('a pattern without a layer is written with its noise shape', () => {
    const code = Object.fromEntries(
      callsFor(shapes('2, 3, 4', '1, 3, 1'), { rate: 0.1, seed: 1 }).map((call) => [
        call.framework,
        call.code,
      ]),
    )
    expect(code.Keras).toContain('Dropout(0.1, noise_shape=(1, None, 1), seed=1)')
    expect(code.PyTorch).toContain('torch.ones(1, 3, 1), 0.1)')
    expect(code.Flax).toContain('broadcast_dims=(0, 2)')
    expect(code['TensorFlow.js']).toContain('tf.dropout(x, 0.1, [1, 3, 1], 1)')
    expect(code.noiseshape).toContain('noiseShape: [1, 3, 1]')
  })
})

test('a state survives the way through the address', () => {
  const state = fromAddress({
    shape: '2,3,4',
    noise: '1,3,4',
    rate: '0.2',
    seed: '5',
    step: '3',
    turned: '1,2',
  })
  const text = toAddress(state)
  expect(text).toEqual({ shape: '2,3,4', noise: '1,3,4', rate: '0.2', seed: '5', step: '3', turned: '1,2' })
  expect(fromAddress(text as Record<string, string>)).toEqual(state)
  expect(() => fromAddress({ rate: '2' })).toThrow('“2” is not a rate')
  expect(() => fromAddress({ seed: '-1' })).toThrow('“-1” is not a seed')
})

test('the static page shows what the library draws', () => {
  for (const { axes, noise, kept } of [
    { ...hero, kept: heroKept },
    { ...sentences, kept: sentencesKept },
  ]) {
    const packed = mask({ shape: axes.map(({ size }) => size), noiseShape: noise, rate: RATE, seed: SEED })
    expect(Array.from(unpackMask(packed, kept.length), Boolean)).toEqual(kept)
  }
})

test('the seed in “Often explained wrongly” gives both zero patterns, with the scale', () => {
  const x = new Float32Array([1, 1, 1, 2, 2, 2])
  const options = { shape: [1, 2, 3], rate: 0.5, seed: 37 }
  expect([...dropout(x, options)]).toEqual([2, 0, 2, 0, 4, 4])
  expect([...spatialDropout1D(x, options)]).toEqual([2, 0, 2, 4, 0, 4])
})

describe('why', () => {
  // Of n values with correlation r, the mean has the variance r + (1 - r) / n; independent coins at rate 0.5 add 1 / n to
  // it, one coin adds the mean's own square.
  test.each([0, 0.5, 0.9, 1])(
    'noise in a window of neighbours with correlation %s is as the formula says',
    (r) => {
      const { plain, spatial } = measureNoise(r)
      expect(plain).toBeCloseTo(Math.sqrt(1 / 9 / (r + (1 - r) / 9)), 1)
      expect(spatial).toBeCloseTo(1, 1)
    },
  )

  test('single holes in a smooth picture heal, a whole map does not', () => {
    const [width, height] = [16, 12]
    const values = Float32Array.from({ length: width * height * 3 }, (_, i) => {
      const pixel = Math.floor(i / 3)
      return (pixel % width) / width + Math.floor(pixel / width) / height / 2
    })
    const picture = { width, height, values }
    const holes = Uint8Array.from(values, (_, i) => (i % 7 < 3 ? 0 : 1))
    expect(explained(values, heal(picture, holes), holes)).toBeGreaterThan(0.95)
    const map = Uint8Array.from(values, (_, i) => (i % 3 === 1 ? 0 : 1))
    expect(explained(values, heal(picture, map), map)).toBeCloseTo(0)
    expect(explained(values, values, holes)).toBe(1)
  })
})

describe('the quiz', () => {
  test.each(questions.map((question) => [question.text, question] as const))(
    '%s: one pattern of four can occur, and the reasons name two values',
    (_, { shapes: asked, options, right }) => {
      expect(options).toHaveLength(4)
      expect(new Set(options.map(String)).size).toBe(4)
      const can = options.map((kept) => contradiction(broadcast(asked), kept) === undefined)
      expect(can).toEqual(options.map((_, i) => i === right))
      for (const [i, kept] of options.entries()) {
        expect(reasonFor(asked, kept)).toMatch(
          i === right ? /together/ : /“.+” is (kept|dropped) and “.+” is/,
        )
      }
    },
  )
})
