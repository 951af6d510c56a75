/** Changes to the nodes of a model, collected first and applied together, so that no edit affects another. */

import { integerAttribute, makeNode } from './make-node.js'
import { type GraphProto, type NodeProto, DataType as Type } from './messages.js'
import type { ElementType, NoiseInput } from './options.js'
import { readersIn, type Scope, subgraphsOf } from './scope.js'

/** Types of ONNX by their names in this library. */
export const TYPES: Readonly<Record<ElementType, number>> = {
  float32: Type.FLOAT,
  float16: Type.FLOAT16,
  bfloat16: Type.BFLOAT16,
  float64: Type.DOUBLE,
}

/** A tensor, and the name of its type. */
interface Operand {
  tensor: string
  elementType: ElementType
}

interface Products {
  /** The last node: it makes the product. */
  last: NodeProto
  /** The tensor without noise. */
  plain: string
}

export class NodeEdits {
  readonly #opset: number
  readonly #name: (wanted: string) => string
  /** Names that are read by a node or are an output of a graph. */
  readonly #used: ReadonlySet<string>
  readonly #replaced = new Map<NodeProto, NodeProto[]>()
  readonly #behind = new Map<NodeProto, NodeProto[]>()
  readonly #first = new Map<Scope, NodeProto[]>()
  /** What has multiplied each tensor that was named, so far. */
  readonly #products = new Map<Scope, Map<string, Products>>()
  /** Tensors that a replaced node no longer reads. */
  readonly #dropped = new Map<Scope, string[]>()

  constructor(main: GraphProto, opset: number, name: (wanted: string) => string) {
    this.#opset = opset
    this.#name = name
    this.#used = namesReadIn(main)
  }

  /** The last node of a dropout becomes a product. It keeps its name, its doc string and the name of its output. */
  multiplyAt(scope: Scope, node: NodeProto, input: NoiseInput, hasRank: boolean): void {
    const { nodes, noise } = this.#inTypeOf(input)
    const mask = this.#maskOf(node)
    const kept = mask && [this.#cast(input.name, this.#name(`${input.name}_kept`), Type.BOOL)]
    const masks = kept ? [...kept, ...this.#maskLike(input, kept[0].output[0], mask, input.name)] : []
    this.#change(scope, node, 'Mul', [input.tensor, noise])
    const behind = hasRank ? [] : this.#keepRank(node, input.tensor)
    this.#replaced.set(node, [...nodes, node, ...behind, ...masks])
  }

  /** The last node of a dropout passes the tensor on. */
  passOn(scope: Scope, node: NodeProto, operand: Operand): void {
    const mask = this.#maskOf(node)
    const masks = mask ? this.#maskLike(operand, undefined, mask, mask) : []
    this.#change(scope, node, 'Identity', [operand.tensor])
    this.#replaced.set(node, [node, ...masks])
  }

  /**
   * If a node produces the tensor, the product takes over its name; otherwise its readers get the product's name.
   *
   * @returns the name of the tensor without noise
   */
  multiplyTensor(scope: Scope, input: NoiseInput, hasRank: boolean): string {
    const { tensor } = input
    const { nodes, noise } = this.#inTypeOf(input)
    const products = this.#products.get(scope) ?? new Map<string, Products>()
    this.#products.set(scope, products)
    const earlier = products.get(tensor)
    const multiply = (from: string, to: string) => {
      const product = makeNode('Mul', [from, noise], to, this.#name(`${input.name}/Mul`))
      const made = [product, ...(hasRank ? [] : this.#keepRank(product, from))]
      products.set(tensor, { last: made[made.length - 1], plain: earlier?.plain ?? from })
      return [...nodes, ...made]
    }
    const producer = scope.producers.get(tensor)
    if (earlier) {
      const { last, plain } = earlier
      const [product] = last.output
      const between = this.#name(`${tensor}_dropped`)
      last.output = [between]
      if (producer) append(this.#behind, producer, multiply(between, product))
      else append(this.#first, scope, multiply(between, product))
      return plain
    }
    if (producer) {
      const plain = this.#name(`${tensor}_without_noise`)
      producer.output = producer.output.map((name) => (name === tensor ? plain : name))
      append(this.#behind, producer, multiply(plain, tensor))
      return plain
    }
    const product = this.#name(`${tensor}_with_noise`)
    renameTensor(scope.graph, tensor, product)
    append(this.#first, scope, multiply(tensor, product))
    return tensor
  }

  /** Puts other nodes in the place of one. */
  replace(node: NodeProto, by: NodeProto[]): void {
    this.#replaced.set(node, by)
  }

  apply(scopes: readonly Scope[]): void {
    for (const scope of scopes) {
      const nodes = scope.graph.node.flatMap((node) => [
        ...(this.#replaced.get(node) ?? [node]),
        ...(this.#behind.get(node) ?? []),
      ])
      scope.graph.node = [...(this.#first.get(scope) ?? []), ...nodes]
    }
    for (const [scope, tensors] of this.#dropped) removeUnread(scope, tensors)
  }

  #change(scope: Scope, node: NodeProto, opType: string, input: string[]): void {
    if (node.opType !== 'Dropout') append(this.#dropped, scope, node.input)
    node.opType = opType
    node.input = input
    node.output = node.output.slice(0, 1)
    node.attribute = []
  }

  /**
   * Noise of more dims than the tensor, whose rank is not known yet, would make the nodes behind it fail before anyone
   * can read the rank: so the product gets the shape of the tensor.
   */
  #keepRank(product: NodeProto, tensor: string): NodeProto[] {
    const [output] = product.output
    const grown = this.#name(`${output}_grown`)
    const shape = this.#name(`${output}_shape`)
    product.output = [grown]
    return [
      makeNode('Shape', [tensor], shape, this.#name(`${shape}/Shape`)),
      makeNode('Reshape', [grown, shape], output, this.#name(`${output}/Reshape`)),
    ]
  }

  /** Casts the noise from float32 to the tensor's type, because `Mul` requires operands of one type. */
  #inTypeOf({ name, elementType }: NoiseInput): { nodes: NodeProto[]; noise: string } {
    if (elementType === 'float32') return { nodes: [], noise: name }
    const noise = this.#name(`${name}_${elementType}`)
    return { nodes: [this.#cast(name, noise, TYPES[elementType])], noise }
  }

  /** The mask of a Dropout node, if something reads it. */
  #maskOf({ opType, output }: NodeProto): string | undefined {
    const mask = opType === 'Dropout' ? (output[1] ?? '') : ''
    return this.#used.has(mask) ? mask : undefined
  }

  /**
   * A mask in the tensor's full shape: x < x is false everywhere (even for NaN), and Or broadcasts what is kept; without
   * it, everything is.
   */
  #maskLike(
    { tensor, elementType }: Operand,
    kept: string | undefined,
    mask: string,
    stem: string,
  ): NodeProto[] {
    const none = this.#name(`${stem}_none`)
    const isTruth = this.#opset >= 10 // earlier, the mask had the tensor's type
    const whole = isTruth ? mask : this.#name(`${stem}_mask`)
    return [
      makeNode('Less', [tensor, tensor], none, this.#name(`${stem}/Less`)),
      kept === undefined
        ? makeNode('Not', [none], whole, this.#name(`${stem}/Not`))
        : makeNode('Or', [kept, none], whole, this.#name(`${stem}/Or`)),
      ...(isTruth ? [] : [this.#cast(whole, mask, TYPES[elementType])]),
    ]
  }

  #cast(from: string, to: string, type: number): NodeProto {
    return makeNode('Cast', [from], to, this.#name(`${to}/Cast`), [integerAttribute('to', type)])
  }
}

/** Removes the nodes that computed only these tensors, which nothing reads any more. */
function removeUnread(scope: Scope, tensors: readonly string[]): void {
  const readers = readersIn(scope)
  const counts = new Map([...readers].map(([name, list]) => [name, list.length]))
  const removed = new Set<NodeProto>()
  const open = [...tensors]
  for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
    const node = scope.producers.get(tensor)
    if (!node || removed.has(node) || node.output.some((name) => (counts.get(name) ?? 0) > 0)) continue
    removed.add(node)
    for (const name of new Set(node.input)) {
      counts.set(name, (counts.get(name) ?? 0) - 1)
      open.push(name)
    }
  }
  scope.graph.node = scope.graph.node.filter((node) => !removed.has(node))
}

/** Names that are read by a node or are an output of a graph. */
function namesReadIn(graph: GraphProto): Set<string> {
  const names = new Set<string>()
  const visit = ({ node, output }: GraphProto) => {
    for (const { name } of output) names.add(name)
    for (const reader of node) {
      for (const name of reader.input) names.add(name)
      subgraphsOf(reader).forEach(visit)
    }
  }
  visit(graph)
  names.delete('') // an omitted optional input
  return names
}

/** Renames a tensor in the inputs of all nodes of a graph and its subgraphs. */
export function renameTensor(graph: GraphProto, from: string, to: string): void {
  for (const node of graph.node) {
    node.input = node.input.map((name) => (name === from ? to : name))
    for (const inner of subgraphsOf(node)) renameTensor(inner, from, to)
  }
}

function append<K, V>(map: Map<K, V[]>, key: K, values: readonly V[]): void {
  const list = map.get(key)
  if (list) list.push(...values)
  else map.set(key, [...values])
}
