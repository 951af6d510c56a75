/**
 * What is known about each tensor before the model runs: its element type, its shape, and the entries of small integer
 * lists. Exporters often declare nothing for intermediate tensors, so all three are inferred from node to node.
 */

import { integerOf } from './attributes.js'
import { inferFurtherType, inferType } from './inference/element-types.js'
import { inferValues, storedValues, type Values } from './inference/integer-values.js'
import { type KnownSize, ofRank, ofSizes } from './inference/sizes.js'
import { inferFurtherShape, inferShape } from './inference/tensor-shapes.js'
import type { GraphProto, NodeProto, TensorProto, ValueInfoProto } from './messages.js'
import { isDefaultDomain } from './model.js'
import { type Scope, subgraphsOf } from './scope.js'

export interface Description {
  /** `TensorProto.DataType`; undefined if unknown. */
  type: number | undefined
  /** Undefined if not even the rank is known. */
  shape: readonly KnownSize[] | undefined
  /** The entries of a small integer tensor of rank 0 or 1; undefined if it is none, or if they are unknown. */
  values?: Values | undefined
}

/** Finds the description of a tensor visible in a scope. */
export type Describe = (scope: Scope, tensor: string) => Description

/** Describes the tensors of all scopes; each scope must come after its parent. */
export function describeTensors(scopes: readonly Scope[]): Describe {
  const inference = new Inference(scopes)
  for (const scope of scopes) if (!scope.parent) inference.enter(scope)
  return inference.describe
}

const UNKNOWN: Description = { type: undefined, shape: undefined }

class Inference {
  readonly #scopes: ReadonlyMap<GraphProto, Scope>
  readonly #known = new Map<Scope, Map<string, Description>>()

  constructor(scopes: readonly Scope[]) {
    this.#scopes = new Map(scopes.map((scope) => [scope.graph, scope]))
  }

  readonly describe: Describe = (scope, tensor) => {
    for (let at: Scope | undefined = scope; at; at = at.parent) {
      const description = this.#known.get(at)?.get(tensor)
      if (description) return description
    }
    return UNKNOWN
  }

  enter(scope: Scope): void {
    const own = new Map<string, Description>()
    this.#known.set(scope, own)
    for (const [name, info] of scope.infos) own.set(name, declared(info))
    for (const [name, tensor] of scope.initializers) {
      // An input with a default may be fed with other sizes than those of the default.
      const given = scope.inputs.has(name) ? (own.get(name) ?? UNKNOWN) : UNKNOWN
      own.set(name, { ...stored(tensor), shape: given.shape ?? stored(tensor).shape })
    }
    for (const node of scope.graph.node) {
      // Bodies come first: an If outputs what its branches compute, and they read what is already known here.
      const bodies = subgraphsOf(node)
      for (const body of bodies) this.enter(this.#scopes.get(body) as Scope)
      const outputs = bodies.length > 0 ? this.#ofBodies(node, bodies) : this.#ofNode(scope, node)
      node.output.forEach((name, i) => {
        if (name !== '') own.set(name, merged(own.get(name) ?? UNKNOWN, outputs(i)))
      })
    }
  }

  #ofNode(scope: Scope, node: NodeProto): (i: number) => Description {
    if (!isKnownDomain(node.domain)) return () => UNKNOWN
    const inputs = node.input.map((name) => (name === '' ? UNKNOWN : this.describe(scope, name)))
    const type = inferType(node, inputs)
    const shape = inferShape(node, inputs)
    return (i) =>
      i === 0
        ? { type, shape, values: inferValues(node, inputs, shape) }
        : { type: inferFurtherType(node, i, type), shape: inferFurtherShape(node, inputs, i, shape) }
  }

  /** An If outputs what its branches output. A Loop outputs its state, then lists with one entry per iteration. */
  #ofBodies(node: NodeProto, bodies: readonly GraphProto[]): (i: number) => Description {
    const [body] = bodies
    const output = (graph: GraphProto, i: number): Description => {
      const name = graph.output[i]?.name
      return name === undefined ? UNKNOWN : this.describe(this.#scopes.get(graph) as Scope, name)
    }
    if (node.opType === 'If') return (i) => bodies.map((branch) => output(branch, i)).reduce(common)
    const isScan = node.opType === 'Scan'
    if (!isScan && node.opType !== 'Loop') return () => UNKNOWN
    const states = isScan ? node.input.length - integerOf(node, 'num_scan_inputs', 0) : node.input.length - 2
    return (i) => {
      const { type, shape } = output(body, isScan ? i : i + 1)
      const rank = shape && shape.length + (i < states ? 0 : 1) // an iteration may change the sizes of a state
      return { type, shape: ofRank(rank) }
    }
  }
}

/** The operators of ONNX, and those that ONNX Runtime puts in their place when it optimises a model. */
export function isKnownDomain(domain: string): boolean {
  return isDefaultDomain(domain) || domain === 'com.microsoft'
}

function declared({ type }: ValueInfoProto): Description {
  if (!type?.tensorType) return UNKNOWN
  const { elemType, shape } = type.tensorType
  const sizes = ofSizes(shape?.dim)?.map(({ dimValue, dimParam }) => {
    if (dimParam !== undefined) return dimParam || null
    // Negative sizes are not in the specification, but some exporters write them for "unknown".
    return dimValue !== undefined && dimValue >= 0n ? Number(dimValue) : null
  })
  return { type: elemType || undefined, shape: sizes }
}

function stored(tensor: TensorProto): Description {
  const { dataType, dims } = tensor
  return { type: dataType, shape: ofSizes(dims)?.map(Number), values: storedValues(tensor) }
}

/** What the model declares, completed by what its nodes compute. */
function merged(given: Description, computed: Description): Description {
  return {
    type: given.type ?? computed.type,
    shape: mergedShape(given.shape, computed.shape),
    values: given.values ?? computed.values,
  }
}

/**
 * An exporter that does not know a size gives it a new name, even where it is that of an input; so a declared name
 * counts for less than a computed size. And PyTorch 2.13 declares the steps behind an LSTM as those of its example
 * input; so a computed name counts for more than a declared number.
 */
function mergedShape(given: Description['shape'], computed: Description['shape']): Description['shape'] {
  if (!given || !computed || given.length !== computed.length) return given ?? computed
  return given.map((size, axis) => {
    const found = computed[axis]
    return typeof size === 'number' && typeof found !== 'string' ? size : (found ?? size)
  })
}

/** What holds whichever branch is taken. */
function common(a: Description, b: Description): Description {
  const sameRank = a.shape !== undefined && a.shape.length === b.shape?.length
  return {
    type: a.type === b.type ? a.type : undefined,
    shape: sameRank ? a.shape?.map((size, axis) => (size === b.shape?.[axis] ? size : null)) : undefined,
  }
}
