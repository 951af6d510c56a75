/** Requests a GPU device, with clear errors when none is available. */

import { WebGPUUnavailableError } from './errors.js'
import { isSoftware } from './tuning.js'

/**
 * Requests a device with the adapter's maximum buffer limits.
 *
 * @param hardwareOnly refuse software adapters
 * @throws WebGPUUnavailableError if there is no WebGPU, no adapter or no device
 */
export async function requestDevice(hardwareOnly: boolean): Promise<GPUDevice> {
  const gpu: GPU | undefined = globalThis.navigator?.gpu
  if (!gpu) {
    const insecure = globalThis.isSecureContext === false
    const remedy =
      'document' in globalThis
        ? 'Use a browser that has it.'
        : "In Node, set navigator.gpu with the npm package 'webgpu', or pass a device."
    throw new WebGPUUnavailableError(
      insecure
        ? 'noiseshape: this page is not a secure context, so WebGPU is unavailable. Serve it from https or localhost.'
        : `noiseshape: WebGPU is not available: navigator.gpu is undefined. ${remedy}`,
    )
  }
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' }).catch((cause) => {
    throw new WebGPUUnavailableError(`noiseshape: the request for an adapter failed: ${cause}`, { cause })
  })
  if (!adapter) {
    throw new WebGPUUnavailableError(
      'noiseshape: WebGPU offers no adapter. The GPU may be blocked or have no driver.',
    )
  }
  if (hardwareOnly && isSoftware(adapter.info)) {
    const { vendor, architecture } = adapter.info
    throw new WebGPUUnavailableError(
      `noiseshape: the only WebGPU adapter (${vendor} ${architecture}) is software, which is slower than JavaScript. Pass backend: 'webgpu' to use it anyway.`,
    )
  }
  try {
    return await adapter.requestDevice({
      label: 'noiseshape/engine/device',
      requiredLimits: {
        maxBufferSize: adapter.limits.maxBufferSize,
        maxStorageBufferBindingSize: adapter.limits.maxStorageBufferBindingSize,
      },
    })
  } catch (cause) {
    throw new WebGPUUnavailableError(`noiseshape: the adapter returned no device: ${cause}`, { cause })
  }
}
