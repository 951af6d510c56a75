/** Places between the layers of other networks: hidden layers, recurrent layers, convolutions. */

import { dataInputs, type GraphView, movedFrom } from './graph-view.js'
import type { Place } from './place.js'
import type { Branch } from './residuals.js'
import { activationBefore } from './transformers.js'
import { layerKind, type WeightLayer } from './weight-layers.js'

/** Dense layer -> activation -> dense layer, outside of residual branches. */
export function hiddenPlaces(
  view: GraphView,
  layers: readonly WeightLayer[],
  branches: readonly Branch[],
): Place[] {
  const inBranch = new Set(branches.flatMap(({ nodes }) => nodes))
  return layers.flatMap((layer) => {
    if (layer.kind !== 'dense' || inBranch.has(layer.node)) return []
    const tensor = activationBefore(view, layer)
    const node = tensor === undefined ? undefined : view.producer(tensor)
    if (tensor === undefined || (node && inBranch.has(node))) return []
    return [
      {
        tensor,
        kind: 'features',
        role: 'hidden',
        confidence: 'medium',
        reason: 'the activation between two dense layers',
        near: layer.node,
      } satisfies Place,
    ]
  })
}

/** Between two recurrent layers. */
export function recurrentPlaces(view: GraphView, layers: readonly WeightLayer[]): Place[] {
  return layers.flatMap(({ kind, node, input }) => {
    if (kind !== 'recurrent') return []
    const chain = movedFrom(view, input)
    const from = view.producer(chain.at(-1) ?? '')
    if (!from || layerKind(view, from) !== 'recurrent') return []
    // The dropout stands between the modules: behind all that the first one did to its output.
    const { path } = view.module(from)
    const inside = chain.find(
      (tensor) => view.module(view.producer(tensor) ?? from).path?.join() === path?.join(),
    )
    const isOneModule = path === undefined || view.module(node).path?.join() === path.join()
    const tensor = isOneModule ? input : (inside ?? input)
    return [
      {
        tensor,
        kind: 'features',
        role: 'recurrent',
        confidence: 'medium',
        reason: 'between two recurrent layers',
        near: node,
      } satisfies Place,
    ]
  })
}

/** Feature maps that are flattened for a dense layer, and embeddings that a recurrent layer reads. */
export function movedPlaces(view: GraphView, layers: readonly WeightLayer[]): Place[] {
  return layers.flatMap((layer): Place[] => {
    const tensor = movedFrom(view, layer.input).find((at) => {
      const { opType = '' } = view.producer(at) ?? {}
      return layer.kind === 'recurrent'
        ? opType === 'Gather'
        : layer.kind === 'dense' && opType.includes('Pool')
    })
    if (tensor === undefined) return []
    const isRecurrent = layer.kind === 'recurrent'
    return [
      {
        tensor,
        kind: isRecurrent ? 'embedding' : 'features',
        role: isRecurrent ? 'embedding' : 'hidden',
        confidence: 'low',
        reason: isRecurrent
          ? 'the embedding that a recurrent layer reads'
          : 'pooled features that a dense layer reads',
        near: undefined,
      },
    ]
  })
}

/** The activation behind each convolution. */
export function convolutionPlaces(view: GraphView, layers: readonly WeightLayer[]): Place[] {
  return layers.flatMap((layer) => {
    if (layer.kind !== 'convolution') return []
    const tensor = activationBehind(view, layer.output)
    return [
      {
        tensor,
        kind: 'features',
        role: 'convolution',
        confidence: 'low',
        reason: 'feature maps behind a convolution',
        near: layer.node,
      } satisfies Place,
    ]
  })
}

/** Normalisations and activations of one input. */
const FOLLOW = new Set(
  `BatchNormalization InstanceNormalization Relu LeakyRelu PRelu Elu Selu Celu Gelu HardSwish Clip Mish Softplus Tanh
  Sigmoid`.split(/\s+/),
)

function activationBehind(view: GraphView, tensor: string): string {
  let at = tensor
  for (let i = 0; i < 4; i++) {
    const readers = view.readers(at)
    // x * sigmoid(x) reads x twice
    const product = readers.find((node) => node.opType === 'Mul' && dataInputs(view, node).length === 2)
    if (
      readers.length === 2 &&
      product &&
      readers.some(({ opType }) => /Sigmoid|Tanh|Softplus/.test(opType))
    ) {
      return product.output[0]
    }
    if (readers.length !== 1 || !FOLLOW.has(readers[0].opType)) return at
    at = readers[0].output[0]
  }
  return at
}
