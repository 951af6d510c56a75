/** Pass 1 on the GPU: owns the packed mask of one dropout and records `generate_mask` (shaders/mask.wgsl). */

import type { Draw } from '../generators/generator.js'
import { type MaskDispatch, maskBytes, type Tuning } from '../plan.js'
import type { Dropout } from '../resolve.js'
import { reject } from '../validation.js'
import { createBuffer } from './owned.js'
import { maskParamsSize, paramsStride, writeMaskParams } from './params.js'
import { maskPipeline } from './pipelines.js'

export interface MaskPass {
  /** 32 cells per u32, in whole groups of 128 cells; bits past the last cell are 0. */
  buffer: GPUBuffer
  /** Writes the parameters of a draw that will be recorded into `encoder`; returns their byte offset. */
  prepare(encoder: GPUCommandEncoder, draw: Draw): number
  record(pass: GPUComputePassEncoder, place: number): void
  destroy(): void
}

/**
 * Parameters are written to the device when a call is recorded, but read when it executes. So each recorded call gets
 * its own slot, and a slot is reused after `maxPendingCalls` calls.
 */
export function createMaskPass(
  device: GPUDevice,
  dropout: Pick<Dropout, 'cells' | 'generator' | 'keepRule'>,
  dispatches: readonly MaskDispatch[],
  tuning: Tuning,
  maxPendingCalls: number,
): MaskPass {
  const { layout, pipeline } = maskPipeline(device, dropout.generator, tuning)
  const size = maskParamsSize(dropout)
  const stride = paramsStride(device, size)
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
      layout,
      entries: [
        { binding: 0, resource: { buffer: params, size } },
        { binding: 1, resource: { buffer, ...mask } },
      ],
    }),
  )
  const slot = new ArrayBuffer(slotBytes)
  const recorded = new WeakMap<GPUCommandEncoder, number>()
  let next = 0

  return {
    buffer,
    prepare(encoder, draw) {
      const calls = recorded.get(encoder) ?? 0
      if (calls >= maxPendingCalls) {
        const rule = 'this encoder already holds that many unsubmitted calls'
        const remedy = 'Submit first, or create the op with more'
        reject(RangeError, 'maxPendingCalls', maxPendingCalls, rule, remedy)
      }
      recorded.set(encoder, calls + 1)
      dispatches.forEach((dispatch, i) => {
        writeMaskParams(slot, i * stride, dropout, draw, dispatch)
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
