/** The GPU: how one is asked for, and how its work is cut. */

import type { Variant } from '../plan.js'
import { WebGPUUnavailableError } from './errors.js'

/**
 * Requests a device with all that its adapter allows.
 *
 * @param hardwareOnly refuse an adapter that is software
 * @throws WebGPUUnavailableError where there is no WebGPU, no adapter or no device
 */
export async function requestDevice(hardwareOnly: boolean): Promise<GPUDevice> {
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
  if (hardwareOnly && isSoftware(adapter.info)) {
    const { vendor, architecture } = adapter.info
    throw new WebGPUUnavailableError(
      `noiseshape: the only WebGPU adapter (${vendor} ${architecture}) is software, on which JavaScript is faster. Pass backend: 'webgpu' to use it all the same.`,
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
 * How work is cut on this device. A software adapter pays for each thread and each instruction, so a thread takes many
 * packets and checks them together. On hardware neighbouring threads must read neighbouring addresses, and arithmetic
 * is free beside memory: a thread takes one packet, or a few down a column.
 */
export function variantFor({ adapterInfo }: GPUDevice): Variant {
  if (!isSoftware(adapterInfo)) return HARDWARE
  return names(adapterInfo, /swiftshader/i) ? SWIFTSHADER : SOFTWARE
}

const SWIFTSHADER: Variant = {
  workgroupSize: 64,
  groupsPerThread: 64,
  packetsPerThread: { rows: 4096, columns: 4096 },
  columnPackets: 4,
  longestRow: 16_384, // 64 KiB: with longer steps, each row of a column is another page for the processor
  trusting: true,
  rotation: 'float',
}
/** A compiler such as llvmpipe's makes vectors of flags and shifts, and its memory likes consecutive addresses better. */
const SOFTWARE: Variant = {
  ...SWIFTSHADER,
  groupsPerThread: 1,
  packetsPerThread: { rows: 512, columns: 512 },
  longestRow: 0,
  rotation: 'shift',
}
const HARDWARE: Variant = {
  workgroupSize: 64,
  groupsPerThread: 1,
  packetsPerThread: { rows: 1, columns: 8 },
  columnPackets: 1,
  longestRow: Number.POSITIVE_INFINITY,
  trusting: false,
  rotation: 'shift',
}

function isSoftware(info: GPUAdapterInfo | undefined): boolean {
  return info?.isFallbackAdapter === true || names(info, /swiftshader|llvmpipe/i)
}

function names(info: GPUAdapterInfo | undefined, pattern: RegExp): boolean {
  return pattern.test(`${info?.architecture} ${info?.description}`)
}
