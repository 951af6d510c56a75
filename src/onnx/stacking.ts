/**
 * Several samples in one run, stacked in the batch: sample s has rows s b to s b + b - 1 of each tensor, where b is the
 * size of the batch. What the samples share is repeated.
 */

import type { Tensor } from 'onnxruntime-web'
import { scoped } from '../webgpu/errors.js'
import { createOwner } from '../webgpu/owned.js'
import type { Feeds } from './feeds.js'
import type { OrtModule } from './ort.js'
import { ortBufferSize } from './ort-buffers.js'

export interface Stack {
  /** Number of samples. */
  count: number
  /** Rows of one sample. */
  batch: number
}

type Shape = readonly number[]

/** Whether the noise of one sample can be stacked: its first dim is the batch, or the same for all of it. */
export function canStack(noise: Shape, batch: number): boolean {
  return noise[0] === 1 || noise[0] === batch
}

export function stackedShape([, ...rest]: Shape, { count, batch }: Stack): number[] {
  return [count * batch, ...rest]
}

/** How often the noise of one sample stands in its rows: once, or for each of them. */
export function rowsOfNoise([first]: Shape, { batch }: Stack): number {
  return first === batch ? 1 : batch
}

/** Feeds for stacks of samples. */
export interface StackedFeeds {
  /** The feeds of `count` samples, at most as many as were made. */
  of(count: number): Feeds
  free(): void
}

/**
 * Repeats the feeds that have the batch in their first dim; the others are the same for all samples. A batch of 1 may be
 * a dim that is broadcast, and repeating it does no harm.
 *
 * @param shared names of feeds that are the same for all samples, whatever their first dim
 * @returns undefined if one of them cannot be repeated
 * @throws if there is not enough memory for so many
 */
export async function stackFeeds(
  ort: OrtModule,
  device: GPUDevice | undefined,
  feeds: Feeds,
  shared: ReadonlyMap<string, unknown>,
  { count: most, batch }: Stack,
): Promise<StackedFeeds | undefined> {
  const entries = Object.entries(feeds)
  const onGpu = (tensor: Tensor) => tensor.location === 'gpu-buffer'
  const repeated = entries.filter(([name, { dims }]) => dims[0] === batch && !shared.has(name))
  if (!repeated.every(([, tensor]) => (onGpu(tensor) ? canCopy(tensor) : isTypedArray(tensor))))
    return undefined
  const arrays = new Map(
    repeated.flatMap(([name, tensor]) => (onGpu(tensor) ? [] : [[name, repeatArray(tensor, most)]])),
  )
  const buffers =
    device &&
    (await repeatBuffers(
      device,
      repeated.filter(([, tensor]) => onGpu(tensor)),
      most,
    ))
  const stacked = (name: string, tensor: Tensor, count: number) => {
    const dims = [count * batch, ...tensor.dims.slice(1)]
    const buffer = buffers?.of.get(name)
    const dataType = tensor.type as 'float32'
    if (buffer) return ort.Tensor.fromGpuBuffer(buffer, { dataType, dims })
    const array = arrays.get(name)
    return array ? new ort.Tensor(dataType, array.subarray(0, count * tensor.size), dims) : tensor
  }
  return {
    of: (count) => Object.fromEntries(entries.map(([name, tensor]) => [name, stacked(name, tensor, count)])),
    free: () => buffers?.destroy(),
  }
}

/** Bytes of the elements that ONNX Runtime keeps on the GPU. */
const BYTES: Readonly<Record<string, number>> = { float32: 4, float16: 2, int32: 4, uint32: 4 }

function bytesOf({ type, size }: Tensor): number {
  return (BYTES[type] ?? Number.NaN) * size
}

/** Strings are in ordinary arrays, and other places than the CPU and a GPUBuffer are ONNX Runtime's own. */
function isTypedArray(tensor: Tensor): boolean {
  return tensor.location === 'cpu' && ArrayBuffer.isView(tensor.data)
}

/** WebGPU copies multiples of four bytes. */
function canCopy(tensor: Tensor): boolean {
  return bytesOf(tensor) > 0 && bytesOf(tensor) % 4 === 0
}

/** Which typed array it is does not matter here. */
type Values = Float32Array

function repeatArray({ data }: Tensor, times: number): Values {
  const values = data as Values
  const all = new (values.constructor as Float32ArrayConstructor)(values.length * times)
  for (let i = 0; i < times; i++) all.set(values, i * values.length)
  return all
}

async function repeatBuffers(device: GPUDevice, tensors: readonly [string, Tensor][], times: number) {
  const owner = createOwner(device, 'stacked feeds')
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
  const { result, checked } = scoped(device, 'stacked feeds', () => {
    const encoder = device.createCommandEncoder({ label: 'noiseshape/stacked feeds/encoder' })
    const buffers = tensors.map(([name, tensor]): [string, GPUBuffer] => {
      const bytes = bytesOf(tensor)
      const all = owner.buffer('tensor', ortBufferSize(bytes * times), usage)
      for (let i = 0; i < times; i++) {
        encoder.copyBufferToBuffer(tensor.gpuBuffer as GPUBuffer, 0, all, i * bytes, bytes)
      }
      return [name, all]
    })
    device.queue.submit([encoder.finish()])
    return new Map(buffers)
  })
  try {
    await checked
  } catch (error) {
    owner.destroy()
    throw error
  }
  return { of: result, destroy: owner.destroy }
}
