/** The dropout of noiseshape/tfjs in TensorFlow.js: tensors that stay in its memory, as with its own dropout. */

import type { Tensor } from '@tensorflow/tfjs-core'
import { onCpu, SEED } from './noiseshape.js'
import type { Peer } from './peer.js'
import { loadTensorflow } from './tensorflow.js'

export const noiseshapeTensorflowWasm: Peer = {
  name: 'noiseshape-tensorflow-wasm',
  title: 'noiseshape/tfjs, in TensorFlow.js wasm',
  kind: 'cpu',
  role: 'ours',
  async prepare(setting) {
    const { x, shape, noiseShape, rate } = setting
    const [tf, { dropout }] = await Promise.all([loadTensorflow('wasm'), import('noiseshape/tfjs')])
    const input = tf.tensor(x, [...shape], 'float32')
    let step = 0
    const next = (): Tensor => dropout(input, rate, { noiseShape: [...noiseShape], seed: SEED, step: step++ })
    const enter = async () => void (await loadTensorflow('wasm')) // another entrant may use another backend
    return {
      name: this.name,
      enter,
      async run(times) {
        for (let i = 0; i < times; i++) next().dispose()
      },
      async result() {
        await enter()
        const y = next()
        try {
          return (await y.data()) as Float32Array
        } finally {
          y.dispose()
        }
      },
      expected: () => onCpu(setting, step - 1),
      close: () => input.dispose(),
    }
  },
}
