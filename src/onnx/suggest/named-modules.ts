/** Places that only the names of modules show: heads, and outputs around the blocks of a known family. */

import type { NodeProto } from '../messages.js'
import type { Family } from './families.js'
import type { GraphView } from './graph-view.js'
import type { Place, Role, SuggestionKind } from './place.js'
import type { WeightLayer } from './weight-layers.js'

/** @param blocks nodes of the family's blocks, in the order of the graph */
export function namedPlaces(
  view: GraphView,
  layers: readonly WeightLayer[],
  family: Family,
  blocks: readonly NodeProto[],
): Place[] {
  const [first] = blocks
  const last = blocks.at(-1)
  if (!first || !last) return []
  const at = (tensor: string, kind: SuggestionKind, role: Role, what: string): Place => ({
    tensor,
    kind,
    role,
    confidence: 'high',
    reason: what,
    near: last,
  })
  const heads = layers.flatMap((layer) =>
    family.heads?.test(pathOf(view, layer.node))
      ? [at(layer.input, 'classifier', 'classifier', 'the input of a head')]
      : [],
  )
  const ends = moduleEnds(view)
  const outputs = [...ends].flatMap(([path, node]) => {
    const isBefore = family.before?.test(path) && view.order(node) < view.order(first)
    const isBehind = family.behind?.test(path)
    if (isBefore) return [at(node.output[0], 'embedding', 'embedding', `the output of ${path}`)]
    return isBehind ? [at(node.output[0], 'residual', 'residual', `the output of ${path}`)] : []
  })
  return [...heads, ...outputs]
}

function pathOf(view: GraphView, node: NodeProto): string {
  return view.module(node).path?.join('.') ?? ''
}

/** The last node of each module. */
function moduleEnds(view: GraphView): Map<string, NodeProto> {
  return new Map(view.nodes.map((node) => [pathOf(view, node), node]))
}
