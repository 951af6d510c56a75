/** TensorFlow.js on one of its backends, with its books checked: what a test makes there, it disposes. */

import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, expect } from 'vitest'

/** `'wasm'` and `'webgpu'` need their '@tensorflow/tfjs-backend-...' to be imported by the test file. */
export type BackendName = 'cpu' | 'wasm' | 'webgpu'

/** Every test of the enclosing block runs on this backend, and fails if tensors or GPU errors are left after it. */
export function useBackend(name: BackendName): void {
  let before: tf.MemoryInfo
  let errors: string[] = []
  const onError = ({ error }: GPUUncapturedErrorEvent) => {
    errors.push(error.message)
  }
  beforeEach(async () => {
    if (!(await tf.setBackend(name))) throw new Error(`TensorFlow.js has no backend ${name} here`)
    tf.env().set('IS_TEST', true) // its own check that a kernel leaks no data
    errors = []
    deviceOf(tf.backend())?.addEventListener('uncapturederror', onError)
    before = tf.memory()
  })
  afterEach(async () => {
    const { numTensors, numDataBuffers, numBytes } = before
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers, numBytes })
    const device = deviceOf(tf.backend())
    await device?.queue.onSubmittedWorkDone()
    device?.removeEventListener('uncapturederror', onError)
    expect(errors).toEqual([])
  })
}

export function deviceOf(backend: object): GPUDevice | undefined {
  return (backend as { device?: GPUDevice }).device
}

/** The bit patterns of a tensor, which is disposed. */
export async function taken(tensor: tf.Tensor): Promise<Uint32Array> {
  const values = (await tensor.data()) as Float32Array
  tensor.dispose()
  return new Uint32Array(values.buffer, values.byteOffset, values.length)
}

/** A tensor of these bit patterns. */
export function tensorOf(bits: Uint32Array, shape: readonly number[]): tf.Tensor {
  return tf.tensor(new Float32Array(bits.buffer as ArrayBuffer, bits.byteOffset, bits.length), [...shape])
}
