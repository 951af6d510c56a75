/** Training with the layers of noiseshape/tfjs. On the software GPU it takes long, so there it is one of the long tests. */

import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { Dropout, SpatialDropout2D, seedDropout } from 'noiseshape/tfjs'
import { describe, expect, test } from 'vitest'
import { tfjsBackends } from '#tfjs-backends'
import { expectSameBits } from '../support/compare'
import { input } from '../support/inputs'
import { taken, useBackend } from '../support/tfjs-backend'

/** On wasm TensorFlow.js (4.22) cannot train a convolution. */
const backends = tfjsBackends.filter((name) => name !== 'wasm')

describe.each(backends)('training on the %s backend', (name) => {
  useBackend(name)

  /** A network of every common kind of layer, trained on a separable problem from fixed weights. */
  async function train(seed: number): Promise<{ losses: number[]; weights: Uint32Array[] }> {
    const model = tfl.sequential({
      layers: [
        tfl.layers.conv2d({
          inputShape: [6, 6, 1],
          filters: 4,
          kernelSize: 3,
          activation: 'relu',
          kernelInitializer: tfl.initializers.glorotUniform({ seed: 1 }),
        }),
        new SpatialDropout2D({ rate: 0.2 }),
        tfl.layers.flatten(),
        tfl.layers.dense({
          units: 12,
          activation: 'relu',
          kernelInitializer: tfl.initializers.glorotUniform({ seed: 2 }),
        }),
        new Dropout({ rate: 0.3 }),
        tfl.layers.dense({
          units: 2,
          activation: 'softmax',
          kernelInitializer: tfl.initializers.glorotUniform({ seed: 3 }),
        }),
      ],
    })
    seedDropout(model, seed)
    model.compile({ optimizer: tf.train.adam(0.02), loss: 'categoricalCrossentropy' })
    // Class 1 is bright on its right half.
    const labels = Array.from({ length: 32 }, (_, i) => i % 2)
    const noise = new Float32Array(input([32, 36], 17).buffer as ArrayBuffer).map((v) => Math.sin(v) / 4)
    const x = tf.tensor(
      noise.map((v, i) => v + (i % 6 > 2 ? labels[Math.floor(i / 36)] : 0)),
      [32, 6, 6, 1],
    )
    const y = tf.tidy(() => tf.cast(tf.oneHot(labels, 2), 'float32'))
    const { history } = await model.fit(x, y, { epochs: 8, batchSize: 16, shuffle: false })
    const weights: Uint32Array[] = []
    for (const weight of model.getWeights()) weights.push(await taken(tf.clone(weight)))
    tf.dispose([x, y])
    model.optimizer.dispose()
    model.dispose()
    return { losses: history.loss as number[], weights }
  }

  test('lowers the loss; the same seeds give the same weights to the bit, other seeds other weights', async () => {
    const [first, second, other] = [await train(1), await train(1), await train(2)]
    expect(first.losses.at(-1)).toBeLessThan(first.losses[0] / 2)
    expect(second.losses).toEqual(first.losses)
    second.weights.forEach((bits, i) => {
      expectSameBits(bits, first.weights[i])
    })
    expect(other.weights).not.toEqual(first.weights)
  })

  test('with one seed draws a new mask for each batch, and the same masks in the next run', async () => {
    const run = async () => {
      const outputs: tf.Tensor[] = []
      const layer = new Dropout({ rate: 0.5, seed: 4, name: 'drop', inputShape: [40] })
      const model = tfl.sequential({ layers: [layer, tfl.layers.dense({ units: 1 })] })
      const call = layer.call.bind(layer)
      layer.call = (x, kwargs) => {
        const y = call(x, kwargs)
        if (kwargs.training) outputs.push(tf.keep(tf.clone(y)))
        return y
      }
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
      const [x, y] = [tf.ones([6, 40]), tf.ones([6, 1])]
      await model.fit(x, y, { epochs: 2, batchSize: 2, shuffle: false })
      tf.dispose([x, y])
      model.dispose()
      return Promise.all(outputs.map(async (output) => String(await taken(output))))
    }
    const masks = await run()
    expect(new Set(masks).size).toBe(6)
    expect(await run()).toEqual(masks)
  })
})
