/** Monte Carlo dropout in TensorFlow.js with its own dropout layers in training mode. */

import { loadTensorflow } from '../peers/tensorflow.js'
import type { Kind } from '../report.js'
import type { Predictor } from './predictor.js'
import { load, predicting, type Tensor, type Tensorflow, WHERE } from './tensorflow.js'

/** It has no SpatialDropout2D: a noise shape and a fixed batch stand in. */
const trainingMode = (kind: Kind): Predictor => ({
  task: 'monte-carlo',
  name: `tensorflow-training${WHERE[kind].suffix}`,
  title: `TensorFlow.js${kind === 'cpu' ? ' on wasm' : ''}, its own layers in training mode`,
  kind,
  role: 'peer',
  networks: WHERE[kind].networks,
  load: async () => (await loadTensorflow(WHERE[kind].backend)).version_core,
  async prepare(setting) {
    const [tf, { buildModel }] = await Promise.all([load(kind), import('./tensorflow-models.js')])
    const { network, samples } = setting
    const model = await buildModel(tf, network, {
      dropout: (rate) => tf.layers.dropout({ rate }),
      spatialDropout: (rate, channels) =>
        tf.layers.dropout({ rate, noiseShape: [network.rows, 1, 1, channels] }),
    })
    return predicting(this.name, kind, model, setting, async (input) =>
      tf.tidy(() => {
        const sample = () => tf.tidy(() => tf.softmax(model.apply(input, { training: true }) as Tensor))
        const all = tf.stack(Array.from({ length: samples }, sample))
        const { mean, variance } = tf.moments(all, 0)
        return [mean, variance, tf.sub(entropy(tf, mean), tf.mean(entropy(tf, all), 0))]
      }),
    )
  },
})

export const tensorflowTraining = trainingMode('gpu')
export const tensorflowTrainingWasm = trainingMode('cpu')

/** Entropy along the last dim, in nats; 0 ln 0 is 0. */
function entropy(tf: Tensorflow, p: Tensor): Tensor {
  return tf.neg(tf.sum(tf.mul(p, tf.log(tf.maximum(p, 1e-30))), -1))
}
