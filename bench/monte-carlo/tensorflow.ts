/** What the predictors in TensorFlow.js share: its backend, the input, and statistics that are read back and disposed. */

import { loadTensorflow } from '../peers/tensorflow.js'
import type { Kind } from '../report.js'
import { DIGITS, type Prediction, type PredictionSetting } from './predictor.js'

export type Tensorflow = Awaited<ReturnType<typeof load>>
export type Tensor = ReturnType<Tensorflow['tensor']>

export const WHERE = {
  gpu: { backend: 'webgpu', suffix: '', networks: DIGITS },
  cpu: { backend: 'wasm', suffix: '-wasm', networks: [...DIGITS, 'mobilenet'] },
} as const

export async function load(kind: Kind) {
  const tf = await loadTensorflow(WHERE[kind].backend)
  return { ...tf, ...(await import('@tensorflow/tfjs-layers')) }
}

/** An entrant that predicts again and again; `predict` gives mean, variance and mutual information. */
export async function predicting(
  name: string,
  kind: Kind,
  model: { dispose(): unknown },
  { network: { input } }: PredictionSetting,
  predict: (input: Tensor) => Promise<Tensor[]>,
) {
  const tf = await load(kind)
  const [rows, channels, height, width] = input.dims
  const x = tf.tidy(() =>
    tf.transpose(tf.tensor(input.values as Float32Array, [rows, channels, height, width]), [0, 2, 3, 1]),
  )
  const result = async (): Promise<Prediction> => {
    const tensors = await predict(x)
    const all = (await Promise.all(tensors.map((tensor) => tensor.data()))) as Float32Array[]
    tf.dispose(tensors)
    const [mean, variance, mutualInformation] = all
    return { mean, variance, mutualInformation }
  }
  return {
    name,
    enter: async () => void (await loadTensorflow(WHERE[kind].backend)), // another entrant may use another backend
    async run(times: number) {
      for (let i = 0; i < times; i++) await result()
    },
    result,
    close() {
      tf.dispose(x)
      model.dispose()
    },
  }
}
