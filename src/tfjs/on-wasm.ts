/**
 * Dropout inside TensorFlow.js' wasm backend: from its memory into its memory. The backend is recognised by its members, so
 * that users of other backends need not install its package.
 */

import type { DataId, DataType, Tensor, TensorInfo } from '@tensorflow/tfjs-core'
import { computeDropout } from '../cpu/arrays.js'
import type { Draw } from '../generators/generator.js'
import type { Dropout } from '../resolve.js'

/** The members of TensorFlow.js' `BackendWasm` (4.22) that are used here. */
export interface WasmBackend {
  readonly wasm: object
  readonly dataIdMap: { get(dataId: DataId): { dtype: DataType } }
  /** Allocates, which may grow the memory and so detach all views of it. */
  makeOutput(shape: readonly number[], dtype: DataType): TensorInfo
  typedArrayFromHeap(tensor: TensorInfo): Float32Array<ArrayBuffer> | Int32Array | Uint8Array
}

const MEMBERS = [
  'wasm',
  'dataIdMap',
  'makeOutput',
  'typedArrayFromHeap',
] as const satisfies readonly (keyof WasmBackend)[]

export function isWasmBackend(backend: object): backend is WasmBackend {
  return MEMBERS.every((member) => member in backend)
}

/** Applies a dropout to a non-empty float32 tensor. */
export function dropoutOnWasm(backend: WasmBackend, x: Tensor, dropout: Dropout, draw: Draw): TensorInfo {
  const { dtype } = backend.dataIdMap.get(x.dataId) // moves a tensor of another backend here
  const output = backend.makeOutput(x.shape, 'float32')
  const values = backend.typedArrayFromHeap({ dataId: x.dataId, shape: x.shape, dtype })
  // tf.cast on another backend keeps the integers of its input.
  const floats = values instanceof Float32Array ? values : Float32Array.from(values)
  const y = backend.typedArrayFromHeap(output) as Float32Array<ArrayBuffer>
  computeDropout(floats, dropout, draw, y)
  return output
}
