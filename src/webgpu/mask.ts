/** Pass 1 on the GPU: owns the packed mask of one dropout and records `generate_mask` (shaders/mask.wgsl). */

import type { Draw } from '../generators/generator.js'
import { type MaskDispatch, maskBytes, type Tuning } from '../plan.js'
import type { Dropout } from '../resolve.js'
import { createCallParams, type Slot } from './call-params.js'
import { createBuffer } from './owned.js'
import { maskParamsSize, paramsStride, writeMaskParams } from './params.js'
import { maskPipeline } from './pipelines.js'

export interface MaskPass {
  /** 32 cells per u32, in whole groups of 128 cells; bits past the last cell are 0. */
  buffer: GPUBuffer
  /** Stores the parameters of a draw, for one call of `record`. */
  prepare(draw: Draw): Slot
  record(pass: GPUComputePassEncoder, slot: Slot): void
  destroy(): void
}

/** @param calls how many calls of `prepare` the first buffer of parameters is for */
export function createMaskPass(
  device: GPUDevice,
  dropout: Pick<Dropout, 'cells' | 'generator' | 'keepRule'>,
  dispatches: readonly MaskDispatch[],
  tuning: Tuning,
  calls: number,
): MaskPass {
  const { layout, pipeline } = maskPipeline(device, dropout.generator, tuning)
  const size = maskParamsSize(dropout.generator.name)
  const stride = paramsStride(device, size)
  const buffer = createBuffer(device, {
    label: 'noiseshape/generate_mask/mask',
    size: maskBytes(dropout.cells),
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
  })
  const params = createCallParams<Draw>(device, {
    label: 'noiseshape/generate_mask/params',
    slotBytes: stride * Math.max(dispatches.length, 1),
    slots: calls,
    write(draw, bytes, offset) {
      dispatches.forEach((dispatch, i) => {
        writeMaskParams(bytes, offset + i * stride, dropout, draw, dispatch)
      })
    },
    next: dropout.generator.nextStep,
    bind: (params) =>
      dispatches.map(({ mask }) =>
        device.createBindGroup({
          label: 'noiseshape/generate_mask/bindings',
          layout,
          entries: [
            { binding: 0, resource: { buffer: params, size } },
            { binding: 1, resource: { buffer, ...mask } },
          ],
        }),
      ),
  })

  return {
    buffer,
    prepare: params.store,
    record(pass, { bindings, offset }) {
      pass.setPipeline(pipeline)
      dispatches.forEach(({ grid }, i) => {
        pass.setBindGroup(0, bindings[i], [offset + i * stride])
        pass.dispatchWorkgroups(...grid)
      })
    },
    destroy() {
      buffer.destroy()
      params.destroy()
    },
  }
}
