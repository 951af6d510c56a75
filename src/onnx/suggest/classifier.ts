/** The input of the last layer with weights: where dropout before a classifier stands. */

import type { NodeProto } from '../messages.js'
import { dataInputs, type GraphView } from './graph-view.js'
import type { Place } from './place.js'
import type { WeightLayer } from './weight-layers.js'

/** One place for each output of the graph that ends in a layer; of the last layers before it if several meet there. */
export function classifierPlaces(
  view: GraphView,
  layers: readonly WeightLayer[],
  isMobile: boolean,
): Place[] {
  const byNode = new Map(layers.map((layer) => [layer.node, layer]))
  const places = new Map<string, Place>()
  for (const { name } of view.scope.graph.output) {
    const layer = lastLayerBefore(view, byNode, name)
    if (!layer) continue
    const tensor = beforeReshape(view, layer)
    const what = layer.kind === 'convolution' ? 'convolution' : 'dense layer'
    const isCustomary = isMobile && layer.kind === 'dense'
    places.set(tensor, {
      tensor,
      kind: 'classifier',
      role: 'classifier',
      confidence: isCustomary ? 'high' : 'medium',
      reason: `the input of the last layer with weights, a ${what}${isCustomary ? ', of a network of inverted residuals, which is trained with dropout there' : ''}`,
      near: undefined, // a last layer inside a block is no head: families name theirs
      customary: isMobile ? 0.2 : undefined,
    })
  }
  return [...places.values()]
}

/** The last layer in the order of the graph from which an output is computed, with nothing but simple steps behind it. */
function lastLayerBefore(
  view: GraphView,
  byNode: ReadonlyMap<NodeProto, WeightLayer>,
  output: string,
): WeightLayer | undefined {
  const open = [output]
  const seen = new Set<NodeProto>()
  let last: WeightLayer | undefined
  for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
    const node = view.producer(tensor)
    if (!node || seen.has(node)) continue
    seen.add(node)
    if (seen.size > MOST_BEHIND) return undefined
    const layer = byNode.get(node)
    if (!layer) open.push(...dataInputs(view, node))
    else if (!last || view.order(layer.node) > view.order(last.node)) last = layer
  }
  return last
}

/** A detector may do much with what its last layer gives. */
const MOST_BEHIND = 500

/** A dense layer on more than two dims may be a Gemm behind a Reshape. */
function beforeReshape(view: GraphView, { node, input, output }: WeightLayer): string {
  const reshape = view.producer(input)
  const isFolded =
    node.opType === 'Gemm' && reshape?.opType === 'Reshape' && view.producer(output)?.opType === 'Reshape'
  return isFolded ? reshape.input[0] : input
}
