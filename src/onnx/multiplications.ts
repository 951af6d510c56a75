/** How many multiplications a node takes for a batch of 1: products with matrices are nearly all of the work of a network. */

import type { KnownSize } from './inference/sizes.js'
import type { NodeProto } from './messages.js'
import type { Description } from './shape-inference.js'

type Shape = readonly KnownSize[]

/**
 * The multiplications of nodes in all.
 *
 * @returns undefined if it depends on sizes that only a run can tell, or if a node is of no kind that is counted
 */
export function multiplicationsOf(
  nodes: readonly NodeProto[],
  describe: (tensor: string) => Description,
): number | undefined {
  let sum = 0
  for (const { opType, input, output } of nodes) {
    const [a, b, result] = [input[0], input[1], output[0]].map((name) => describe(name ?? '').shape)
    const count = countOf(opType, a, b, result)
    if (count === undefined) return undefined
    sum += count
  }
  return sum
}

function countOf(opType: string, a: Shape | undefined, b: Shape | undefined, result: Shape | undefined) {
  switch (opType) {
    case 'Conv':
      return product(perExample(result), b?.slice(1)) // each value: a window of the channels of its group
    case 'ConvTranspose':
      return product(perExample(a), b?.slice(1))
    case 'MatMul':
    case 'Gemm':
      return product(perExample(result), result && depthOf(a, b, result))
    default:
      return undefined
  }
}

/** The length of the sums of a matrix product: the dim of either operand that the result lacks. */
function depthOf(a: Shape | undefined, b: Shape | undefined, result: Shape): Shape | undefined {
  const columns = result.at(-1)
  const [rows, other] = b?.slice(-2) ?? []
  if (typeof rows === 'number' && typeof other === 'number') return [other === columns ? rows : other]
  return a?.slice(-1)
}

/** The first dim is that of the batch. */
function perExample(shape: Shape | undefined): Shape | undefined {
  return shape && shape.length > 1 ? shape.slice(1) : shape
}

function product(...shapes: (Shape | undefined)[]): number | undefined {
  let total = 1
  for (const shape of shapes) {
    for (const size of shape ?? [null]) {
      if (typeof size !== 'number') return undefined
      total *= size
    }
  }
  return total
}
