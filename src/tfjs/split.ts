/**
 * Splits a model at its noise. What depends on no noise is the same in every sample: the trunk. The rest is the tail. Both
 * stay parts of the model's own graph of layers, which is only read.
 */

import type { Tensor } from '@tensorflow/tfjs-core'
import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers'
import { isDeterministic, isKnown, makesMasks } from './deterministic.js'

/** One call of a layer. */
export interface Step {
  layer: layers.Layer
  inputs: readonly SymbolicTensor[]
  /** All that the call gives. */
  outputs: readonly SymbolicTensor[]
  /** The one that the step is for. */
  output: SymbolicTensor
  /** Whether it belongs to the tail. */
  inTail: boolean
  /** Its inputs that neither a later step nor a later sample needs. */
  done: readonly SymbolicTensor[]
}

export interface Split {
  /** In the order of `predict`, on which streams and masks depend. */
  steps: readonly Step[]
  /** The tensors that the trunk or the caller gives and the tail reads. */
  crossing: ReadonlySet<SymbolicTensor>
}

/** Splits a model with one output. Undefined if a part would be empty, or where only `predict` itself will do. */
export function splitAtNoise(model: LayersModel, inputs: readonly Tensor[]): Split | undefined {
  if (!isKnown(model) || !fits(model, inputs)) return undefined
  const order = orderOf(model)
  const tail = tailOf(order)
  if (tail.size === 0 || tail.size === order.length) return undefined
  const crossing = new Set([...tail].flatMap(({ inputs }) => inputs).filter((input) => !tail.has(input)))
  const lastReader = new Map(
    order.flatMap((tensor) => tensor.inputs.map((input) => [input, tensor] as const)),
  )
  const kept = (input: SymbolicTensor) => crossing.has(input) || input.sourceLayer.stateful // its state, perhaps
  const steps = order.map((tensor): Step => {
    const { sourceLayer: layer, inputs } = tensor
    return {
      layer,
      inputs,
      outputs: outputsOf(tensor),
      output: tensor,
      inTail: tail.has(tensor),
      done: inputs.filter((input) => lastReader.get(input) === tensor && !kept(input)),
    }
  })
  return { steps, crossing }
}

/** `predict` adds a dimension to vectors, and reports inputs of a wrong number or shape. */
function fits(model: LayersModel, inputs: readonly Tensor[]): boolean {
  return (
    inputs.length === model.inputs.length &&
    model.inputs.every(({ shape }, i) => {
      const sizes = inputs[i].shape
      const sameSize = (size: number | null, axis: number) =>
        axis === 0 || size === null || size === sizes[axis]
      return shape.length === sizes.length && sizes.length > 1 && shape.every(sameSize)
    })
  )
}

/** The tensors in the order in which TensorFlow.js computes them: depth first, each layer's last input first. */
function orderOf({ inputs, outputs }: LayersModel): SymbolicTensor[] {
  const order: SymbolicTensor[] = []
  const visited = new Set<SymbolicTensor>(inputs)
  const visit = (tensor: SymbolicTensor) => {
    if (visited.has(tensor)) return
    visited.add(tensor)
    for (const input of [...tensor.inputs].reverse()) visit(input)
    order.push(tensor)
  }
  visit(outputs[0])
  return order
}

/** The tensors that depend on noise, on a state, or on what may be either. */
function tailOf(order: readonly SymbolicTensor[]): Set<SymbolicTensor> {
  const tail = new Set<SymbolicTensor>()
  let masked = false // TensorFlow.js passes a mask to all layers that it runs later, whatever their inputs
  for (const tensor of order) {
    const { sourceLayer, inputs } = tensor
    if (!masked && isDeterministic(sourceLayer) && !inputs.some((input) => tail.has(input))) continue
    tail.add(tensor)
    masked ||= makesMasks(sourceLayer)
  }
  return tail
}

/** All outputs of the call that gives this tensor. */
function outputsOf(tensor: SymbolicTensor): readonly SymbolicTensor[] {
  const node = tensor.sourceLayer.inboundNodes.find(({ outputTensors }) => outputTensors.includes(tensor))
  return node?.outputTensors ?? [tensor]
}
