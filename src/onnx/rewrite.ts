/** Rewrites a model: each dropout point becomes a product with a new graph input. Everything else is unchanged. */

import { create } from '@bufbuild/protobuf'
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  type NodeProto,
  NodeProtoSchema,
  TensorProto_DataType as Type,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf'
import { OnnxModelError } from './errors.js'
import { type Model, readModel } from './model.js'
import {
  type ElementType,
  type NoiseInput,
  nameOf,
  noiseShapeOf,
  rateOf,
  readStochasticOptions,
  type StochasticOptions,
} from './options.js'
import { findPoints, type Point } from './points.js'
import { namer, type Scope, scopesOf, subgraphsOf } from './scope.js'
import { type Description, describeTensors, type KnownSize } from './shape-inference.js'

export interface Rewritten {
  model: Model
  inputs: readonly NoiseInput[]
  /** Whether each point is in a subgraph. */
  nested: readonly boolean[]
  /** Whether each point is an initializer. */
  weights: readonly boolean[]
  /** What is known about each output of the graph. */
  outputs: ReadonlyMap<string, Description>
  /** Makes unused names. */
  name: (wanted: string) => string
}

/** Parses and rewrites a model. The caller may modify the result. */
export function rewrite(modelBytes: unknown, given: StochasticOptions): Rewritten {
  const options = readStochasticOptions(given)
  const model = readModel(modelBytes)
  const scopes = scopesOf(model.graph)
  const describe = describeTensors(scopes)
  const points = findPoints(model, scopes, describe, options)
  const name = namer(scopes)
  const inputs = points.map((point, i): NoiseInput => {
    const { description, own, scope, tensor } = point
    const noiseShape = noiseShapeOf(options, own, description)
    return {
      name: name(`noise_${i}`),
      node: description.node,
      tensor,
      shape: description.shape ?? noiseShape.map(() => null),
      rate: rateOf(options, own, description),
      noiseShape,
      elementType: elementTypeOf(point, describe(scope, tensor).type),
    }
  })
  const used = readNames(model.graph)
  const edits = new Edits(name)
  points.forEach((point, i) => {
    if (point.dropout) edits.replaceDropout(model, point.dropout, inputs[i], used)
    else edits.multiplyTensor(point, inputs[i])
  })
  edits.apply(scopes)
  for (const input of inputs) model.graph.input.push(noiseInfo(input))
  return {
    model,
    inputs,
    nested: points.map(({ scope }) => scope.parent !== undefined),
    weights: points.map(({ scope, tensor }) => scope.initializers.has(tensor)),
    outputs: new Map(model.graph.output.map(({ name }) => [name, describe(scopes[0], name)])),
    name,
  }
}

/** Nodes to insert instead of others, after others, or first. Applied together, so that no edit affects another. */
class Edits {
  readonly #name: (wanted: string) => string
  readonly #replaced = new Map<NodeProto, NodeProto[]>()
  readonly #behind = new Map<NodeProto, NodeProto[]>()
  readonly #first = new Map<Scope, NodeProto[]>()

  constructor(name: (wanted: string) => string) {
    this.#name = name
  }

  /** The node keeps its name, its doc string and the name of its output. */
  replaceDropout({ opset }: Model, dropout: NodeProto, input: NoiseInput, used: ReadonlySet<string>): void {
    const [output, mask = ''] = dropout.output
    const { nodes, noise } = this.#inTypeOf(input)
    const after = used.has(mask) ? this.#mask(opset, input, mask) : []
    dropout.opType = 'Mul'
    dropout.input = [dropout.input[0], noise]
    dropout.output = [output]
    dropout.attribute = []
    this.#replaced.set(dropout, [...nodes, dropout, ...after])
  }

  /** If a node produces the tensor, the product takes over its name; otherwise its readers get the product's name. */
  multiplyTensor({ scope, tensor }: Point, input: NoiseInput): void {
    const { nodes, noise } = this.#inTypeOf(input)
    const multiply = (from: string, to: string) => [
      ...nodes,
      makeNode('Mul', [from, noise], to, this.#name(`${input.name}/Mul`)),
    ]
    const producer = scope.producers.get(tensor)
    if (producer) {
      const plain = this.#name(`${tensor}_without_noise`)
      producer.output = producer.output.map((name) => (name === tensor ? plain : name))
      append(this.#behind, producer, multiply(plain, tensor))
    } else {
      const product = this.#name(`${tensor}_with_noise`)
      rename(scope.graph, tensor, product)
      append(this.#first, scope, multiply(tensor, product))
    }
  }

  apply(scopes: readonly Scope[]): void {
    for (const scope of scopes) {
      const nodes = scope.graph.node.flatMap((node) => [
        ...(this.#replaced.get(node) ?? [node]),
        ...(this.#behind.get(node) ?? []),
      ])
      scope.graph.node = [...(this.#first.get(scope) ?? []), ...nodes]
    }
  }

  /** Casts the noise from float32 to the tensor's type, because `Mul` requires operands of one type. */
  #inTypeOf({ name, elementType }: NoiseInput): { nodes: NodeProto[]; noise: string } {
    if (elementType === 'float32') return { nodes: [], noise: name }
    const noise = this.#name(`${name}_${elementType}`)
    return { nodes: [this.#cast(name, noise, TYPES[elementType])], noise }
  }

  /** The node's mask output in the tensor's full shape: x < x is false everywhere (even for NaN), and Or broadcasts. */
  #mask(opset: number, { name, tensor, elementType }: NoiseInput, mask: string): NodeProto[] {
    const kept = this.#name(`${name}_kept`)
    const none = this.#name(`${name}_none`)
    const isTruth = opset >= 10 // earlier, the mask had the tensor's type
    const whole = isTruth ? mask : this.#name(`${name}_mask`)
    return [
      this.#cast(name, kept, Type.BOOL),
      makeNode('Less', [tensor, tensor], none, this.#name(`${name}/Less`)),
      makeNode('Or', [kept, none], whole, this.#name(`${name}/Or`)),
      ...(isTruth ? [] : [this.#cast(whole, mask, TYPES[elementType])]),
    ]
  }

  #cast(from: string, to: string, type: Type): NodeProto {
    const node = makeNode('Cast', [from], to, this.#name(`${to}/Cast`))
    const { INT } = AttributeProto_AttributeType
    node.attribute = [create(AttributeProtoSchema, { name: 'to', type: INT, i: BigInt(type) })]
    return node
  }
}

const TYPES = {
  float32: Type.FLOAT,
  float16: Type.FLOAT16,
  bfloat16: Type.BFLOAT16,
  float64: Type.DOUBLE,
} as const

function makeNode(opType: string, input: string[], output: string, name: string): NodeProto {
  return create(NodeProtoSchema, { opType, input, output: [output], name })
}

/** A tensor without a declared type is taken to be float32. */
function elementTypeOf({ description }: Point, type: number | undefined): ElementType {
  const found = (Object.keys(TYPES) as ElementType[]).find((name) => TYPES[name] === (type ?? Type.FLOAT))
  if (found) return found
  const held = Type[type ?? 0]?.toLowerCase() ?? `values of type ${type}`
  throw new OnnxModelError(
    `noiseshape: ${nameOf(description)} cannot be dropped: it holds ${held}, and dropout multiplies floating-point numbers. Name another tensor.`,
  )
}

/** Names that are read by a node or are an output of a graph. */
function readNames(graph: GraphProto): Set<string> {
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
function rename(graph: GraphProto, from: string, to: string): void {
  for (const node of graph.node) {
    node.input = node.input.map((name) => (name === from ? to : name))
    for (const inner of subgraphsOf(node)) rename(inner, from, to)
  }
}

/**
 * Declares the rank, as the specification requires for inputs, and the sizes that hold in every run. The first dim is
 * left open, so that a batch can share its noise. For the same reason, the input gets its own symbols.
 */
function noiseInfo({ name, shape, noiseShape }: NoiseInput): ValueInfoProto {
  const dim = noiseShape.map((entry, axis) => {
    const size: KnownSize = entry ?? shape[axis]
    const fixed = typeof size === 'number' && (axis > 0 || size === 1)
    return {
      value: fixed
        ? ({ case: 'dimValue', value: BigInt(size) } as const)
        : ({ case: 'dimParam', value: `${name}_${axis}` } as const),
    }
  })
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: Type.FLOAT, shape: { dim } } } },
  })
}

function append<K>(map: Map<K, NodeProto[]>, key: K, nodes: NodeProto[]): void {
  map.set(key, [...(map.get(key) ?? []), ...nodes])
}
