/** The networks of images, built of TensorFlow.js' layers, with the dropout layers that are passed in. */

import type * as Core from '@tensorflow/tfjs-core'
import type * as Layers from '@tensorflow/tfjs-layers'
import topology from '../../models/digits/tfjs/model.json'
import trained from '../../models/digits/tfjs/weights.bin?url&inline'
import type { Network } from '../networks/network.js'

type Tensorflow = typeof Core & typeof Layers
type Layer = Layers.layers.Layer

export interface DropoutLayers {
  dropout(rate: number): Layer
  spatialDropout(rate: number, channels: number): Layer
}

export function buildModel(
  tf: Tensorflow,
  { name }: Network,
  dropouts: DropoutLayers,
): Promise<Layers.LayersModel> {
  return name === 'mobilenet' ? buildMobileNet(tf, dropouts) : buildDigits(tf, dropouts)
}

/** models/digits/README.md draws it. */
async function buildDigits(tf: Tensorflow, { dropout, spatialDropout }: DropoutLayers) {
  const { layers } = tf
  const convolution = { filters: 16, kernelSize: 3, activation: 'relu' } as const
  const model = tf.sequential({
    layers: [
      layers.conv2d({ ...convolution, inputShape: [8, 8, 1], padding: 'same' }),
      spatialDropout(0.25, 16),
      layers.conv2d(convolution),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      layers.dense({ units: 48, activation: 'relu' }),
      dropout(0.5),
      layers.dense({ units: 10 }),
    ],
  })
  const specs = topology.weightsManifest[0].weights as Parameters<typeof tf.io.decodeWeights>[1]
  const weights = Object.values(tf.io.decodeWeights(await (await fetch(trained)).arrayBuffer(), specs))
  model.setWeights(weights)
  tf.dispose(weights)
  return model
}

async function buildMobileNet(tf: Tensorflow, { dropout }: DropoutLayers) {
  const { layers } = tf
  const { mobileNetLayers } = await import('../networks/mobilenet.js')
  const { blocks, classifier, features, classes, rate, side } = mobileNetLayers()
  const weights: Core.Tensor[] = []
  const input = tf.input({ shape: [side, side, 3] })
  let x = input
  const apply = (layer: Layer) => {
    x = layer.apply(x) as typeof x
  }
  for (const { convolutions, isResidual } of blocks) {
    const before = x
    for (const { kernel, stride, filters, channels, isDepthwise, isActivated, ...values } of convolutions) {
      const options = { kernelSize: kernel, strides: stride, padding: 'same' } as const
      apply(isDepthwise ? layers.depthwiseConv2d(options) : layers.conv2d({ ...options, filters }))
      const kernels = tf.tensor(values.weights, [filters, isDepthwise ? 1 : channels, kernel, kernel])
      weights.push(
        tf.transpose(kernels, isDepthwise ? [2, 3, 0, 1] : [2, 3, 1, 0]),
        tf.tensor(values.bias, [filters]),
      )
      kernels.dispose()
      if (isActivated) apply(layers.reLU({ maxValue: 6 }))
    }
    if (isResidual) x = layers.add().apply([before, x]) as typeof x
  }
  apply(layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }))
  apply(dropout(rate))
  apply(layers.dense({ units: classes, useBias: false }))
  weights.push(tf.tensor(classifier, [features, classes]))
  const model = tf.model({ inputs: input, outputs: x })
  model.setWeights(weights)
  tf.dispose(weights)
  return model
}
