/** Shapes after operators that fold, add or remove axes. */

import { attributeOf, integerOf, integersOf } from '../attributes.js'
import type { NodeProto } from '../messages.js'
import type { Description } from '../shape-inference.js'
import type { Values } from './integer-values.js'
import { type KnownSize, MOST_RANK, ofRank } from './sizes.js'

type Shape = readonly KnownSize[]
type Rule = (node: NodeProto, inputs: readonly Description[]) => Shape | undefined

/** Axes of a node: an attribute in older operator sets, an input in newer ones. */
export function axesOf(node: NodeProto, input: Description | undefined): Values | undefined {
  return integersOf(node, 'axes') ?? input?.values
}

/** The number of axes, which may be known where the axes are not. */
function axesCountOf(node: NodeProto, input: Description | undefined): number | undefined {
  return axesOf(node, input)?.length ?? lengthOf(input)
}

export function lengthOf(list: Description | undefined): number | undefined {
  const length = list?.shape?.length === 1 ? list.shape[0] : undefined
  return typeof length === 'number' ? length : undefined
}

/** Axes counted from the front; undefined if one of them is not known or is none. */
export function fromFront(axes: Values, rank: number): Set<number> | undefined {
  const found = new Set(axes.map((axis) => (typeof axis === 'number' && axis < 0 ? axis + rank : axis)))
  const isKnown = [...found].every((axis) => typeof axis === 'number' && axis >= 0 && axis < rank)
  return isKnown && found.size === axes.length ? (found as Set<number>) : undefined
}

export function reduce(node: NodeProto, [x, list]: readonly Description[]): Shape | undefined {
  const { shape } = x ?? {}
  if (!shape) return undefined
  const axes = axesOf(node, list)
  const keepsDims = integerOf(node, 'keepdims', 1) !== 0
  const isGiven = axes !== undefined || (node.input[1] ?? '') !== ''
  const all = !isGiven || axes?.length === 0
  if (all && integerOf(node, 'noop_with_empty_axes', 0) !== 0) return shape
  const folded = all ? new Set(shape.keys()) : axes && fromFront(axes, shape.length)
  if (folded) return fold(shape, folded, keepsDims)
  if (keepsDims) return ofRank(shape.length)
  const count = axesCountOf(node, list)
  return count === undefined ? undefined : ofRank(shape.length - count)
}

function fold(shape: Shape, axes: ReadonlySet<number>, keepsDims: boolean): Shape {
  return keepsDims
    ? shape.map((size, axis) => (axes.has(axis) ? 1 : size))
    : shape.filter((_, axis) => !axes.has(axis))
}

export const argument: Rule = (node, [x]) => {
  const { shape } = x ?? {}
  const axes = shape && fromFront([integerOf(node, 'axis', 0)], shape.length)
  return axes && fold(shape, axes, integerOf(node, 'keepdims', 1) !== 0)
}

export function unsqueeze(node: NodeProto, [x, list]: readonly Description[]): Shape | undefined {
  const { shape } = x ?? {}
  const count = axesCountOf(node, list)
  if (!shape || count === undefined || !(shape.length + count <= MOST_RANK)) return undefined
  const rank = shape.length + count
  const places = fromFront(axesOf(node, list) ?? [null], rank)
  if (!places) return ofRank(rank)
  const sizes = shape.values()
  return Array.from({ length: rank }, (_, axis) => (places.has(axis) ? 1 : (sizes.next().value ?? null)))
}

export function squeeze(node: NodeProto, [x, list]: readonly Description[]): Shape | undefined {
  const { shape } = x ?? {}
  if (!shape) return undefined
  const isGiven = attributeOf(node, 'axes') !== undefined || (node.input[1] ?? '') !== ''
  if (!isGiven)
    return shape.every((size) => typeof size === 'number') ? shape.filter((size) => size !== 1) : undefined
  const axes = axesOf(node, list)
  const folded = axes && fromFront(axes, shape.length)
  const count = axesCountOf(node, list)
  return folded ? fold(shape, folded, false) : count === undefined ? undefined : ofRank(shape.length - count)
}
