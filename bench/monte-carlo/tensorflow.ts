/** Monte Carlo dropout in TensorFlow.js: by noiseshape/tfjs, and with its own dropout layers in training mode. */

import type { LayersModel } from '@tensorflow/tfjs-layers'
import topology from '../../models/digits/tfjs/model.json'
import weights from '../../models/digits/tfjs/weights.bin?url'
import { loadTensorflow } from '../peers/tensorflow.js'
import type { Prediction, PredictionSetting, Predictor } from './predictor.js'

type Tensorflow = Awaited<ReturnType<typeof load>>
type Tensor = ReturnType<Tensorflow['tensor']>

async function load() {
  const tf = await loadTensorflow('webgpu')
  return { ...tf, ...(await import('@tensorflow/tfjs-layers')) }
}

/** What both share: input, and statistics that are read back and disposed. */
async function predicting(
  name: string,
  model: LayersModel,
  { x, digits }: PredictionSetting,
  predict: (input: Tensor) => Promise<Tensor[]>,
) {
  const tf = await load()
  const input = tf.tensor(x, [digits, 8, 8, 1])
  const result = async (): Promise<Prediction> => {
    const tensors = await predict(input)
    const all = (await Promise.all(tensors.map((tensor) => tensor.data()))) as Float32Array[]
    tf.dispose(tensors)
    const [mean, variance, mutualInformation] = all
    return { mean, variance, mutualInformation }
  }
  return {
    name,
    async run(times: number) {
      for (let i = 0; i < times; i++) await result()
    },
    result,
    close() {
      tf.dispose(input)
      model.dispose()
    },
  }
}

export const noiseshapeTfjs: Predictor = {
  task: 'monte-carlo',
  name: 'noiseshape-tfjs',
  title: 'noiseshape/tfjs, in TensorFlow.js',
  kind: 'gpu',
  role: 'ours',
  async prepare(setting) {
    const [tf, { mcPredict, registerLayers }] = await Promise.all([load(), import('noiseshape/tfjs')])
    registerLayers()
    const { modelTopology, weightsManifest } = topology
    const weightSpecs = weightsManifest[0].weights as Parameters<typeof tf.io.decodeWeights>[1]
    const model = await tf.loadLayersModel(
      tf.io.fromMemory({ modelTopology, weightSpecs, weightData: await readWeights() }),
    )
    const { samples, digits } = setting
    let seed = 0
    return predicting(this.name, model, setting, async (input) => {
      const options = { samples, seed: seed++, batchSize: digits, outputs: 'logits' } as const
      const { mean, variance, mutualInformation, ...others } = await mcPredict(model, input, options)
      tf.dispose(others)
      return [mean, variance, mutualInformation]
    })
  },
}

/** The same network in TensorFlow.js' own layers. It has no SpatialDropout2D: a noise shape and a fixed batch stand in. */
export const tensorflowTraining: Predictor = {
  task: 'monte-carlo',
  name: 'tensorflow-training',
  title: 'TensorFlow.js, its own layers in training mode',
  kind: 'gpu',
  role: 'peer',
  load: async () => (await loadTensorflow('webgpu')).version_core,
  async prepare(setting) {
    const tf = await load()
    const { layers } = tf
    const { digits, samples } = setting
    const convolution = { filters: 16, kernelSize: 3, activation: 'relu' } as const
    const model = tf.sequential({
      layers: [
        layers.conv2d({ ...convolution, inputShape: [8, 8, 1], padding: 'same' }),
        layers.dropout({ rate: 0.25, noiseShape: [digits, 1, 1, 16] }),
        layers.conv2d(convolution),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.flatten(),
        layers.dense({ units: 48, activation: 'relu' }),
        layers.dropout({ rate: 0.5 }),
        layers.dense({ units: 10 }),
      ],
    })
    const specs = topology.weightsManifest[0].weights as Parameters<typeof tf.io.decodeWeights>[1]
    const trained = Object.values(tf.io.decodeWeights(await readWeights(), specs))
    model.setWeights(trained)
    tf.dispose(trained)
    return predicting(this.name, model, setting, async (input) =>
      tf.tidy(() => {
        const sample = () => tf.tidy(() => tf.softmax(model.apply(input, { training: true }) as Tensor))
        const all = tf.stack(Array.from({ length: samples }, sample))
        const { mean, variance } = tf.moments(all, 0)
        return [mean, variance, tf.sub(entropy(tf, mean), tf.mean(entropy(tf, all), 0))]
      }),
    )
  },
}

/** Entropy along the last dim, in nats; 0 ln 0 is 0. */
function entropy(tf: Tensorflow, p: Tensor): Tensor {
  return tf.neg(tf.sum(tf.mul(p, tf.log(tf.maximum(p, 1e-30))), -1))
}

async function readWeights(): Promise<ArrayBuffer> {
  return (await fetch(weights)).arrayBuffer()
}
