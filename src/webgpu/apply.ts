/** Pass 2 on the GPU: records `apply_mask` (shaders/apply.wgsl) on the caller's tensors. */

import type { ApplyDispatch, Grid, Tuning } from '../plan.js'
import type { Dropout } from '../resolve.js'
import type { Scale } from '../scale.js'
import { bothChecked, scoped } from './errors.js'
import { createBuffer } from './owned.js'
import { APPLY_PARAMS, paramsStride, writeApplyParams } from './params.js'
import { getOrInsert } from './per-device.js'
import { applyPipelines } from './pipelines.js'

/** Bound tensors kept for two buffers: an allocator may give out another offset in every step. */
const MOST_OFFSETS = 64

/** Where a tensor begins in a buffer, in bytes. */
export interface TensorPlace {
  buffer: GPUBuffer
  offset: number
}

/** The tensors of a call, bound for each dispatch. */
export interface BoundTensors {
  dispatches: readonly { pipeline: GPUComputePipeline; bindings: GPUBindGroup; grid: Grid }[]
  /** Rejects with `WebGPUFailureError` if the device refused them, e.g. a buffer of another device. */
  checked: Promise<void>
}

export interface ApplyPass {
  /**
   * Input and output at the same place: in place. Without an input, the output is the noise. Call it before opening a
   * pass, because it throws for anything that is not a GPUBuffer. The tensors are `checked` together with `created`.
   */
  bind(output: TensorPlace, input?: TensorPlace, created?: Promise<void>): BoundTensors
  record(pass: GPUComputePassEncoder, tensors: BoundTensors): void
  destroy(): void
}

export function createApplyPass(
  device: GPUDevice,
  dropout: Pick<Dropout, keyof Scale | 'element'>,
  dispatches: readonly ApplyDispatch[],
  tuning: Tuning,
  mask: GPUBuffer,
): ApplyPass {
  const { layout, pipeline } = applyPipelines(device)
  const stride = paramsStride(device, APPLY_PARAMS.size)
  const bytes = new ArrayBuffer(Math.max(stride * dispatches.length, stride))
  const params = createBuffer(device, {
    label: 'noiseshape/apply_mask/params',
    size: bytes.byteLength,
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  })
  dispatches.forEach((dispatch, i) => {
    writeApplyParams(new DataView(bytes, i * stride), dropout, dispatch)
  })
  device.queue.writeBuffer(params, 0, bytes) // mappedAtCreation would throw where there is no memory

  /** Bound tensors by input and output buffer, held weakly: a layer usually uses the same buffers in every step. */
  const boundTensors = new WeakMap<GPUBuffer, WeakMap<GPUBuffer, Map<string, BoundTensors>>>()

  function bindTensors(
    output: TensorPlace,
    input: TensorPlace | undefined,
    created: Promise<void> | undefined,
  ): BoundTensors {
    const io = !input ? 'ones' : input.buffer === output.buffer ? 'in-place' : 'separate'
    const places = input && io === 'separate' ? [input, output] : [output]
    const { result: bound, checked: accepted } = scoped(device, 'dropout: tensors', () =>
      dispatches.map((dispatch, i) => {
        const { offset, size } = dispatch.tensor
        const resources: GPUBufferBinding[] = [
          { buffer: params, offset: i * stride, size: APPLY_PARAMS.size },
          { buffer: mask, ...dispatch.mask },
          ...places.map((place) => ({ buffer: place.buffer, offset: place.offset + offset, size })),
        ]
        const bindings = device.createBindGroup({
          label: 'noiseshape/apply_mask/bindings',
          layout: layout(io),
          entries: resources.map((resource, binding) => ({ binding, resource })),
        })
        return {
          pipeline: pipeline(dropout.element.name, dispatch, tuning, io),
          bindings,
          grid: dispatch.grid,
        }
      }),
    )
    return { dispatches: bound, checked: created ? bothChecked(created, accepted) : accepted }
  }

  return {
    bind(output, input, created) {
      if (!input) return bindTensors(output, input, created)
      const byOutput = getOrInsert(boundTensors, input.buffer, () => new WeakMap())
      const byOffset = getOrInsert(byOutput, output.buffer, () => new Map())
      return getOrInsert(byOffset, `${input.offset} ${output.offset}`, () => {
        if (byOffset.size >= MOST_OFFSETS) byOffset.clear()
        return bindTensors(output, input, created)
      })
    },
    record(pass, { dispatches }) {
      for (const { pipeline, bindings, grid } of dispatches) {
        pass.setPipeline(pipeline)
        pass.setBindGroup(0, bindings)
        pass.dispatchWorkgroups(...grid)
      }
    },
    destroy() {
      params.destroy()
    },
  }
}
