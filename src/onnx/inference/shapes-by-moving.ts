/** Shapes after operators that only move or repeat entries. */

import { attributeOf, integerOf, integersOf } from '../attributes.js'
import type { NodeProto } from '../messages.js'
import type { Description } from '../shape-inference.js'
import { fromFront, lengthOf } from './shapes-by-axes.js'
import { divide, type KnownSize, multiply, ofRank } from './sizes.js'

type Shape = readonly KnownSize[]
type Rule = (node: NodeProto, inputs: readonly Description[]) => Shape | undefined

export function reshape(node: NodeProto, [x, list]: readonly Description[]): Shape | undefined {
  const wanted = integersOf(node, 'shape') ?? list?.values
  if (!wanted) return ofRank(lengthOf(list))
  const copiesZeros = integerOf(node, 'allowzero', 0) === 0
  const copied = wanted.map((size, axis) => (size === 0 && copiesZeros ? (x?.shape?.[axis] ?? null) : size))
  return copied.map((size) => {
    if (size !== -1) return typeof size === 'number' && size < 0 ? null : size
    return x?.shape
      ? divide(
          x.shape,
          copied.filter((other) => other !== -1),
        )
      : null
  })
}

export function flatten(node: NodeProto, [x]: readonly Description[]): Shape {
  const { shape } = x ?? {}
  if (!shape) return [null, null]
  const axis = integerOf(node, 'axis', 1)
  const cut = axis < 0 ? axis + shape.length : axis
  return [multiply(shape.slice(0, cut)), multiply(shape.slice(cut))]
}

/** One axis has a size that is not followed. */
export function changeAxis(shape: Shape | undefined, axis: number, size: KnownSize): Shape | undefined {
  const axes = shape && fromFront([axis], shape.length)
  return axes ? shape.map((old, i) => (axes.has(i) ? size : old)) : ofRank(shape?.length)
}

export function concat(node: NodeProto, inputs: readonly Description[]): Shape | undefined {
  const shapes = inputs.map(({ shape }) => shape)
  const some = shapes.find((shape) => shape !== undefined)
  const axes = some && fromFront([integerOf(node, 'axis', 1)], some.length)
  if (!some || !axes) return ofRank(some?.length)
  return some.map((_, axis) => {
    const sizes = shapes.map((shape) => shape?.[axis] ?? null)
    if (!axes.has(axis)) return sizes.find((size) => size !== null) ?? null
    return sizes.every((size) => typeof size === 'number') ? sizes.reduce((a, b) => a + b, 0) : null
  })
}

export function slice(
  node: NodeProto,
  [x, starts, ends, axes, steps]: readonly Description[],
): Shape | undefined {
  const { shape } = x ?? {}
  if (!shape) return undefined
  const from = integersOf(node, 'starts') ?? starts?.values
  const to = integersOf(node, 'ends') ?? ends?.values
  const along = integersOf(node, 'axes') ?? (node.input[3] ? axes.values : from?.map((_, i) => i))
  const by = node.input[4] ? steps.values : from?.map(() => 1)
  const cut = along && fromFront(along, shape.length)
  if (!cut) return ofRank(shape.length)
  const result = [...shape]
  for (const [i, axis] of [...cut].entries()) {
    result[axis] = sliced(shape[axis], from?.[i], to?.[i], by?.[i])
  }
  return result
}

/** More than any size: exporters write it as the end of a slice that goes to the end. */
const FAR = 2 ** 31 - 1

function sliced(
  size: KnownSize,
  from: KnownSize | undefined,
  to: KnownSize | undefined,
  by: KnownSize | undefined,
): KnownSize {
  if (typeof from !== 'number' || typeof to !== 'number' || by !== 1) return null
  if (from === 0 && to >= FAR) return size
  if (typeof size !== 'number') return null
  const place = (at: number) => Math.min(Math.max(at < 0 ? at + size : at, 0), size)
  return Math.max(place(to) - place(from), 0)
}

export function gather(node: NodeProto, [data, indices]: readonly Description[]): Shape | undefined {
  const [shape, places] = [data?.shape, indices?.shape]
  if (!shape || !places) return undefined
  const axis = integerOf(node, 'axis', 0)
  const at = axis < 0 ? axis + shape.length : axis
  return [...shape.slice(0, at), ...places, ...shape.slice(at + 1)]
}

export function gatherND(node: NodeProto, [data, indices]: readonly Description[]): Shape | undefined {
  const [shape, places] = [data?.shape, indices?.shape]
  const depth = places?.at(-1)
  if (!shape || !places || typeof depth !== 'number') return undefined
  return [...places.slice(0, -1), ...shape.slice(integerOf(node, 'batch_dims', 0) + depth)]
}

export function transpose(node: NodeProto, [x]: readonly Description[]): Shape | undefined {
  const { shape } = x ?? {}
  const order = integersOf(node, 'perm')
  if (!shape || !order || order.length === 0) return shape && [...shape].reverse()
  return order.map((axis) => shape[axis] ?? null)
}

export const oneHot: Rule = (node, [indices, depth]) => {
  const { shape } = indices ?? {}
  if (!shape) return undefined
  const axis = integerOf(node, 'axis', -1)
  const at = axis < 0 ? shape.length + 1 + axis : axis
  return [...shape.slice(0, at), depth?.values?.[0] ?? null, ...shape.slice(at)]
}

export const pad: Rule = (node, [x, list, , axes]) => {
  const { shape } = x ?? {}
  const given = integersOf(node, 'pads') ?? integersOf(node, 'paddings') ?? list?.values
  if (!shape || !given || axes || given.length !== 2 * shape.length) return ofRank(shape?.length)
  return shape.map((size, axis) => (given[axis] === 0 && given[axis + shape.length] === 0 ? size : null))
}

export const tile: Rule = (_, [x, list]) => {
  const { shape } = x ?? {}
  const repeats = list?.values
  return repeats?.length === shape?.length
    ? shape?.map((size, axis) => (repeats ? multiply([size, repeats[axis]]) : null))
    : ofRank(shape?.length)
}

export const resize: Rule = (node, [x, , , sizes]) =>
  sizes?.values &&
  !attributeOf(node, 'axes') &&
  !attributeOf(node, 'keep_aspect_ratio_policy') &&
  sizes.values.length === x?.shape?.length
    ? sizes.values
    : ofRank(x?.shape?.length)

/** The number of entries of a Range; a range from 0 in steps of 1 has a size that may only have a name. */
export function rangeOf(inputs: readonly Description[]): KnownSize {
  const [start, limit, step] = inputs.map(({ values }) => values?.[0] ?? null)
  if (start === 0 && step === 1) return limit
  if (typeof start !== 'number' || typeof limit !== 'number' || typeof step !== 'number') return null
  return step === 0 ? null : Math.max(Math.ceil((limit - start) / step), 0)
}
