/**
 * Stacks the samples of one run in the batch: what they share is repeated, and sample s has rows s b to s b + b - 1 of
 * each tensor, where b is the size of the batch.
 */

import type { Tensor } from 'onnxruntime-web'
import { float32 } from '../elements/float32.js'
import { product } from '../shape.js'
import type { Feeds } from './network.js'
import type { OrtModule } from './ort.js'

type Shape = readonly number[]

/** The shape of the noise of `count` samples; undefined if noise of this shape cannot be stacked. */
export function stackedShape(noise: Shape, batch: number, count: number): Shape | undefined {
  const [first, ...rest] = noise
  return first === 1 || first === batch ? [batch * count, ...rest] : undefined
}

/** Whether a tensor has a row for each example: those of a batch of one look the same, and may be repeated as well. */
export function hasBatch({ dims }: Pick<Tensor, 'dims'>, batch: number): boolean {
  return dims[0] === batch
}

/** Repeats the tensors in arrays that have the batch. */
export function repeatArrays(ort: OrtModule, feeds: Feeds, batch: number, count: number): Feeds {
  const repeat = (tensor: Tensor) => {
    const data = tensor.data as Float32Array
    const all = new (data.constructor as Float32ArrayConstructor)(data.length * count)
    for (let sample = 0; sample < count; sample++) all.set(data, sample * data.length)
    const [first, ...rest] = tensor.dims
    return new ort.Tensor(tensor.type as 'float32', all, [first * count, ...rest])
  }
  return mapped(feeds, (tensor) => (hasBatch(tensor, batch) ? repeat(tensor) : tensor))
}

/** Writes the noise of one sample behind that of the samples before it, once for each of its rows. */
export function placeNoise(
  all: Float32Array,
  noise: Float32Array,
  shape: Shape,
  batch: number,
  sample: number,
): void {
  const times = shape[0] === batch ? 1 : batch
  const start = sample * times * noise.length
  for (let i = 0; i < times; i++) all.set(noise, start + i * noise.length)
}

function mapped(feeds: Feeds, change: (tensor: Tensor) => Tensor): Feeds {
  return Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, change(tensor)]))
}

export const bytesOf = (shape: Shape) => product(shape) * float32.bytes
