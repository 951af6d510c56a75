/** Runs GPU work and reads its results back: records the work and the copies, submits once, and maps the bytes. */

import { scoped, WebGPUFailureError } from './errors.js'
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
  /** Resolves when the device has accepted what was made for the work before; its failure causes later ones. */
  created?: Promise<void>
}

/**
 * Calls `record` with a new encoder, copies the ranges it returns into a staging buffer, one after the other, submits,
 * and passes their bytes to `take`, which must copy what it keeps. Errors thrown by `record` are passed on. `record` calls
 * `uses` with the checks of what it made in error scopes of its own.
 */
export async function readBack<T>(
  device: GPUDevice,
  { owner, stage, staging: given, created }: ReadBackOptions,
  record: (encoder: GPUCommandEncoder, uses: (checked: Promise<void>) => void) => readonly Source[],
  take: (bytes: ArrayBuffer) => T,
): Promise<T> {
  const needed: Promise<void>[] = []
  const { result, checked } = scoped(device, stage, () => {
    const encoder = device.createCommandEncoder({ label: `noiseshape/${stage}/encoder` })
    const sources = record(encoder, (checked) => needed.push(checked))
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
    await allChecked([created, ...needed, checked])
    await mapped
    const taken = take(staging.getMappedRange(0, size))
    staging.unmap()
    return taken
  } finally {
    if (!given) owner.release(staging)
  }
}

/** Throws the failure that causes the others: refused memory, which leaves invalid objects, or else the first. */
async function allChecked(checks: readonly (Promise<void> | undefined)[]): Promise<void> {
  const outcomes = await Promise.allSettled(checks)
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
  const ofMemory = (reason: unknown) =>
    reason instanceof WebGPUFailureError && reason.requestedBytes !== undefined
  if (failures.length > 0) throw failures.find(ofMemory) ?? failures[0]
}

/** A buffer that several read-backs use, one after the other. */
export function createStaging(owner: Owner, size: number): GPUBuffer {
  return owner.buffer('staging', size, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST)
}
