/**
 * The layers write configs that Keras 3 loads. The expected ones were written by hand from the signatures of Keras'
 * classes; test/golden/check_keras.py loads them in Keras itself.
 */

import '@tensorflow/tfjs-backend-cpu'
import * as tfl from '@tensorflow/tfjs-layers'
import {
  Dropout,
  DropPath,
  FixedDropout,
  SpatialDropout1D,
  SpatialDropout2D,
  SpatialDropout3D,
  StochasticDepth,
} from 'noiseshape/tfjs'
import { expect, test } from 'vitest'
import expected from '../golden/keras-layers.json' with { type: 'json' }
import type { KerasModel } from '../support/tfjs-keras'

const name = 'drop'
const LAYERS: [number[], tfl.layers.Layer][] = [
  [[3, 4], new Dropout({ name, rate: 0.5 })],
  [[3, 4], new Dropout({ name, rate: 0.5, noiseShape: [-1, 1, undefined], seed: 42 })],
  [[3, 4], new Dropout({ name, rate: 0, noiseShape: [2, 1, 4], seed: -3, trainable: false })],
  [[3, 4], new FixedDropout({ name, rate: 0.2, noiseShape: [null, 1, 1] })],
  [[3, 4], new SpatialDropout1D({ name, rate: 0.25, dataFormat: 'channelsLast', seed: 42 })],
  [[3, 3, 4], new SpatialDropout2D({ name, rate: 0.25 })],
  [[4, 3, 3], new SpatialDropout2D({ name, rate: 0.25, dataFormat: 'channelsFirst', seed: 42 })],
  [[4, 3, 3, 3], new SpatialDropout3D({ name, rate: 0.25, dataFormat: 'channelsFirst' })],
  [[3, 4], new StochasticDepth({ name, dropPathRate: 0.1 })],
  [[3, 4], new DropPath({ name })],
  [[3, 4], new DropPath({ name, rate: 0.1, seed: 42 })],
]

test.each(LAYERS.map(([shape, layer], i) => ({ shape, layer, expected: expected[i] })))(
  'config $# is $expected',
  ({ shape, layer, expected }) => {
    const model = tfl.sequential({ layers: [tfl.layers.inputLayer({ inputShape: shape }), layer] })
    const [, written] = (model.toJSON(null, false) as unknown as KerasModel).config.layers
    expect(written).toEqual(expected)
  },
)

test('all configs that Keras loads are written here', () => {
  expect(LAYERS).toHaveLength(expected.length)
})
