/** Places in a transformer: attention weights, the embedding, the activation of a feed-forward branch. */

import type { NodeProto } from '../messages.js'
import { dataInputs, type GraphView, isMove, movedFrom, weightsOf } from './graph-view.js'
import type { Place } from './place.js'
import type { Branch } from './residuals.js'
import { isQuantizing, layerKind, type WeightLayer } from './weight-layers.js'

/** Softmax -> (Cast, Where, moves) -> product with the values: the attention weights, right before the moves. */
export function attentionPlaces(view: GraphView): Place[] {
  return view.nodes.flatMap((softmax) => {
    if (softmax.opType !== 'Softmax') return []
    const tensor = attentionWeights(view, softmax.output[0])
    return tensor === undefined
      ? []
      : [
          {
            tensor,
            kind: 'attention',
            role: 'attention',
            confidence: 'medium',
            reason: 'attention weights: a Softmax whose output is multiplied with the values',
            near: softmax,
          } satisfies Place,
        ]
  })
}

function attentionWeights(view: GraphView, softmax: string): string | undefined {
  let place = softmax
  let at = softmax
  let moved = false
  for (let i = 0; i < MOST_STEPS; i++) {
    const readers = view.readers(at).filter(({ opType }) => opType !== 'IsNaN' && opType !== 'Shape')
    if (readers.length !== 1) return undefined
    const [next] = readers
    if (next.opType === 'MatMul' || next.opType === 'Einsum') {
      return dataInputs(view, next).length === 2 ? place : undefined
    }
    if (next.opType !== 'Cast' && next.opType !== 'Where') {
      // Linear attention takes the Softmax of keys, and turns it before the product: those are no weights.
      if (!isMove(next) || next.opType === 'Transpose') return undefined
      moved = true
    }
    at = next.output[0]
    if (!moved) place = at
  }
  return undefined
}

const MOST_STEPS = 8

/** Where the residual stream starts, if it starts in an embedding or with positions added. */
export function embeddingPlaces(view: GraphView, branches: readonly Branch[]): Place[] {
  const adds = new Set(branches.map(({ add }) => add))
  const roots = new Map<string, NodeProto>()
  for (const { skip, last } of branches) {
    if (last?.kind !== 'dense') continue
    const root = embeddingAt(view, adds, skip)
    if (root !== undefined && !roots.has(root)) roots.set(root, last.node)
  }
  return [...roots].map(([tensor, near]) => ({
    tensor,
    kind: 'embedding',
    role: 'embedding',
    confidence: 'medium',
    reason: 'the embedding: the start of the residual stream',
    near,
  }))
}

/** The tensor to drop: the skip itself, or what a projection of the embedding reads. */
function embeddingAt(view: GraphView, adds: ReadonlySet<NodeProto>, skip: string): string | undefined {
  let place = skip
  let at: string | undefined = skip
  for (let i = 0; i < MOST_ON_EMBEDDING && at !== undefined; i++) {
    const node = view.producer(at)
    if (!node || adds.has(node)) return undefined
    if (node.opType === 'Gather' && !view.isData(node.input[0])) return place
    const inputs = dataInputs(view, node)
    if (node.opType === 'Cast' && at === place) {
      place = inputs[0]
      at = place
      continue
    }
    if (node.opType === 'Add' && inputs.length === 1) {
      const layer = layerBefore(view, inputs[0])
      if (layer) place = layer.input[0]
      else if (!isVector(view, node)) return place // positions are added; the bias of a layer has one dim
      at = layer ? place : inputs[0]
      continue
    }
    if (layerKind(view, node) === 'dense') {
      place = inputs[0]
      at = place
      continue
    }
    if (layerKind(view, node)) return undefined
    at = inputs.find((name) => view.producer(name)?.opType === 'Gather') ?? inputs[0]
  }
  return undefined
}

/** Whether an embedding is computed from a table of words: a Gather at an index that depends on the input. */
export function readsWords(view: GraphView, embedding: string): boolean {
  const open = [embedding]
  for (let i = 0; i < MOST_ON_EMBEDDING; i++) {
    const node = view.producer(open.pop() ?? '')
    if (node?.opType === 'Gather' && !view.isData(node.input[0])) return true
    if (node) open.push(...dataInputs(view, node))
  }
  return false
}

/** Whether an addition adds a vector: a bias. */
function isVector(view: GraphView, { input }: NodeProto): boolean {
  return input.some((name) => weightsOf(view, name)?.dims.length === 1)
}

/** The dense layer without bias that makes a tensor. */
function layerBefore(view: GraphView, tensor: string): NodeProto | undefined {
  const node = view.producer(tensor)
  return node && layerKind(view, node) === 'dense' ? node : undefined
}

/** An embedding layer: sums of words, positions and types, and a normalisation of perhaps a dozen nodes. */
const MOST_ON_EMBEDDING = 24

/** The activation between the two dense layers of a residual branch. */
export function feedForwardPlaces(view: GraphView, branches: readonly Branch[]): Place[] {
  return branches.flatMap(({ last }) => {
    if (last?.kind !== 'dense') return []
    const tensor = activationBefore(view, last)
    return tensor === undefined
      ? []
      : [
          {
            tensor,
            kind: 'features',
            role: 'feed-forward',
            confidence: 'low',
            reason: 'the activation inside a feed-forward branch',
            near: last.node,
          } satisfies Place,
        ]
  })
}

/**
 * Whether a feed-forward branch is gated by SiLU, (g * sigmoid(g)) * x, as language models are that were trained without
 * dropout (Llama and after).
 */
export function isGatedBySilu(view: GraphView, activation: string): boolean {
  const sigmoidOf = (tensor: string) => view.producer(tensor)?.opType === 'Sigmoid'
  const isSilu = (tensor: string) => {
    const node = view.producer(tensor)
    return node?.opType === 'Swish' || (node?.opType === 'Mul' && node.input.some(sigmoidOf))
  }
  const gate = view.producer(activation)
  return gate?.opType === 'Mul' && gate.input.some(isSilu)
}

/** Operators that activations are made of. */
const ACTIVATIONS = new Set(
  `Relu LeakyRelu PRelu Elu Selu Celu Gelu FastGelu BiasGelu QuickGelu HardSwish HardSigmoid Sigmoid Tanh Clip Mish
  Softplus Softsign ThresholdedRelu Swish Erf Mul Div Add Sub Pow Sqrt Cast Exp Constant Identity Split Slice Square
  Min Max`.split(/\s+/),
)

/** The activation that a layer reads, if it was computed from another layer; before reshapes. */
export function activationBefore(view: GraphView, { input }: WeightLayer): string | undefined {
  const tensor = movedFrom(view, input).at(-1) ?? input
  const node = view.producer(tensor)
  if (!node || !ACTIVATIONS.has(node.opType)) return undefined
  // An activation is more than a bias: its region must hold something that bends, or a product of two parts (GLU).
  const open = [tensor]
  const seen = new Set<NodeProto>()
  let bends = false
  let layer = false
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const producer = view.producer(at)
    if (!producer || seen.has(producer)) continue
    seen.add(producer)
    if (seen.size > MOST_IN_ACTIVATION) return undefined
    if (layerKind(view, producer)) {
      layer = true
      continue
    }
    if (isQuantizing(producer)) continue // the scale of a quantized layer
    if (isMove(producer) || ACTIVATIONS.has(producer.opType)) {
      bends ||= BENDS.has(producer.opType)
      open.push(...dataInputs(view, producer))
    } else if (producer.opType !== 'BatchNormalization') return undefined
    else open.push(...dataInputs(view, producer))
  }
  return bends && layer ? tensor : undefined
}

const BENDS = new Set(
  `Relu LeakyRelu PRelu Elu Selu Celu Gelu FastGelu BiasGelu QuickGelu HardSwish HardSigmoid Sigmoid Tanh Clip Mish
  Softplus Softsign ThresholdedRelu Swish Erf Max`.split(/\s+/),
)

const MOST_IN_ACTIVATION = 24
