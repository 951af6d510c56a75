/** A graph as the rules see it: who makes a tensor, who reads it, and which tensors depend on the data. */

import { dataIn } from '../data-flow.js'
import type { NodeProto, TensorProto } from '../messages.js'
import type { Scope } from '../scope.js'
import { type ModuleName, moduleOf } from './module-names.js'

export interface GraphView {
  scope: Scope
  nodes: readonly NodeProto[]
  /** The node of this graph that makes a tensor. */
  producer(tensor: string): NodeProto | undefined
  /** The nodes of this graph that read a tensor, in order. */
  readers(tensor: string): readonly NodeProto[]
  /** Whether a tensor depends on the values of an input, rather than on weights, constants and shapes alone. */
  isData(tensor: string): boolean
  /** Position of a node in the graph. */
  order(node: NodeProto): number
  module(node: NodeProto): ModuleName
}

export function viewGraph(scope: Scope): GraphView {
  const nodes = scope.graph.node
  const order = new Map(nodes.map((node, i) => [node, i]))
  const readers = new Map<string, NodeProto[]>()
  for (const node of nodes) {
    for (const name of new Set(node.input)) {
      const known = readers.get(name)
      if (known) known.push(node)
      else readers.set(name, [node])
    }
  }
  const modules = new Map<NodeProto, ModuleName>()
  const module = (node: NodeProto): ModuleName => {
    const known = modules.get(node) ?? moduleOf(node)
    modules.set(node, known)
    return known
  }
  return {
    scope,
    nodes,
    producer: (tensor) => scope.producers.get(tensor),
    readers: (tensor) => readers.get(tensor) ?? [],
    isData: dataIn(scope),
    order: (node) => order.get(node) ?? -1,
    module,
  }
}

/** Operators that move values and compute nothing. */
const MOVES = new Set(
  'Reshape Transpose Slice Squeeze Unsqueeze Cast Identity Flatten Concat Pad Gather Split Expand'.split(' '),
)

export function isMove({ opType }: NodeProto): boolean {
  return MOVES.has(opType)
}

/** The tensors from which one was moved here, this one first. */
export function movedFrom(view: GraphView, tensor: string): string[] {
  const chain = [tensor]
  for (let i = 0; i < MOST_MOVES; i++) {
    const node = view.producer(chain[i])
    const before = node && isMove(node) ? dataInputs(view, node)[0] : undefined
    if (before === undefined) break
    chain.push(before)
  }
  return chain
}

const MOST_MOVES = 16

/** The weights behind a name; exporters store equal weights once, and the others are its Identity. */
export function weightsOf({ scope, producer }: GraphView, tensor: string): TensorProto | undefined {
  const node = producer(tensor)
  return scope.initializers.get(node?.opType === 'Identity' ? node.input[0] : tensor)
}

/** The inputs of a node that depend on the data. */
export function dataInputs(view: GraphView, node: NodeProto): string[] {
  return node.input.filter((name) => view.isData(name))
}

/** The one input of a node that depends on the data; undefined if it has none or several. */
export function dataInput(view: GraphView, node: NodeProto | undefined): string | undefined {
  const inputs = node ? dataInputs(view, node) : []
  return inputs.length === 1 ? inputs[0] : undefined
}
