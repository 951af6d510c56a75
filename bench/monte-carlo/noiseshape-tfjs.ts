/** Monte Carlo dropout in TensorFlow.js by noiseshape/tfjs. */

import type { Kind } from '../report.js'
import type { Predictor } from './predictor.js'
import { load, predicting, type Tensor, WHERE } from './tensorflow.js'

const ours = (kind: Kind): Predictor => ({
  task: 'monte-carlo',
  name: `noiseshape-tfjs${WHERE[kind].suffix}`,
  title: `noiseshape/tfjs, in TensorFlow.js${kind === 'cpu' ? ' on wasm' : ''}`,
  kind,
  role: 'ours',
  networks: WHERE[kind].networks,
  async prepare(setting) {
    const [tf, { Dropout, mcPredict, SpatialDropout2D }, { buildModel }] = await Promise.all([
      load(kind),
      import('noiseshape/tfjs'),
      import('./tensorflow-models.js'),
    ])
    const { network, samples } = setting
    const model = await buildModel(tf, network, {
      dropout: (rate) => new Dropout({ rate }),
      spatialDropout: (rate) => new SpatialDropout2D({ rate }),
    })
    let seed = 0
    return predicting(this.name, kind, model, setting, async (input) => {
      const options = { samples, seed: seed++, batchSize: network.rows, outputs: 'logits' } as const
      const { mean, variance, mutualInformation, ...others } = await mcPredict(model, input, options)
      tf.dispose({ ...others })
      return [mean, variance, mutualInformation as Tensor]
    })
  },
})

export const noiseshapeTfjs = ours('gpu')
export const noiseshapeTfjsWasm = ours('cpu')
