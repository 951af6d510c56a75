/** Where buffers are made, and their bytes counted: WebGPU does not say how much it was asked for when it has no more. */

let requested = 0

export function createBuffer(device: GPUDevice, descriptor: GPUBufferDescriptor): GPUBuffer {
  requested += descriptor.size
  return device.createBuffer(descriptor)
}

/** Bytes of all buffers asked for so far: two readings tell what was asked for between them. */
export function requestedBytes(): number {
  return requested
}
