/**
 * Dropout inside TensorFlow.js' webgpu backend: on its device, from its buffer into its buffer, in the order of its
 * queue. The backend is known by what it can do, so that its package need not be installed for the others.
 */

import { type DataId, type DataType, mul, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core'
import { float32 } from '../elements/float32.js'
import type { Draw } from '../generators/generator.js'
import type { Dropout } from '../resolve.js'
import { createPasses, type Passes } from '../webgpu/passes.js'

/** The public members of TensorFlow.js' `WebGPUBackend` (4.22) that are used here. */
export interface WebGPUBackend {
  readonly device: GPUDevice
  readonly tensorMap: { get(dataId: DataId): { dtype: DataType; resource?: unknown } }
  uploadToGPU(dataId: DataId): void
  makeTensorInfo(shape: readonly number[], dtype: DataType): TensorInfo
  ensureCommandEncoderReady(): void
  endComputePassEncoder(): void
  submitQueue(): void
}

const MEMBERS = [
  'device',
  'tensorMap',
  'uploadToGPU',
  'makeTensorInfo',
  'ensureCommandEncoderReady',
  'endComputePassEncoder',
  'submitQueue',
] as const satisfies readonly (keyof WebGPUBackend)[]

export function isWebGPUBackend(backend: object): backend is WebGPUBackend {
  return MEMBERS.every((member) => member in backend)
}

/** Applies a dropout to a float32 tensor that is not empty. Both passes are submitted when it returns. */
export function dropoutOnWebGPU(backend: WebGPUBackend, x: Tensor, dropout: Dropout, draw: Draw): TensorInfo {
  const floats = asFloats(backend, x)
  const output = backend.makeTensorInfo(x.shape, 'float32')
  const input = bufferOf(backend, floats)
  const passes = passesFor(backend, dropout)
  const tensors = passes.bind({ buffer: bufferOf(backend, output), offset: 0 }, { buffer: input, offset: 0 })
  submitPending(backend)
  const encoder = backend.device.createCommandEncoder({ label: 'noiseshape/tfjs/encoder' })
  passes.record(encoder, tensors, draw)
  backend.device.queue.submit([encoder.finish()])
  if (floats !== x) floats.dispose()
  return output
}

/**
 * The values of a float32 tensor where the GPU has them, after all that TensorFlow.js recorded so far. The buffer is
 * the tensor's own and returns to the backend's pool with it.
 */
export function valuesOnWebGPU(backend: WebGPUBackend, x: Tensor): { buffer: GPUBuffer; size: number } {
  const buffer = bufferOf(backend, x)
  submitPending(backend)
  return { buffer, size: x.size * float32.bytes }
}

/** tf.cast to float32 leaves the integers of its input in place and changes only what the tensor is called. */
export function asFloats(backend: WebGPUBackend, x: Tensor): Tensor {
  return backend.tensorMap.get(x.dataId).dtype === 'float32' ? x : mul(x, 1)
}

function bufferOf(backend: WebGPUBackend, { dataId }: TensorInfo): GPUBuffer {
  backend.uploadToGPU(dataId) // moves values from the CPU, or makes the buffer of an output
  return backend.tensorMap.get(dataId).resource as GPUBuffer
}

/** TensorFlow.js holds back up to 15 dispatches in its own encoder; ours come after them. */
function submitPending(backend: WebGPUBackend): void {
  backend.ensureCommandEncoderReady()
  backend.endComputePassEncoder()
  backend.submitQueue()
}

/** Passes of a backend, those used last at the end. Each holds a packed mask and its parameters. */
const passesOf = new WeakMap<WebGPUBackend, Map<string, Passes>>()
const MOST_KEPT = 64

function passesFor(backend: WebGPUBackend, dropout: Dropout): Passes {
  const kept = passesOf.get(backend) ?? new Map<string, Passes>()
  passesOf.set(backend, kept)
  const { generator, rate, shape, noiseShape } = dropout
  const key = `${generator.name} ${rate} [${shape}] [${noiseShape}]`
  let passes = kept.get(key)
  if (passes) {
    kept.delete(key)
  } else {
    // Each call is submitted before the next is recorded, so that one set of parameters will do.
    passes = createPasses(backend.device, dropout, 1)
    passes.ready.catch((error) => reportError(error)) // a synchronous op has no other way to report it
    for (const [oldest, { destroy }] of kept) {
      if (kept.size < MOST_KEPT) break
      destroy()
      kept.delete(oldest)
    }
  }
  kept.set(key, passes)
  return passes
}

/** Frees what a backend's passes hold, when TensorFlow.js removes it. */
export function releasePasses(backend: WebGPUBackend): void {
  for (const passes of passesOf.get(backend)?.values() ?? []) passes.destroy()
  passesOf.delete(backend)
}
