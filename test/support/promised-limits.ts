/** A device with the limits that WebGPU promises everywhere: 128 MiB to a binding, 65535 workgroups to a dimension. */

import { afterAll, beforeAll, expect } from 'vitest'

export async function requestDevice(requiredLimits: Record<string, number> = {}): Promise<GPUDevice> {
  const adapter = (await navigator.gpu.requestAdapter()) as GPUAdapter
  return adapter.requestDevice({ requiredLimits })
}

/** Hands over a device before the first test, and expects after the last that no GPU error was left unreported. */
export function usePromisedLimits(take: (device: GPUDevice) => void): void {
  const errors: string[] = []
  let device: GPUDevice
  beforeAll(async () => {
    device = await requestDevice()
    device.addEventListener('uncapturederror', ({ error }) => errors.push(error.message))
    take(device)
  })
  afterAll(() => {
    device.destroy()
    expect(errors).toEqual([])
  })
}
