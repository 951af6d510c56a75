/** Sites: where a model itself drops. A Dropout node, or the random nodes that exporters write in its place. */

import { OnnxModelError } from './errors.js'
import type { NodeProto } from './messages.js'
import { isDefaultDomain, type Model } from './model.js'
import { isRandom, matchRandomDropout } from './random-dropout.js'
import { ratioOf } from './ratio.js'
import { readersIn, type Scope, subgraphsOf } from './scope.js'
import type { Describe } from './shape-inference.js'

export interface Site {
  scope: Scope
  /** Its first output is the tensor after dropout. */
  node: NodeProto
  /** The tensor that is dropped. */
  tensor: string
  /** Undefined if the model computes it. */
  ratio: number | undefined
  /** Undefined for a Dropout node, which drops single elements; `'computed'` if it is not known before the model runs. */
  noiseShape: readonly (number | null)[] | 'computed' | undefined
}

export interface RandomNode {
  scope: Scope
  node: NodeProto
}

export interface Sites {
  /** In the order of the nodes; those of subgraphs after those of the graph. */
  sites: Site[]
  /** Nodes that draw random numbers for something else. */
  others: RandomNode[]
}

export function findSites(model: Model, scopes: readonly Scope[], describe: Describe): Sites {
  const sites: Site[] = []
  const others: RandomNode[] = []
  for (const scope of scopes) {
    const readers = scope.graph.node.some(isRandom) ? readersIn(scope) : new Map<string, NodeProto[]>()
    const order = new Map(scope.graph.node.map((node, i) => [node, i]))
    const found: Site[] = []
    for (const node of scope.graph.node) {
      if (isDropout(node)) {
        const ratio = ratioOf(model, scope, node)
        found.push({ scope, node, tensor: node.input[0], ratio, noiseShape: undefined })
      } else if (isRandom(node)) {
        const match = matchRandomDropout(scope, readers, describe, node)
        if (match) found.push({ scope, ...match })
        else others.push({ scope, node })
      }
    }
    sites.push(...found.sort((a, b) => (order.get(a.node) ?? 0) - (order.get(b.node) ?? 0)))
  }
  return { sites, others }
}

export function isDropout({ opType, domain, input, output }: NodeProto): boolean {
  return opType === 'Dropout' && isDefaultDomain(domain) && input.length > 0 && output.length > 0
}

/** Dropout in a model function cannot get a noise input: a function sees only its arguments and has many callers. */
export function assertNoneInFunctions({ proto }: Model): void {
  const holder = proto.functions.find(({ node }) => nodesWithin(node).some(isDropout))
  if (!holder) return
  throw new OnnxModelError(
    `noiseshape: the model's own function '${holder.name}' holds a Dropout node, and a function cannot read graph inputs. ${INLINE}, or name the points.`,
  )
}

/**
 * Makes the Dropout nodes of functions inactive, and refuses random nodes there.
 *
 * @returns a sentence about those that may have been active
 */
export function quietFunctions({ proto, opset }: Model): string[] {
  let count = 0
  for (const { node: nodes, name } of proto.functions) {
    for (const node of nodesWithin(nodes)) {
      if (isRandom(node)) {
        throw new OnnxModelError(
          `noiseshape: the model's own function '${name}' holds the node ${node.opType}, whose random numbers nobody can repeat. ${INLINE}.`,
        )
      }
      if (!isDropout(node) || opset < 12) continue
      if (node.input[2]) count++
      node.input = [node.input[0]] // without training_mode, it passes its input on
    }
  }
  if (count === 0) return []
  return [`${count} Dropout ${count === 1 ? 'node' : 'nodes'} in the model's own functions made inactive.`]
}

/** The nodes, and those of their subgraphs. */
function nodesWithin(nodes: readonly NodeProto[]): NodeProto[] {
  return nodes.flatMap((node) => [node, ...subgraphsOf(node).flatMap((inner) => nodesWithin(inner.node))])
}

const INLINE = 'Inline it first (onnx.inliner.inline_local_functions)'
