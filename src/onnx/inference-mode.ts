/** Takes all but dropout out of training mode: a normalisation must not depend on the other rows of its batch. */

import { integerOf } from './attributes.js'
import { makeNode } from './make-node.js'
import type { GraphProto, NodeProto } from './messages.js'
import { isDefaultDomain, type Model } from './model.js'
import { subgraphsOf } from './scope.js'

/**
 * Sets batch normalisations of a training-mode export to inference, and gives a sentence about it.
 *
 * @param name makes unused names
 */
export function normaliseWithStoredStatistics(
  { proto, graph, opset }: Model,
  name: (wanted: string) => string,
): string[] {
  let count = 0
  const visit = (nodes: NodeProto[]): NodeProto[] =>
    nodes.flatMap((node) => {
      for (const inner of subgraphsOf(node)) visitGraph(inner)
      if (!isInTraining(node, opset)) return [node]
      count++
      return [node, ...toInference(node, name)]
    })
  const visitGraph = (inner: GraphProto) => {
    inner.node = visit(inner.node)
  }
  visitGraph(graph)
  for (const held of proto.functions) held.node = visit(held.node)
  if (count === 0) return []
  const what = count === 1 ? '1 BatchNormalization node' : `${count} BatchNormalization nodes`
  return [
    `${what} of this training-mode export would have normalised with the statistics of each batch: set to inference, with the stored mean and variance.`,
  ]
}

/** Operator set 14 has an attribute for it; before, a node with more than one output is in training mode. */
function isInTraining(node: NodeProto, opset: number): boolean {
  if (node.opType !== 'BatchNormalization' || !isDefaultDomain(node.domain)) return false
  return opset >= 14 ? integerOf(node, 'training_mode', 0) !== 0 : node.output.length > 1
}

/** The running statistics, if something reads them, stay what they were. */
function toInference(node: NodeProto, name: (wanted: string) => string): NodeProto[] {
  const statistics = node.output.slice(1).flatMap((output, i) => {
    const stored = node.input[3 + (i % 2)] // mean and variance, twice in older operator sets
    return output && stored ? [makeNode('Identity', [stored], output, name(`${output}/Identity`))] : []
  })
  node.output = node.output.slice(0, 1)
  node.attribute = node.attribute.filter((attribute) => attribute.name !== 'training_mode')
  return statistics
}
