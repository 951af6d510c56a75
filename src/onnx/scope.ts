/** Scopes: the main graph and the subgraphs of If, Loop and Scan, which see the tensors of enclosing graphs. */

import type { GraphProto, NodeProto, TensorProto, ValueInfoProto } from './messages.js'

export interface Scope {
  graph: GraphProto
  /** The enclosing scope; undefined for the main graph. */
  parent: Scope | undefined
  /** The node that produces each tensor. */
  producers: ReadonlyMap<string, NodeProto>
  /** Declared types and shapes of inputs, outputs and intermediate tensors. */
  infos: ReadonlyMap<string, ValueInfoProto>
  initializers: ReadonlyMap<string, TensorProto>
  inputs: ReadonlySet<string>
}

/** The scope of a graph, followed by the scopes inside it, in node order. */
export function scopesOf(graph: GraphProto, parent?: Scope): Scope[] {
  const scope: Scope = {
    graph,
    parent,
    producers: new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node]))),
    infos: new Map([...graph.valueInfo, ...graph.output, ...graph.input].map((info) => [info.name, info])),
    initializers: new Map(graph.initializer.map((tensor) => [tensor.name, tensor])),
    inputs: new Set(graph.input.map(({ name }) => name)),
  }
  return [
    scope,
    ...graph.node.flatMap((node) => subgraphsOf(node).flatMap((inner) => scopesOf(inner, scope))),
  ]
}

export function subgraphsOf(node: NodeProto): GraphProto[] {
  return node.attribute.flatMap(({ g, graphs }) => (g ? [g, ...graphs] : graphs))
}

/** Whether the tensor is defined in this graph: by a node, an initializer or an input. */
export function holds({ producers, initializers, inputs }: Scope, tensor: string): boolean {
  return tensor !== '' && (producers.has(tensor) || initializers.has(tensor) || inputs.has(tensor))
}

/** The nearest scope that defines the tensor, from this one outwards. */
export function scopeHolding(scope: Scope | undefined, tensor: string): Scope | undefined {
  while (scope && !holds(scope, tensor)) scope = scope.parent
  return scope
}

/** The nodes that read each tensor, those with a subgraph that reads it included; undefined stands for the graph's output. */
export type Readers = ReadonlyMap<string, readonly (NodeProto | undefined)[]>

export function readersIn({ graph }: Scope): Readers {
  const readers = new Map<string, (NodeProto | undefined)[]>()
  const add = (names: Iterable<string>, reader: NodeProto | undefined) => {
    for (const name of new Set(names)) {
      const list = readers.get(name)
      if (list) list.push(reader)
      else readers.set(name, [reader])
    }
  }
  for (const node of graph.node) add(readsOf(node), node)
  add(
    graph.output.map(({ name }) => name),
    undefined,
  )
  return readers
}

/** The tensors that a node reads, also inside its subgraphs. */
export function readsOf(node: NodeProto): string[] {
  return [...node.input, ...subgraphsOf(node).flatMap(capturedBy)].filter((name) => name !== '')
}

/** The tensors of enclosing graphs that a subgraph reads. */
function capturedBy({ node, input, initializer, output }: GraphProto): string[] {
  const own = new Set([
    ...input.map(({ name }) => name),
    ...initializer.map(({ name }) => name),
    ...node.flatMap((inner) => inner.output),
  ])
  return [...node.flatMap(readsOf), ...output.map(({ name }) => name)].filter((name) => !own.has(name))
}

/** Makes names that are unused in the whole model, because subgraphs share the names of enclosing graphs. */
export function namer(scopes: readonly Scope[]): (wanted: string) => string {
  const taken = new Set(
    scopes.flatMap(({ graph, infos, initializers }) => [
      ...infos.keys(),
      ...initializers.keys(),
      ...graph.sparseInitializer.map(({ values }) => values?.name ?? ''),
      ...graph.node.flatMap(({ name, input, output }) => [name, ...input, ...output]),
    ]),
  )
  return (wanted) => {
    let name = wanted
    for (let i = 1; taken.has(name); i++) name = `${wanted}_${i}`
    taken.add(name)
    return name
  }
}
