/**
 * MobileNetV2 (Sandler et al. 2018, table 2) with random weights, and its dropout before the classifier. Batch normalisation
 * is folded into the convolutions, as exporters do.
 */

import { createWeights, Graph } from './graph.js'
import type { Network } from './network.js'

const SIDE = 224
const CLASSES = 1000
const RATE = 0.2

export interface Convolution {
  name: string
  /** 1 or 3. */
  kernel: number
  stride: number
  filters: number
  isDepthwise: boolean
  /** ReLU6 behind it. */
  isActivated: boolean
  /** [filters, channels of a group, kernel, kernel] */
  weights: Float32Array<ArrayBuffer>
  bias: Float32Array<ArrayBuffer>
  channels: number
}

/** What the network is made of, for any library. */
export interface MobileNetLayers {
  /** Convolutions in a row, whose result is added to their input where `isResidual`. */
  blocks: { convolutions: Convolution[]; isResidual: boolean }[]
  /** [features, classes] */
  classifier: Float32Array<ArrayBuffer>
  features: number
  classes: number
  /** Of the image. */
  side: number
  /** Of the dropout before the classifier. */
  rate: number
}

/** Expansion, filters, number of blocks, stride of the first. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
]
const STEM = 32
const FEATURES = 1280

/** Larger than usual, so that the classes of an image differ. */
const CLASSIFIER_DEVIATION = 0.1

export function mobileNet(): Network {
  const model = async () => toOnnx(mobileNetLayers())
  return {
    name: 'mobilenet',
    rows: 1,
    classes: CLASSES,
    input: {
      name: 'image',
      dims: [1, 3, SIDE, SIDE],
      values: Float32Array.from({ length: 3 * SIDE ** 2 }, (_, i) => Math.sin(i / 7)),
    },
    model,
    inferenceModel: model, // a Dropout node without training_mode drops nothing
  }
}

export function mobileNetLayers(): MobileNetLayers {
  const weights = createWeights(1)
  let channels = 3
  let count = 0
  const convolution = (
    filters: number,
    kernel: number,
    stride: number,
    kind?: 'depthwise' | 'linear',
  ): Convolution => {
    const isDepthwise = kind === 'depthwise'
    const isActivated = kind !== 'linear'
    const inputs = (isDepthwise ? 1 : channels) * kernel * kernel
    const made = {
      name: `conv${count++}`,
      kernel,
      stride,
      filters,
      isDepthwise,
      isActivated,
      channels,
      weights: weights(filters * inputs, Math.sqrt((isActivated ? 2 : 1) / inputs)),
      bias: weights(filters, 0.1),
    }
    channels = filters
    return made
  }
  const blocks = [{ convolutions: [convolution(STEM, 3, 2)], isResidual: false }]
  for (const [expansion, filters, repeats, firstStride] of STAGES) {
    for (let i = 0; i < repeats; i++) {
      const stride = i === 0 ? firstStride : 1
      const isResidual = stride === 1 && channels === filters
      const hidden = channels * expansion
      const convolutions = [
        ...(expansion > 1 ? [convolution(hidden, 1, 1)] : []),
        convolution(hidden, 3, stride, 'depthwise'),
        convolution(filters, 1, 1, 'linear'),
      ]
      blocks.push({ convolutions, isResidual })
    }
  }
  blocks.push({ convolutions: [convolution(FEATURES, 1, 1)], isResidual: false })
  const classifier = weights(FEATURES * CLASSES, CLASSIFIER_DEVIATION)
  return { blocks, classifier, features: FEATURES, classes: CLASSES, rate: RATE, side: SIDE }
}

/** From `image` [batch, 3, 224, 224] to `logits` [batch, 1000]. */
function toOnnx({ blocks, classifier, features }: MobileNetLayers): Uint8Array<ArrayBuffer> {
  const graph = new Graph()
  const [zero, six] = [graph.scalar('zero', 0), graph.scalar('six', 6)]
  let x = 'image'
  for (const { convolutions, isResidual } of blocks) {
    const before = x
    for (const one of convolutions) x = convolve(graph, x, one, [zero, six])
    if (isResidual) x = graph.node('Add', `${x}_sum`, [before, x])
  }
  x = graph.node('GlobalAveragePool', 'pooled', [x])
  x = graph.node('Flatten', 'features', [x])
  x = graph.node('Dropout', 'dropout', [x, graph.scalar('ratio', RATE)])
  x = graph.node('Gemm', 'logits', [x, graph.floats('classifier', [features, CLASSES], classifier)])
  return graph.toBytes({ name: 'image', dims: [3, SIDE, SIDE] }, { name: x, dims: [CLASSES] })
}

function convolve(graph: Graph, x: string, one: Convolution, bounds: readonly string[]): string {
  const { name, kernel, stride, filters, channels, isDepthwise, isActivated } = one
  const shape = [filters, isDepthwise ? 1 : channels, kernel, kernel]
  // As padding 'same' of TensorFlow: of an even size and stride 2 the last row and column.
  const before = kernel === 3 && stride === 1 ? 1n : 0n
  const after = kernel === 3 ? 1n : 0n
  const y = graph.node(
    'Conv',
    name,
    [
      x,
      graph.floats(`${name}_weights`, shape, one.weights),
      graph.floats(`${name}_bias`, [filters], one.bias),
    ],
    {
      kernel_shape: [BigInt(kernel), BigInt(kernel)],
      strides: [BigInt(stride), BigInt(stride)],
      pads: [before, before, after, after],
      group: BigInt(isDepthwise ? filters : 1),
    },
  )
  return isActivated ? graph.node('Clip', `${name}_relu6`, [y, ...bounds]) : y
}
