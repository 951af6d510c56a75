/** Requests the device to measure on, with the largest buffers its adapter allows, as the library's engine does. */

import type { Adapter } from './report.js'

export type Opened = { device: GPUDevice; adapter: Adapter } | { device?: undefined; noAdapter: string }

export async function openDevice(gpu: GPU | undefined = globalThis.navigator?.gpu): Promise<Opened> {
  if (!gpu) return { noAdapter: 'navigator.gpu is undefined' }
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
    if (!adapter) return { noAdapter: 'WebGPU offers no adapter' }
    const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits
    const requiredLimits = { maxBufferSize, maxStorageBufferBindingSize }
    const device = await adapter.requestDevice({ label: 'bench/device', requiredLimits })
    const { vendor, architecture, device: model, description, isFallbackAdapter } = adapter.info
    return {
      device,
      adapter: {
        vendor,
        architecture,
        device: model,
        description,
        isFallbackAdapter: isFallbackAdapter === true,
      },
    }
  } catch (error) {
    return { noAdapter: `the request for a device failed: ${error instanceof Error ? error.message : error}` }
  }
}
