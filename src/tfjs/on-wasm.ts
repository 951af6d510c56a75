/**
 * Dropout inside TensorFlow.js' wasm backend: from its memory into its memory. The backend is recognised by its members, so
 * that users of other backends need not install its package.
 */

import type { DataId, DataType, Tensor, TensorInfo } from '@tensorflow/tfjs-core'
import { computeDropout, computeMask } from '../cpu/arrays.js'
import type { Draw } from '../generators/generator.js'
import type { Dropout } from '../resolve.js'
import { applyMaskDirectly } from '../simd/apply-direct.js'
import { kernelFor } from '../simd/choice.js'
import { flagsModule } from '../simd/flags.js'
import { createFlagKernel, type FlagKernel, roomFor } from '../simd/kernel.js'

/** The members of TensorFlow.js' `BackendWasm` (4.22) that are used here. */
export interface WasmBackend {
  readonly wasm: {
    _malloc(bytes: number): number
    _free(address: number): void
    /** What its WebAssembly module exports; with threads, no memory is among it. */
    readonly asm?: { readonly memory?: WebAssembly.Memory }
  }
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
  const kernel = dtype === 'float32' && kernelFor(x.size, flagsModule) ? kernelOf(backend) : undefined
  const values = backend.typedArrayFromHeap({ dataId: x.dataId, shape: x.shape, dtype })
  const y = backend.typedArrayFromHeap(output) as Float32Array<ArrayBuffer>
  // tf.cast on another backend keeps the integers of its input.
  const floats = values instanceof Float32Array ? values : Float32Array.from(values)
  if (kernel) applyMaskDirectly(kernel, floats, computeMask(dropout, draw), dropout, y)
  else computeDropout(floats, dropout, draw, y)
  return output
}

/** Values whose flags are made at a time. With 2^14 a dropout of 16.8 M values takes up to a fifth longer (Node 20). */
const WINDOW = 2 ** 17

/** Our modules in the memory of each backend, and the address of their room there; null where they cannot be. */
const rooms = new WeakMap<WasmBackend, { at: number; kernel: FlagKernel } | null>()

function kernelOf(backend: WasmBackend): FlagKernel | undefined {
  const { wasm } = backend
  const memory = wasm.asm?.memory
  if (!(memory?.buffer instanceof ArrayBuffer)) return
  let room = rooms.get(backend)
  if (room === undefined) {
    const at = wasm._malloc(roomFor(WINDOW)) >>> 0
    room = at === 0 ? null : { at, kernel: createFlagKernel(memory, WINDOW, at) }
  } else if (room && room.kernel.flags.buffer !== memory.buffer) {
    room = { ...room, kernel: createFlagKernel(memory, WINDOW, room.at) } // the memory has grown
  }
  rooms.set(backend, room)
  return room?.kernel
}

/** Frees the room in the memory of a backend that TensorFlow.js removes. */
export function releaseRoom(backend: WasmBackend): void {
  const room = rooms.get(backend)
  if (room) backend.wasm._free(room.at)
  rooms.delete(backend)
}
