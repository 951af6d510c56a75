/** Random nodes that are no dropout: their numbers would be drawn anew in each run, without a seed. */

import { attributeOf, integersOf } from './attributes.js'
import type { RandomNode } from './dropout-sites.js'
import { OnnxModelError } from './errors.js'
import { inferType, isDroppable } from './inference/element-types.js'
import { integerAttribute, makeNode, tensorAttribute } from './make-node.js'
import { dataTypeName, type NodeProto, DataType as Type, tensorType } from './messages.js'
import type { NodeEdits } from './node-edits.js'
import type { Describe } from './shape-inference.js'

/**
 * Replaces random numbers by their mean, and gives a sentence for each node.
 *
 * @param name makes unused names
 * @throws OnnxModelError for random numbers without a mean of their own, such as classes
 */
export function replaceByMeans(
  others: readonly RandomNode[],
  describe: Describe,
  edits: NodeEdits,
  name: (wanted: string) => string,
): string[] {
  return others.map(({ scope, node }) => {
    const mean = meanOf(node)
    const what = `${node.opType} node '${node.name}'`
    const type = inferType(
      node,
      node.input.map((input) => describe(scope, input)),
    )
    if (mean === undefined) {
      throw new OnnxModelError(
        `noiseshape: the ${what} draws random numbers that are no dropout, and nobody can repeat them. Export the model without it, or end it before.`,
      )
    }
    if (!isDroppable(type)) {
      const held = dataTypeName(type ?? 0) ?? `type ${type}`
      throw new OnnxModelError(
        `noiseshape: the ${what} draws random numbers of ${held}, which is not supported. Let it draw float32, and cast them to ${held} behind it.`,
      )
    }
    edits.replace(node, ofShape(node, mean, type ?? Type.FLOAT, name))
    return `The ${what} draws random numbers that are no dropout: replaced by their mean, ${mean}.`
  })
}

function meanOf(node: NodeProto): number | undefined {
  const number = (key: string, otherwise: number) => attributeOf(node, key)?.f ?? otherwise
  if (node.opType.startsWith('RandomNormal')) return number('mean', 0)
  return node.opType.startsWith('RandomUniform') ? (number('low', 0) + number('high', 1)) / 2 : undefined
}

/** Nodes that fill the shape of a random node with one number. */
function ofShape(
  node: NodeProto,
  value: number,
  type: number,
  name: (wanted: string) => string,
): NodeProto[] {
  const [output] = node.output
  const shape = name(`${output}_shape`)
  const fixed = integersOf(node, 'shape')
  const dims = tensorType.make({
    dataType: Type.INT64,
    dims: [BigInt(fixed?.length ?? 0)],
    int64Data: fixed?.map(BigInt) ?? [],
  })
  const one = tensorType.make({ dataType: Type.FLOAT, dims: [1n], floatData: [value] })
  const numbers = type === Type.FLOAT ? output : name(`${output}_float32`)
  return [
    fixed
      ? makeNode('Constant', [], shape, name(`${shape}/Constant`), [tensorAttribute('value', dims)])
      : makeNode('Shape', [node.input[0]], shape, name(`${shape}/Shape`)),
    makeNode('ConstantOfShape', [shape], numbers, node.name, [tensorAttribute('value', one)]),
    ...(type === Type.FLOAT
      ? []
      : [makeNode('Cast', [numbers], output, name(`${output}/Cast`), [integerAttribute('to', type)])]),
  ]
}
