/** Shapes of products with weights: matrix products and recurrent layers. */

import { integerOf, textOf } from '../attributes.js'
import type { NodeProto } from '../messages.js'
import type { Description } from '../shape-inference.js'
import { broadcastShapes, broadcastSize, type KnownSize } from './sizes.js'

type Shape = readonly KnownSize[]

export function matMul(a: Description | undefined, b: Description | undefined): Shape | undefined {
  const [left, right] = [a?.shape, b?.shape]
  if (!left || !right || left.length === 0 || right.length === 0) return undefined
  const batch = broadcastShapes([left.slice(0, -2), right.slice(0, -2)]) ?? []
  return [
    ...batch,
    ...(left.length > 1 ? [left[left.length - 2]] : []),
    ...(right.length > 1 ? [right[right.length - 1]] : []),
  ]
}

export function gemm(node: NodeProto, a: Description | undefined, b: Description | undefined): Shape {
  const size = (of: Description | undefined, transposed: boolean, axis: number) =>
    of?.shape?.length === 2 ? of.shape[transposed ? 1 - axis : axis] : null
  return [size(a, integerOf(node, 'transA', 0) !== 0, 0), size(b, integerOf(node, 'transB', 0) !== 0, 1)]
}

export function swapLast(of: Description | undefined, swapped: boolean): Description | undefined {
  const { shape } = of ?? {}
  if (!of || !swapped || !shape || shape.length < 2) return of
  return { ...of, shape: [...shape.slice(0, -2), shape[shape.length - 1], shape[shape.length - 2]] }
}

/** Subscripts such as `bhid,bhjd->bhij`: each letter has one size. */
export function einsum(node: NodeProto, inputs: readonly Description[]): Shape | undefined {
  const [terms, result] = textOf(node, 'equation').replaceAll(' ', '').split('->')
  if (result === undefined || result.includes('.')) return undefined
  const sizes = new Map<string, KnownSize>()
  for (const [i, term] of terms.split(',').entries()) {
    const { shape } = inputs[i] ?? {}
    if (shape?.length !== term.length) continue
    for (const [axis, letter] of [...term].entries()) {
      const known = sizes.get(letter)
      sizes.set(letter, known === undefined ? shape[axis] : broadcastSize(known, shape[axis]))
    }
  }
  return Array.from(result, (letter) => sizes.get(letter) ?? null)
}

/** All states of a recurrent layer: [steps, directions, batch, hidden], or the batch first. */
export function recurrent(node: NodeProto, [x]: readonly Description[]): Shape {
  const [steps, batch] = x?.shape?.length === 3 ? x.shape : [null, null]
  const directions = textOf(node, 'direction') === 'bidirectional' ? 2 : 1
  const hidden = integerOf(node, 'hidden_size', 0) || null
  return integerOf(node, 'layout', 0) === 0
    ? [steps, directions, batch, hidden]
    : [steps, batch, directions, hidden] // layout 1 has the batch first in its input, too
}

/** The last state: without the steps. */
export function lastState(node: NodeProto, all: Shape | undefined): Shape | undefined {
  return all?.filter((_, axis) => axis !== (integerOf(node, 'layout', 0) === 0 ? 0 : 1))
}
