/**
 * Dropout inside TensorFlow.js' webgpu backend: on its device, between its buffers, in its command encoder. The backend
 * is recognised by its members, so that users of other backends need not install its package.
 */

import { type DataId, type DataType, env, mul, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core'
import { float32 } from '../elements/float32.js'
import type { Draw } from '../generators/generator.js'
import type { Dropout } from '../resolve.js'
import { createPasses, type Passes } from '../webgpu/passes.js'

/** The members of TensorFlow.js' `WebGPUBackend` (4.22) that are used here. */
export interface WebGPUBackend {
  readonly device: GPUDevice
  readonly tensorMap: { get(dataId: DataId): { dtype: DataType; resource?: unknown } }
  uploadToGPU(dataId: DataId): void
  makeTensorInfo(shape: readonly number[], dtype: DataType): TensorInfo
  ensureCommandEncoderReady(): void
  endComputePassEncoder(): void
  submitQueue(): void
  // Private in its types:
  readonly commandEncoder: GPUCommandEncoder | null
  /** Tensors of recorded commands: the buffer of one that is disposed is kept until they are submitted. */
  readonly commandQueueOwnedIds: { add(dataId: DataId): unknown }
  /** Dispatches in the encoder. */
  dispatchCountInPass: number
}

const MEMBERS = [
  'device',
  'tensorMap',
  'uploadToGPU',
  'makeTensorInfo',
  'ensureCommandEncoderReady',
  'endComputePassEncoder',
  'submitQueue',
  'commandEncoder',
  'commandQueueOwnedIds',
  'dispatchCountInPass',
] as const satisfies readonly (keyof WebGPUBackend)[]

export function isWebGPUBackend(backend: object): backend is WebGPUBackend {
  return MEMBERS.every((member) => member in backend)
}

/** Applies a dropout to a non-empty float32 tensor. As with TensorFlow.js' own ops, both passes are recorded. */
export function dropoutOnWebGPU(backend: WebGPUBackend, x: Tensor, dropout: Dropout, draw: Draw): TensorInfo {
  const floats = asFloats(backend, x)
  const output = backend.makeTensorInfo(x.shape, 'float32')
  const input = bufferOf(backend, floats)
  const passes = passesFor(backend, dropout)
  const tensors = passes.bind({ buffer: bufferOf(backend, output), offset: 0 }, { buffer: input, offset: 0 })
  backend.ensureCommandEncoderReady()
  backend.endComputePassEncoder()
  passes.record(backend.commandEncoder as GPUCommandEncoder, tensors, draw)
  for (const { dataId } of [floats, output]) backend.commandQueueOwnedIds.add(dataId)
  backend.dispatchCountInPass += 2
  if (backend.dispatchCountInPass >= env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE'))
    backend.submitQueue()
  if (floats !== x) floats.dispose()
  return output
}

/**
 * The GPU buffer of a float32 tensor, once everything that TensorFlow.js has recorded is submitted. The buffer belongs
 * to the tensor and returns to the backend's pool with it.
 */
export function valuesOnWebGPU(backend: WebGPUBackend, x: Tensor): { buffer: GPUBuffer; size: number } {
  const buffer = bufferOf(backend, x)
  submitPending(backend)
  return { buffer, size: x.size * float32.bytes }
}

/** tf.cast to float32 keeps the integers of its input and only changes the dtype; multiplying by 1 converts them. */
export function asFloats(backend: WebGPUBackend, x: Tensor): Tensor {
  return backend.tensorMap.get(x.dataId).dtype === 'float32' ? x : mul(x, 1)
}

function bufferOf(backend: WebGPUBackend, { dataId }: TensorInfo): GPUBuffer {
  backend.uploadToGPU(dataId) // uploads values from the CPU, or creates the buffer of an output
  return backend.tensorMap.get(dataId).resource as GPUBuffer
}

/** TensorFlow.js holds back up to 15 dispatches in its encoder, and ours with them. */
function submitPending(backend: WebGPUBackend): void {
  backend.ensureCommandEncoderReady()
  backend.endComputePassEncoder()
  backend.submitQueue()
}

/** Cached passes of each backend, most recently used last. Each owns a packed mask and its parameters. */
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
    passes = createPasses(backend.device, dropout)
    // A synchronous op has no other way to report it, and Node 20 has no reportError.
    passes.ready.catch((error) => (globalThis.reportError ?? console.error)(error))
    if (kept.size >= MOST_KEPT) submitPending(backend) // it may hold calls of what is destroyed
    for (const [oldest, { destroy }] of kept) {
      if (kept.size < MOST_KEPT) break
      destroy()
      kept.delete(oldest)
    }
  }
  kept.set(key, passes)
  return passes
}

/** Destroys the passes of a backend when TensorFlow.js removes it. */
export function releasePasses(backend: WebGPUBackend): void {
  for (const passes of passesOf.get(backend)?.values() ?? []) passes.destroy()
  passesOf.delete(backend)
}
