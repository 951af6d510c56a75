/** What of a TensorFlow.js model runs once: the limit of what is kept, and which layers count as deterministic. */

import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { Dropout } from 'noiseshape/tfjs'
import { describe, expect, test, vi } from 'vitest'
import { isDeterministic } from '../../src/tfjs/deterministic'
import { inSample } from '../../src/tfjs/sample'
import { Sampler } from '../../src/tfjs/sampler'
import { useBackend } from '../support/tfjs-backend'

describe('mcPredict on the cpu backend', () => {
  useBackend('cpu')

  test('rows behind the most that is kept run whole in every sample', () => {
    const model = tfl.sequential({
      layers: [tfl.layers.dense({ inputShape: [4], units: 8, name: 'before' }), new Dropout({ rate: 0.5 })],
    })
    const x = tf.ones([2, 4])
    const sampler = new Sampler(model, [x], 2 * 8 * 4) // of one batch
    const apply = vi.spyOn(tfl.layers.Layer.prototype, 'apply')
    for (const step of [0, 1, 2]) {
      for (const firstRow of [0, 2]) {
        const sample = { seed: 1, step, oneMaskForBatch: false, firstRow, layers: 0 }
        inSample(sample, () => sampler.run(firstRow, 2, () => [x])).dispose()
      }
    }
    const runs = apply.mock.contexts.filter((layer) => (layer as tfl.layers.Layer).name === 'before')
    apply.mockRestore()
    expect(runs).toHaveLength(1 + 3)
    sampler.dispose()
    x.dispose()
    model.dispose()
  })
})

test("every layer of TensorFlow.js counts as deterministic, but its dropout, RNNs with a cell of the user's, and RandomWidth", () => {
  const { layers } = tfl
  const cell = layers.lstmCell({ units: 1 })
  const sizes = {
    units: 1,
    filters: 1,
    kernelSize: 1,
    inputDim: 1,
    outputDim: 1,
    n: 1,
    axes: 1,
    height: 1,
    width: 1,
  }
  const shapes = { targetShape: [1], dims: [1], cropping: 1, size: [1, 1], poolSize: 1 }
  const parts = { cell, cells: [cell], layer: layers.lstm({ units: 1 }), mergeMode: 'concat' }
  const config = {
    ...sizes,
    ...shapes,
    ...parts,
    rate: 0.5,
    stddev: 1,
    numTokens: 1,
    scale: 1,
    offset: 0,
    factor: 0.5,
  }
  const { Layer, RNN, RNNCell, input, inputLayer, ...factories } = layers
  const others = new Set<string>()
  for (const make of Object.values(factories) as ((config: object) => tfl.layers.Layer)[]) {
    const layer = make(config)
    if (!isDeterministic(layer)) others.add(layer.getClassName())
  }
  const dropout = ['AlphaDropout', 'Dropout', 'GaussianDropout', 'SpatialDropout1D']
  const cells = ['ConvLSTM2DCell', 'GRUCell', 'LSTMCell', 'RNN', 'SimpleRNNCell', 'StackedRNNCells']
  expect([...others].sort()).toEqual([...dropout, ...cells, 'RandomWidth'].sort())
})
