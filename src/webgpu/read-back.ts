/** From GPU to host: copies recorded after the work, one submission, and the bytes once they have arrived. */

import { scoped } from './errors.js'
import type { Owner } from './owned.js'

/** A range of a buffer that is read back, in bytes from its start. */
export interface Source {
  buffer: GPUBuffer
  size: number
}

/**
 * Runs `record` on a new encoder, copies the ranges that it returns into a staging buffer, one after the other, submits,
 * and passes their bytes to `take`, which must copy what it keeps. What `record` throws is thrown.
 *
 * @param created resolves when the device has accepted what the work uses; its failure is the cause of later ones
 */
export async function readBack<T>(
  device: GPUDevice,
  owner: Owner,
  stage: string,
  record: (encoder: GPUCommandEncoder) => readonly Source[],
  take: (bytes: ArrayBuffer) => T,
  created?: Promise<void>,
): Promise<T> {
  const { result, checked } = scoped(device, stage, () => {
    const encoder = device.createCommandEncoder({ label: `noiseshape/${stage}/encoder` })
    const sources = record(encoder)
    const size = sources.reduce((total, source) => total + source.size, 0)
    const staging = owner.buffer('staging', size, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST)
    let at = 0
    for (const { buffer, size } of sources) {
      encoder.copyBufferToBuffer(buffer, 0, staging, at, size)
      at += size
    }
    device.queue.submit([encoder.finish()])
    return { staging, mapped: staging.mapAsync(GPUMapMode.READ) }
  })
  const { staging, mapped } = result
  mapped.catch(() => {}) // where the device refused the work, that is the cause, and is thrown first
  try {
    await created
    await checked
    await mapped
    return take(staging.getMappedRange())
  } finally {
    owner.release(staging)
  }
}
