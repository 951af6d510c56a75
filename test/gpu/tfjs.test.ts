/** noiseshape/tfjs in the browser: on the webgpu backend of TensorFlow.js, its device, its buffers and its queue. */

import '@tensorflow/tfjs-backend-webgpu'
import * as tf from '@tensorflow/tfjs-core'
import { dropout } from 'noiseshape/tfjs'
import { describe, expect, test } from 'vitest'
import { expectSameBits } from '../support/compare'
import { input } from '../support/inputs'
import { judgeDropout } from '../support/judge'
import { deviceOf, taken, tensorOf, useBackend } from '../support/tfjs-backend'

describe('on the webgpu backend', () => {
  useBackend('webgpu')

  test('the device sees a dispatch for each pass: nothing is read back, copied, uploaded or submitted', async () => {
    const x = tf.tidy(() => tf.mul(tf.ones([300, 40]), 3)) // on the GPU
    const device = present(deviceOf(tf.backend()))
    dropout(x, 0.5, { seed: 1, step: 0 }).dispose() // pipelines and buffers are there
    submitPending() // and the output's is back in the pool
    const seen: string[] = []
    const restore = [
      spy(device.queue, 'submit', seen),
      spy(device.queue, 'writeBuffer', seen),
      spy(GPUCommandEncoder.prototype, 'copyBufferToBuffer', seen),
      spy(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', seen),
      spy(GPUBuffer.prototype, 'mapAsync', seen),
      spy(device, 'createBuffer', seen),
    ]
    const y = dropout(x, 0.5, { seed: 1, step: 1 })
    for (const undo of restore) undo()
    expect(seen).toEqual(['dispatchWorkgroups', 'dispatchWorkgroups'])
    tf.dispose([x, y])
  })

  test('a long row of calls is submitted in parts, so that the buffers of disposed tensors are used again', () => {
    const x = tf.tidy(() => tf.mul(tf.ones([300, 40]), 3))
    const device = present(deviceOf(tf.backend()))
    submitPending()
    const seen: string[] = []
    const restore = [spy(device, 'createBuffer', seen), spy(device.queue, 'submit', seen)]
    for (let step = 0; step < 100; step++) dropout(x, 0.5, { seed: 1, step }).dispose()
    for (const undo of restore) undo()
    const count = (name: string) => seen.filter((one) => one === name).length
    expect(count('submit')).toBeGreaterThanOrEqual(10)
    expect(count('submit')).toBeLessThanOrEqual(20)
    expect(count('createBuffer')).toBeLessThan(20)
    x.dispose()
  })

  test('a tensor that is disposed before its call is submitted has the judge’s bits, whatever takes its buffer', async () => {
    const shape = [60, 50]
    const [first, second] = [input(shape, 1), input(shape, 2)]
    const x = tf.tidy(() => tf.mul(tensorOf(first, shape), 1))
    const y = dropout(x, 0.5, { seed: 1 })
    x.dispose()
    const z = tf.tidy(() => tf.mul(tensorOf(second, shape), 1))
    expectSameBits(await taken(y), judgeDropout(first, { shape, rate: 0.5, seed: 1 }))
    z.dispose()
  })

  test('its tensors are counted as memory of the GPU, and the buffers come back to the pool', () => {
    const gpuBytes = () => (tf.memory() as tf.MemoryInfo & { numBytesInGPU: number }).numBytesInGPU
    submitPending()
    const before = gpuBytes()
    const x = tf.tidy(() => tf.mul(tf.ones([100, 100]), 3))
    const y = dropout(x, 0.5, { seed: 1 })
    expect(gpuBytes() - before).toBeGreaterThanOrEqual(80_000)
    tf.dispose([x, y])
    submitPending()
    expect(gpuBytes()).toBe(before)
  })

  test('a tensor created on the cpu backend is moved', async () => {
    const shape = [9, 33]
    const x = input(shape, 6)
    await tf.setBackend('cpu')
    const tensor = tensorOf(x, shape)
    await tf.setBackend('webgpu')
    const y = tf.tidy(() => dropout(tensor, 0.5, { seed: 1 }))
    expectSameBits(await taken(y), judgeDropout(x, { shape, rate: 0.5, seed: 1 }))
    tensor.dispose()
  })

  test('a buffer of the user that is larger than its tensor is used in place', async () => {
    const shape = [5, 30]
    const x = input(shape, 6)
    const device = present(deviceOf(tf.backend()))
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
    const buffer = device.createBuffer({ size: 4096, usage })
    device.queue.writeBuffer(buffer, 0, x as GPUAllowSharedBufferSource)
    const tensor = tf.tensor({ buffer, zeroCopy: true }, shape, 'float32')
    expectSameBits(
      await taken(dropout(tensor, 0.5, { seed: 1 })),
      judgeDropout(x, { shape, rate: 0.5, seed: 1 }),
    )
    tensor.dispose()
    buffer.destroy()
  })

  test('a tensor of more elements than one dispatch reaches has the judge’s bits at its end too', async () => {
    const shape = [1030, 1025]
    const x = new Uint32Array(1030 * 1025).fill(0x3f800000)
    const y = tf.tidy(() => dropout(tf.ones(shape), 0.5, { seed: 3, noiseShape: [null, 1] }))
    expectSameBits(await taken(y), judgeDropout(x, { shape, rate: 0.5, seed: 3, noiseShape: [null, 1] }))
  })

  test('many shapes and rates leave a bounded number of buffers, and removing the backend leaves none', async () => {
    const adapter = present(await navigator.gpu.requestAdapter())
    const device = await adapter.requestDevice()
    const ours = trackOurs(device)
    const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu')
    tf.copyRegisteredKernels('webgpu', 'another-webgpu')
    tf.registerBackend('another-webgpu', () => new WebGPUBackend(device))
    await tf.setBackend('another-webgpu')
    for (let size = 1; size <= 100; size++) {
      tf.tidy(() => dropout(tf.ones([size]), 0.5, { seed: 1 })).dispose()
    }
    expect(ours.size).toBeGreaterThan(0)
    expect(ours.size).toBeLessThanOrEqual(64 * 3) // an op has a mask and the parameters of two passes
    const x = input([7], 1)
    const y = tf.tidy(() => dropout(tensorOf(x, [7]), 0.5, { seed: 1 })) // made anew, since it was evicted
    expectSameBits(await taken(y), judgeDropout(x, { shape: [7], rate: 0.5, seed: 1 }))
    await tf.setBackend('webgpu')
    tf.removeBackend('another-webgpu')
    expect(ours.size).toBe(0)
    device.destroy()
  })
})

function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('internal: missing')
  return value
}

function submitPending(): void {
  const backend = tf.backend() as unknown as Record<string, () => void>
  backend.ensureCommandEncoderReady()
  backend.endComputePassEncoder()
  backend.submitQueue()
}

/** Notes each call of a method, and returns what takes the note-taker away. */
function spy<T extends object>(object: T, name: keyof T & string, seen: string[]): () => void {
  const own = Object.getOwnPropertyDescriptor(object, name)
  const method = object[name] as (...args: unknown[]) => unknown
  Object.defineProperty(object, name, {
    configurable: true,
    value(this: unknown, ...args: unknown[]) {
      seen.push(name)
      return method.apply(this, args)
    },
  })
  return () => {
    if (own) Object.defineProperty(object, name, own)
    else delete object[name]
  }
}

/** The live buffers of a device with our label. */
function trackOurs(device: GPUDevice): Set<GPUBuffer> {
  const live = new Set<GPUBuffer>()
  const create = device.createBuffer.bind(device)
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor)
    if (descriptor.label?.startsWith('noiseshape/')) {
      live.add(buffer)
      const destroy = buffer.destroy.bind(buffer)
      buffer.destroy = () => {
        live.delete(buffer)
        return destroy()
      }
    }
    return buffer
  }
  return live
}
