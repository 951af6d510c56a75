/** Dropout of arrays on the GPU: uploads, records, submits and reads back. CPU counterpart: src/cpu/arrays.ts. */

import { type ElementType, tensorBytes, type Values } from '../elements/element.js'
import type { Draw } from '../generators/generator.js'
import { elementAlignment, planApply, planMask } from '../plan.js'
import type { Dropout } from '../resolve.js'
import { type ApplyPass, createApplyPass } from './apply.js'
import { scoped } from './errors.js'
import { createMaskPass } from './mask.js'
import { createOwner } from './owned.js'
import { createStaging, readBack } from './read-back.js'
import { tuningFor } from './tuning.js'

/** Larger tensors are processed in slabs, which bounds the memory used besides the mask. */
const SLAB_BYTES = 2 ** 28

/**
 * Applies a dropout to `x` on the device; without `x`, to ones, which gives the noise. Rejects with
 * `WebGPUFailureError` if the device refuses; the result is undefined if the device is lost. `check` may throw between slabs.
 */
export async function computeDropout(
  device: GPUDevice,
  dropout: Dropout,
  draw: Draw,
  x?: Values,
  check?: () => void,
): Promise<Values<ArrayBuffer>> {
  const { elements, element } = dropout
  if (elements === 0) return new element.array(0)
  const tuning = tuningFor(device)
  const maskPlan = planMask(dropout.cells, device.limits, tuning) // refuses what no device can hold
  const result = new element.array(elements)
  const slab = Math.min(slabElements(device, dropout), elements)
  const owner = createOwner(device, 'dropout')
  try {
    const { result: made, checked: created } = scoped(device, 'dropout: buffers', () => ({
      mask: owner.own(createMaskPass(device, dropout, maskPlan, tuning, 1)),
      tensor: owner.buffer(
        'tensor',
        tensorBytes(element, slab),
        GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
      ),
      staging: createStaging(owner, tensorBytes(element, slab)),
    }))
    const { mask, tensor, staging } = made
    const place = { buffer: tensor, offset: 0 }
    for (let start = 0; start < elements; start += slab) {
      check?.()
      const count = Math.min(slab, elements - start)
      const dispatches = planApply(dropout, device.limits, tuning, start, start + count)
      let apply: ApplyPass | undefined
      await readBack(
        device,
        { owner, stage: 'dropout', staging, created },
        (encoder, uses) => {
          apply = owner.own(createApplyPass(device, dropout, dispatches, tuning, mask.buffer))
          if (x) device.queue.writeBuffer(tensor, 0, sourceOf(x, start, count, element))
          const bound = apply.bind(place, x && place)
          uses(bound.checked)
          const drawn = start === 0 ? mask.prepare(draw) : undefined
          if (drawn) uses(drawn.checked)
          const pass = encoder.beginComputePass({ label: 'noiseshape/dropout/pass' })
          if (drawn) mask.record(pass, drawn)
          apply.record(pass, bound)
          pass.end()
          return [{ buffer: tensor, size: tensorBytes(element, count) }]
        },
        (bytes) => result.set(new element.array(bytes, 0, count), start),
      )
      if (apply) owner.release(apply) // now, so that memory does not grow with the number of slabs
    }
    return result
  } finally {
    owner.destroy()
  }
}

function slabElements({ limits }: GPUDevice, { element }: Dropout): number {
  const alignment = elementAlignment(limits, element)
  return Math.floor(Math.min(SLAB_BYTES, limits.maxBufferSize) / element.bytes / alignment) * alignment
}

/** Part of a tensor in a form that WebGPU accepts: views of resizable buffers are copied. */
function sourceOf(x: Values, start: number, count: number, { array }: ElementType): Values<ArrayBuffer> {
  const part = x.subarray(start, start + count)
  const { resizable, growable } = x.buffer as { resizable?: boolean; growable?: boolean }
  return (resizable || growable ? new array(part) : part) as Values<ArrayBuffer>
}

/** Draws the packed mask of a dropout on the device: ceil(cells / 32) words. */
export async function computeMask(
  device: GPUDevice,
  dropout: Dropout,
  draw: Draw,
): Promise<Uint32Array<ArrayBuffer>> {
  const tuning = tuningFor(device)
  const maskPlan = planMask(dropout.cells, device.limits, tuning) // refuses what no device can hold
  const words = new Uint32Array(Math.ceil(dropout.cells / 32))
  if (words.length === 0) return words
  const owner = createOwner(device, 'mask')
  try {
    await readBack(
      device,
      { owner, stage: 'mask' },
      (encoder, uses) => {
        const mask = owner.own(createMaskPass(device, dropout, maskPlan, tuning, 1))
        const place = mask.prepare(draw)
        uses(place.checked)
        const pass = encoder.beginComputePass({ label: 'noiseshape/mask/pass' })
        mask.record(pass, place)
        pass.end()
        return [{ buffer: mask.buffer, size: words.byteLength }]
      },
      (bytes) => words.set(new Uint32Array(bytes)),
    )
    return words
  } finally {
    owner.destroy()
  }
}
