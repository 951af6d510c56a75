/** Requests a GPU adapter and device, with clear errors when none is available. */

import { WebGPUUnavailableError } from './errors.js'
import { isSoftware } from './tuning.js'

const CORE: GPURequestAdapterOptions = { powerPreference: 'high-performance' }
/** For older graphics chips. Its limits are enough: 128 invocations in a workgroup, where 64 are used. */
const COMPATIBILITY: GPURequestAdapterOptions = { ...CORE, featureLevel: 'compatibility' }

/**
 * Requests an adapter.
 *
 * @param override the argument that takes any adapter, as the message names it; if given, software adapters are refused
 * @param wishes what to ask for, in this order, until there is an adapter
 * @throws WebGPUUnavailableError if there is no WebGPU or no adapter, or if it is a refused software adapter
 */
export async function requestAdapter(
  override?: string,
  wishes: readonly GPURequestAdapterOptions[] = [CORE],
): Promise<GPUAdapter> {
  const gpu: GPU | undefined = globalThis.navigator?.gpu
  if (!gpu) {
    const insecure = globalThis.isSecureContext === false
    throw new WebGPUUnavailableError(
      insecure
        ? 'noiseshape: this page is not a secure context, so WebGPU is unavailable. Serve it from https or localhost.'
        : "noiseshape: WebGPU is not available: navigator.gpu is undefined. Current browsers have it; in Node, set it with the npm package 'webgpu'; in Deno, pass --unstable-webgpu.",
    )
  }
  let adapter: GPUAdapter | null = null
  for (const wish of wishes) {
    adapter ??= await gpu.requestAdapter(wish).catch((cause) => {
      throw new WebGPUUnavailableError(`noiseshape: the request for an adapter failed: ${cause}`, { cause })
    })
  }
  if (!adapter) {
    throw new WebGPUUnavailableError(
      'noiseshape: WebGPU offers no adapter. The GPU may be blocked or have no driver.',
    )
  }
  if (override !== undefined && isSoftware(adapter.info)) {
    throw new WebGPUUnavailableError(
      `noiseshape: WebGPU offers only a software adapter, which is slower than running on the CPU directly: ${nameOf(adapter.info)}. Pass ${override} to use it anyway.`,
    )
  }
  return adapter
}

/**
 * Requests a device with the adapter's maximum buffer limits, in compatibility mode where there is no other; throws as
 * `requestAdapter` does, and without a device.
 */
export async function requestDevice(override?: string): Promise<GPUDevice> {
  const adapter = await requestAdapter(override, [CORE, COMPATIBILITY])
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

/** An adapter in words. Runtimes fill in different members; wgpu gives the vendor as a number, which says little. */
function nameOf({ vendor, architecture, description }: GPUAdapterInfo): string {
  const words = [vendor, architecture, description].filter((text) => text && !/^\d+$/.test(text))
  return words.join(' ') || 'an unnamed adapter'
}
