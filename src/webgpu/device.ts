/** The GPU: how one is asked for, and how its work is cut. */

import type { Variant } from '../plan.js'
import { WebGPUUnavailableError } from './errors.js'

/**
 * Requests a device with all that its adapter allows.
 *
 * @throws WebGPUUnavailableError where there is no WebGPU, no adapter or no device
 */
export async function requestDevice(): Promise<GPUDevice> {
  const gpu: GPU | undefined = globalThis.navigator?.gpu
  if (!gpu) {
    const insecure = globalThis.isSecureContext === false
    throw new WebGPUUnavailableError(
      insecure
        ? 'noiseshape: this page is no secure context, where WebGPU does not exist. Serve it from https or localhost.'
        : 'noiseshape: there is no WebGPU here: navigator.gpu is undefined. A current browser has it.',
    )
  }
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' }).catch((cause) => {
    throw new WebGPUUnavailableError(`noiseshape: the request for an adapter failed: ${cause}`, { cause })
  })
  if (!adapter) {
    throw new WebGPUUnavailableError(
      'noiseshape: the browser has WebGPU but offers no adapter. The GPU may be blocked or have no driver.',
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
    throw new WebGPUUnavailableError(`noiseshape: the adapter gave no device: ${cause}`, { cause })
  }
}

/**
 * How work is cut on this device. A software adapter pays for each invocation, so a thread takes a whole mask word; on
 * hardware neighbouring threads must read neighbouring addresses, so a thread takes one packet of four elements.
 */
export function variantFor(device: GPUDevice): Variant {
  return { workgroupSize: 64, packetsPerThread: isSoftware(device.adapterInfo) ? 8 : 1 }
}

function isSoftware(info: GPUAdapterInfo | undefined): boolean {
  return (
    info?.isFallbackAdapter === true ||
    /swiftshader|llvmpipe/i.test(`${info?.architecture} ${info?.description}`)
  )
}
