/**
 * The GPU fixture. Every test of a file that calls `useGpu` runs inside error scopes of all three kinds and fails on any
 * GPU error; what it made is destroyed after it. No adapter is a failure: a suite without a GPU must not stay green.
 */

import { afterAll, afterEach, beforeEach } from 'vitest'
import { type Buffers, buffersOn } from './buffers'

export { storageUsage } from './buffers'

const SCOPES: readonly GPUErrorFilter[] = ['internal', 'out-of-memory', 'validation']

export interface Gpu extends Buffers {
  /** How many buffers of the device are alive. */
  liveBuffers(): number
  /** Another device, for tests that lose or alter it. Destroyed after the test. */
  anotherDevice(): Promise<GPUDevice>
}

/** Call it once at the top of a test file. */
export function useGpu(): Gpu {
  let device: GPUDevice | undefined
  const live = new Set<GPUBuffer>()
  const others: GPUDevice[] = []
  let errors: string[] = []
  const onError = ({ error }: GPUUncapturedErrorEvent) => {
    errors.push(`outside of every scope: ${error.message}`)
  }

  const present = (): GPUDevice => {
    if (!device) throw new Error('internal: the device of a GPU test file exists inside its tests only')
    return device
  }

  // In beforeEach, so that without an adapter each test fails: a failing beforeAll would show them as skipped.
  beforeEach(async () => {
    if (!device) {
      device = await requestDevice('test device')
      device.addEventListener('uncapturederror', onError)
      track(device, live)
    }
    errors = []
    for (const scope of SCOPES) device.pushErrorScope(scope)
  })

  afterEach(async () => {
    if (!device) return
    await device.queue.onSubmittedWorkDone()
    for (const buffer of live) buffer.destroy()
    for (const other of others.splice(0)) other.destroy()
    for (const scope of SCOPES.toReversed()) {
      const error = await device.popErrorScope()
      if (error) errors.push(`${scope}: ${error.message}`)
    }
    if (errors.length > 0) throw new Error(`The GPU reported errors:\n${errors.join('\n')}`)
  })

  afterAll(() => {
    device?.removeEventListener('uncapturederror', onError)
    device?.destroy()
  })

  const buffers = buffersOn(present)

  return {
    get device() {
      return present()
    },
    buffer: buffers.buffer,
    submit: buffers.submit,
    read: buffers.read,
    liveBuffers: () => live.size,
    async anotherDevice() {
      const other = await requestDevice('another test device')
      others.push(other)
      return other
    },
  }
}

async function requestDevice(label: string): Promise<GPUDevice> {
  const adapter = await navigator.gpu?.requestAdapter()
  if (!adapter) {
    throw new Error(
      'This browser has no WebGPU adapter, so nothing here could be tested. ' +
        'Start Chrome with --enable-unsafe-webgpu --use-webgpu-adapter=swiftshader.',
    )
  }
  const requiredLimits: Record<string, number> = {}
  // The limits are getters of the prototype, hence no Object.entries.
  for (const name in adapter.limits) {
    const limit = adapter.limits[name as keyof GPUSupportedLimits]
    if (typeof limit === 'number') requiredLimits[name] = limit
  }
  return adapter.requestDevice({ label, requiredLimits })
}

/** Notes every buffer from its creation to its destruction, by the library or the test. */
function track(device: GPUDevice, live: Set<GPUBuffer>): void {
  const create = device.createBuffer.bind(device)
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor)
    const destroy = buffer.destroy.bind(buffer)
    live.add(buffer)
    buffer.destroy = () => {
      live.delete(buffer)
      return destroy()
    }
    return buffer
  }
}
