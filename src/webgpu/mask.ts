/** Pass 1 on the GPU: owns the packed mask of one dropout and records `generate_mask` (shaders/mask.wgsl). */

import { type Call, reject } from '../options.js'
import { type MaskDispatch, maskBytes, type Variant } from '../plan.js'
import type { Dropout } from '../resolve.js'
import { createBuffer } from './buffers.js'
import { MASK_PARAMS, paramsStride, writeMaskParams } from './params.js'
import { pipelinesOf } from './pipelines.js'

export interface MaskPass {
  /** 32 cells to a u32, whole groups of 128, bits past the last cell 0. */
  buffer: GPUBuffer
  /** Writes the parameters of a call that is about to be recorded into `encoder`; returns their place. */
  prepare(encoder: GPUCommandEncoder, call: Call): number
  record(pass: GPUComputePassEncoder, place: number): void
  destroy(): void
}

/**
 * Parameters are written to the device when a call is recorded, and read when it is executed. So each recorded call
 * has a slot of its own, and slots come round again after `maxPendingCalls`.
 */
export function createMaskPass(
  device: GPUDevice,
  dropout: Dropout,
  dispatches: readonly MaskDispatch[],
  variant: Variant,
  maxPendingCalls: number,
): MaskPass {
  const { maskLayout, generateMask } = pipelinesOf(device)
  const pipeline = generateMask(variant)
  const stride = paramsStride(device, MASK_PARAMS.size)
  const slotBytes = stride * dispatches.length
  const buffer = createBuffer(device, {
    label: 'noiseshape/generate_mask/mask',
    size: maskBytes(dropout.cells),
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  })
  const params = createBuffer(device, {
    label: 'noiseshape/generate_mask/params',
    size: Math.max(slotBytes * maxPendingCalls, stride),
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  })
  const bindGroups = dispatches.map(({ mask }) =>
    device.createBindGroup({
      label: 'noiseshape/generate_mask/bindings',
      layout: maskLayout,
      entries: [
        { binding: 0, resource: { buffer: params, size: MASK_PARAMS.size } },
        { binding: 1, resource: { buffer, ...mask } },
      ],
    }),
  )
  const slot = new ArrayBuffer(slotBytes)
  const recorded = new WeakMap<GPUCommandEncoder, number>()
  let next = 0

  return {
    buffer,
    prepare(encoder, call) {
      const calls = recorded.get(encoder) ?? 0
      if (calls >= maxPendingCalls) {
        const rule = 'as many were recorded into this command encoder, and their parameters are not used yet'
        reject(
          RangeError,
          'maxPendingCalls',
          maxPendingCalls,
          rule,
          'Submit first, or create the op with more',
        )
      }
      recorded.set(encoder, calls + 1)
      dispatches.forEach((dispatch, i) => {
        writeMaskParams(new DataView(slot, i * stride), dropout.threshold, call, dispatch)
      })
      const place = (next++ % maxPendingCalls) * slotBytes
      device.queue.writeBuffer(params, place, slot)
      return place
    },
    record(pass, place) {
      pass.setPipeline(pipeline)
      dispatches.forEach(({ grid }, i) => {
        pass.setBindGroup(0, bindGroups[i], [place + i * stride])
        pass.dispatchWorkgroups(...grid)
      })
    },
    destroy() {
      buffer.destroy()
      params.destroy()
    },
  }
}
