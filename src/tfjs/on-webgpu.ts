/**
 * Dropout inside TensorFlow.js' webgpu backend: on its device, from its buffer into its buffer, in the order of its
 * queue. The backend is known by what it can do, so that its package need not be installed for the others.
 */

import { type DataId, type DataType, mul, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core'
import type { CallOptions, DropoutOptions } from '../options.js'
import { createDropout, type DropoutOp } from '../webgpu/dropout.js'

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
export function dropoutOnWebGPU(
  backend: WebGPUBackend,
  x: Tensor,
  dropout: DropoutOptions,
  call: CallOptions,
): TensorInfo {
  const floats = asFloats(backend, x)
  const output = backend.makeTensorInfo(x.shape, 'float32')
  const tensors = { input: bufferOf(backend, floats), output: bufferOf(backend, output) }
  submitPending(backend)
  const encoder = backend.device.createCommandEncoder({ label: 'noiseshape/tfjs/encoder' })
  opFor(backend, dropout).encode(encoder, tensors, call)
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
  return { buffer, size: x.size * 4 }
}

/** tf.cast to float32 leaves the integers of its input in place and changes only what the tensor is called. */
export function asFloats(backend: WebGPUBackend, x: Tensor): Tensor {
  return backend.tensorMap.get(x.dataId).dtype === 'float32' ? x : mul(x, 1)
}

function bufferOf(backend: WebGPUBackend, { dataId }: TensorInfo): GPUBuffer {
  backend.uploadToGPU(dataId) // moves values from the CPU, or makes the buffer of an output
  return backend.tensorMap.get(dataId).resource as GPUBuffer
}

/** TensorFlow.js holds back up to 15 dispatches in an encoder of its own; ours come after them. */
function submitPending(backend: WebGPUBackend): void {
  backend.ensureCommandEncoderReady()
  backend.endComputePassEncoder()
  backend.submitQueue()
}

/** Ops of a backend, the one used last at the end. Each holds a packed mask and its parameters. */
const opsOf = new WeakMap<WebGPUBackend, Map<string, DropoutOp>>()
const MAX_OPS = 64

function opFor(backend: WebGPUBackend, { shape, rate, noiseShape }: DropoutOptions): DropoutOp {
  const ops = opsOf.get(backend) ?? new Map<string, DropoutOp>()
  opsOf.set(backend, ops)
  const key = `${rate} [${shape}] [${noiseShape}]`
  let op = ops.get(key)
  if (op) {
    ops.delete(key)
  } else {
    // Each call is submitted before the next is recorded, so that one set of parameters will do.
    op = createDropout(backend.device, { shape, rate, noiseShape, maxPendingCalls: 1 })
    op.ready.catch((error) => reportError(error)) // a synchronous op has no other way to tell
    for (const [oldest, { destroy }] of ops) {
      if (ops.size < MAX_OPS) break
      destroy()
      ops.delete(oldest)
    }
  }
  ops.set(key, op)
  return op
}

/** Frees what the ops of a backend hold, when TensorFlow.js removes it. */
export function releaseOps(backend: WebGPUBackend): void {
  for (const op of opsOf.get(backend)?.values() ?? []) op.destroy()
  opsOf.delete(backend)
}
