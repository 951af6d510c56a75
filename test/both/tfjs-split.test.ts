/** mcPredict runs once what precedes all noise: the samples are those of whole runs, on any backend of TensorFlow.js. */

import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { Dropout, mcPredict } from 'noiseshape/tfjs'
import { describe, expect, test } from 'vitest'
import { tfjsBackends } from '#tfjs-backends'
import { useBackend } from '../support/tfjs-backend'
import { expectSplit, runWhole, splitCases } from '../support/tfjs-split'

describe.each(tfjsBackends)('mcPredict on the %s backend', (name) => {
  useBackend(name)

  /**
   * On webgpu only some of them, because TensorFlow.js takes seconds to compile their shaders on a software GPU. An RNN
   * with a mask cannot run there at all: its transpose of a mask (4.22) is not valid WGSL.
   */
  const ON_WEBGPU = ['a sequential model', 'a residual model with a layer shared by both parts']
  const cases = Object.entries(splitCases).filter(([title]) => name !== 'webgpu' || ON_WEBGPU.includes(title))

  test.each(cases)('%s: what precedes all noise runs once, and the samples are the same', async (_, make) => {
    await expectSplit(make)
  })

  test('a residual model in batches of two rows: once per batch, with the masks of the whole input', async () => {
    await expectSplit(splitCases['a residual model with a layer shared by both parts'], { batchSize: 2 }, 2)
  })

  const wide = () =>
    tfl.sequential({
      layers: [
        tfl.layers.dense({ inputShape: [4], units: 64, kernelInitializer: 'ones' }),
        tfl.layers.dense({ units: 8, kernelInitializer: 'ones' }),
        new Dropout({ rate: 0.5 }),
        tfl.layers.dense({ units: 1, kernelInitializer: 'ones' }),
      ],
    })

  test('keeps the tensors that cross, 8 values a row, and frees them at the end, on abort and on error', async () => {
    const model = wide()
    const x = tf.ones([6, 4])
    const before = tf.memory()
    const added: number[][] = []
    const predict = (onProgress: () => void, signal?: AbortSignal) =>
      mcPredict(model, x, { samples: 3, seed: 1, batchSize: 3, signal, onProgress })
    const seen = () => {
      const { numTensors, numBytes } = tf.memory()
      added.push([numTensors - before.numTensors, numBytes - before.numBytes])
    }
    tf.dispose(await predict(seen))
    expect(added).toEqual(Array(3).fill([2 + 1, (6 * 8 + 6) * 4])) // one for each batch, and the output
    const controller = new AbortController()
    await expect(predict(() => controller.abort(new Error('enough')), controller.signal)).rejects.toThrow(
      'enough',
    )
    const failing = predict(() => {
      throw new Error('mine')
    })
    await expect(failing).rejects.toThrow('mine')
    const [, , , head] = model.layers
    const { call } = head
    let calls = 0
    head.call = (...args) => {
      if (++calls > 2) throw new Error('of a layer') // in the second sample
      return call.apply(head, args)
    }
    await expect(predict(seen)).rejects.toThrow('of a layer')
    expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes })
    x.dispose()
    model.dispose()
  })

  test('holds no more at a time than predict, but for what it keeps', async () => {
    const model = tfl.sequential({ layers: [tfl.layers.dense({ inputShape: [64], units: 64 })] })
    for (let i = 0; i < 6; i++) model.add(tfl.layers.dense({ units: 64 }))
    model.add(new Dropout({ rate: 0.5 }))
    const x = tf.ones([16, 64])
    const most = async () => {
      let bytes = 0
      for (const layer of model.layers) {
        layer.setCallHook(() => {
          bytes = Math.max(bytes, tf.memory().numBytes)
        })
      }
      tf.dispose(await mcPredict(model, x, { samples: 1, seed: 1 }))
      return bytes
    }
    const split = await most()
    runWhole(model)
    expect(split).toBeLessThanOrEqual((await most()) + 16 * 64 * 4)
    x.dispose()
    model.dispose()
  })

  test('leaves the model as it was', async () => {
    const model = wide()
    const x = tf.ones([2, 4])
    const shapeOf = () =>
      model.layers.map((layer) => [
        Object.getOwnPropertyNames(layer).sort(),
        layer.inboundNodes.length,
        layer.outboundNodes.length,
        layer.weights.length,
      ])
    const before = shapeOf()
    tf.dispose(await mcPredict(model, x, { samples: 2, seed: 1 }))
    expect(shapeOf()).toEqual(before)
    x.dispose()
    model.dispose()
  })

  test.each([
    ['a row without its dimension', () => tf.ones([4])],
    ['too few values', () => tf.ones([2, 3])],
    ['two inputs', () => [tf.ones([2, 4]), tf.ones([2, 4])]],
  ])('%s gives the error of predict', async (_, make) => {
    const model = wide()
    const x = make()
    const message = async () => {
      const prediction = await mcPredict(model, x, { samples: 1, seed: 1 }).catch(
        (error: Error) => error.message,
      )
      tf.dispose(prediction as never)
      return prediction
    }
    const split = await message()
    runWhole(model)
    expect(split).toEqual(await message())
    expect(split).toEqual(expect.any(String))
    tf.dispose(x)
    model.dispose()
  })
})
