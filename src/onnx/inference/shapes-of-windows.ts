/** Shapes of what slides a window over a tensor: convolutions and pooling. The first dims are batch and channels. */

import { integerOf, integersOf, textOf } from '../attributes.js'
import type { NodeProto } from '../messages.js'
import type { Description } from '../shape-inference.js'
import type { KnownSize } from './sizes.js'

type Shape = readonly KnownSize[]

/** The first dim of the kernel is that of the channels that come out. */
export function convolve(
  node: NodeProto,
  x: Description | undefined,
  kernel: Description | undefined,
): Shape | undefined {
  if (!x?.shape) return undefined
  const window = integersOf(node, 'kernel_shape') ?? kernel?.shape?.slice(2)
  return [x.shape[0], kernel?.shape?.[0] ?? null, ...placesOf(node, x.shape.slice(2), window)].slice(
    0,
    x.shape.length,
  )
}

export function pool(node: NodeProto, [x]: readonly Description[]): Shape | undefined {
  const window = integersOf(node, 'kernel_shape')
  return x?.shape && [...x.shape.slice(0, 2), ...placesOf(node, x.shape.slice(2), window)]
}

export function globalPool(_: NodeProto, [x]: readonly Description[]): Shape | undefined {
  return x?.shape?.map((size, axis) => (axis < 2 ? size : 1))
}

/**
 * The number of places of the window along each dim (ONNX, operator Conv and MaxPool). Versions differ in how they round up
 * with `ceil_mode`, so those sizes are left open.
 */
function placesOf(node: NodeProto, sizes: Shape, window: Shape | undefined): KnownSize[] {
  const [strides, dilations, pads] = ['strides', 'dilations', 'pads'].map((name) => integersOf(node, name))
  const padding = textOf(node, 'auto_pad')
  const roundsUp = integerOf(node, 'ceil_mode', 0) !== 0
  return sizes.map((size, i) => {
    const length = window?.[i]
    const stride = strides?.[i] ?? 1
    if (typeof size !== 'number' || typeof length !== 'number' || roundsUp || !(stride > 0)) return null
    if (padding.startsWith('SAME')) return Math.ceil(size / stride)
    const padded = size + (pads?.[i] ?? 0) + (pads?.[i + sizes.length] ?? 0)
    const span = (dilations?.[i] ?? 1) * (length - 1) + 1
    return Math.max(Math.floor((padded - span) / stride) + 1, 0)
  })
}
