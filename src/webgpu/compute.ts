/** Dropout of arrays on the GPU: uploads, records, submits and reads back. What it creates it destroys. */

import type { Call } from '../options.js'
import { elementAlignment, planApply, planMask } from '../plan.js'
import type { Dropout } from '../resolve.js'
import { createApplyPass } from './apply.js'
import { createBuffer } from './buffers.js'
import { variantFor } from './device.js'
import { scoped } from './errors.js'
import { createMaskPass } from './mask.js'

/** Larger tensors go through in slabs, so that the memory this takes besides the mask is bounded. */
const SLAB_BYTES = 2 ** 28

/** Applies a dropout to `x` on the device. Rejects with `WebGPUFailureError`; what a lost device does is undefined. */
export async function computeDropout(
  device: GPUDevice,
  x: Float32Array,
  dropout: Dropout,
  call: Call,
): Promise<Float32Array<ArrayBuffer>> {
  const result = new Float32Array(x.length)
  if (x.length === 0) return result
  const variant = variantFor(device)
  const maskPlan = planMask(dropout.cells, device.limits, variant)
  const alignment = elementAlignment(device.limits)
  const slabElements =
    Math.floor(Math.min(SLAB_BYTES, device.limits.maxBufferSize) / 4 / alignment) * alignment
  const slab = Math.min(slabElements, x.length)
  const owned: { destroy(): void }[] = []
  const own = <T extends { destroy(): void }>(object: T): T => {
    owned.push(object)
    return object
  }
  try {
    const setUp = scoped(device, 'dropout: buffers', () => ({
      mask: own(createMaskPass(device, dropout, maskPlan, variant, 1)),
      tensor: own(
        createBuffer(device, {
          label: 'noiseshape/dropout/tensor',
          size: slab * 4,
          usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
        }),
      ),
      staging: own(createStaging(device, 'dropout', slab * 4)),
    }))
    const { mask, tensor, staging } = setUp.result
    for (let start = 0; start < x.length; start += slab) {
      const count = Math.min(slab, x.length - start)
      const dispatches = planApply(dropout, device.limits, variant, start, start + count)
      const work = scoped(device, 'dropout', () => {
        const apply = own(createApplyPass(device, dropout, dispatches, variant, mask.buffer))
        device.queue.writeBuffer(tensor, 0, sourceOf(x, start, count))
        const inPlace = { buffer: tensor, offset: 0 }
        const bound = apply.bind(inPlace, inPlace)
        const encoder = device.createCommandEncoder({ label: 'noiseshape/dropout/encoder' })
        const place = start === 0 ? mask.prepare(encoder, call) : undefined
        const pass = encoder.beginComputePass({ label: 'noiseshape/dropout/pass' })
        if (place !== undefined) mask.record(pass, place)
        apply.record(pass, bound)
        pass.end()
        encoder.copyBufferToBuffer(tensor, 0, staging, 0, count * 4)
        device.queue.submit([encoder.finish()])
        return { apply, mapped: staging.mapAsync(GPUMapMode.READ, 0, count * 4) }
      })
      await settled(setUp.checked, work.checked, work.result.mapped)
      result.set(new Float32Array(staging.getMappedRange(0, count * 4)), start)
      staging.unmap()
      work.result.apply.destroy() // now: what a call holds does not grow with its slabs
    }
    return result
  } finally {
    for (const object of owned) object.destroy()
  }
}

/** Part of a tensor as WebGPU takes it: no view of a buffer that can be resized, so those are copied. */
function sourceOf(x: Float32Array, start: number, count: number): Float32Array<ArrayBuffer> {
  const part = x.subarray(start, start + count)
  const { resizable, growable } = x.buffer as { resizable?: boolean; growable?: boolean }
  return (resizable || growable ? new Float32Array(part) : part) as Float32Array<ArrayBuffer>
}

/** Draws the packed mask of a dropout on the device: ceil(cells / 32) words. */
export async function computeMask(
  device: GPUDevice,
  dropout: Dropout,
  call: Call,
): Promise<Uint32Array<ArrayBuffer>> {
  const words = new Uint32Array(Math.ceil(dropout.cells / 32))
  if (words.length === 0) return words
  const variant = variantFor(device)
  const maskPlan = planMask(dropout.cells, device.limits, variant)
  const owned: { destroy(): void }[] = []
  try {
    const work = scoped(device, 'mask', () => {
      const mask = createMaskPass(device, dropout, maskPlan, variant, 1)
      owned.push(mask)
      const staging = createStaging(device, 'mask', words.byteLength)
      owned.push(staging)
      const encoder = device.createCommandEncoder({ label: 'noiseshape/mask/encoder' })
      const place = mask.prepare(encoder, call)
      const pass = encoder.beginComputePass({ label: 'noiseshape/mask/pass' })
      mask.record(pass, place)
      pass.end()
      encoder.copyBufferToBuffer(mask.buffer, 0, staging, 0, words.byteLength)
      device.queue.submit([encoder.finish()])
      return { staging, mapped: staging.mapAsync(GPUMapMode.READ) }
    })
    await settled(work.checked, work.result.mapped)
    words.set(new Uint32Array(work.result.staging.getMappedRange()))
    return words
  } finally {
    for (const object of owned) object.destroy()
  }
}

function createStaging(device: GPUDevice, stage: string, size: number): GPUBuffer {
  return createBuffer(device, {
    label: `noiseshape/${stage}/staging`,
    size,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  })
}

/** Waits for all; the first that failed in this order is the cause of those after it. */
async function settled(...promises: Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(promises)) {
    if (outcome.status === 'rejected') throw outcome.reason
  }
}
