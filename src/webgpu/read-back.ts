/** Runs GPU work and reads its results back: records the work and the copies, submits once, and maps the bytes. */

import { scoped } from './errors.js'
import type { Owner } from './owned.js'

/** The first `size` bytes of a buffer, to be read back. */
export interface Source {
  buffer: GPUBuffer
  size: number
}

export interface ReadBackOptions {
  owner: Owner
  /** In labels and errors. */
  stage: string
  /** Where the bytes arrive; by default a buffer that is made for them and destroyed. */
  staging?: GPUBuffer
  /** Resolves when the device has accepted what the work uses; checked first, because its failure causes later ones. */
  created?: Promise<void>
}

/**
 * Calls `record` with a new encoder, copies the ranges it returns into a staging buffer, one after the other, submits,
 * and passes their bytes to `take`, which must copy what it keeps. Errors thrown by `record` are passed on.
 */
export async function readBack<T>(
  device: GPUDevice,
  { owner, stage, staging: given, created }: ReadBackOptions,
  record: (encoder: GPUCommandEncoder) => readonly Source[],
  take: (bytes: ArrayBuffer) => T,
): Promise<T> {
  const { result, checked } = scoped(device, stage, () => {
    const encoder = device.createCommandEncoder({ label: `noiseshape/${stage}/encoder` })
    const sources = record(encoder)
    const size = sources.reduce((total, source) => total + source.size, 0)
    const staging = given ?? createStaging(owner, size)
    let at = 0
    for (const { buffer, size } of sources) {
      encoder.copyBufferToBuffer(buffer, 0, staging, at, size)
      at += size
    }
    device.queue.submit([encoder.finish()])
    return { staging, size, mapped: staging.mapAsync(GPUMapMode.READ, 0, size) }
  })
  const { staging, size, mapped } = result
  mapped.catch(() => {}) // if the device refused the work, that error is thrown first
  try {
    await created
    await checked
    await mapped
    const taken = take(staging.getMappedRange(0, size))
    staging.unmap()
    return taken
  } finally {
    if (!given) owner.release(staging)
  }
}

/** A buffer that several read-backs use, one after the other. */
export function createStaging(owner: Owner, size: number): GPUBuffer {
  return owner.buffer('staging', size, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST)
}
