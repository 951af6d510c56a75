/** Pass 2 on the GPU: records `apply_mask` (shaders/apply.wgsl) over the caller's tensors. */

import type { ApplyDispatch, Variant } from '../plan.js'
import type { Dropout } from '../resolve.js'
import { createBuffer } from './buffers.js'
import { bothChecked, scoped } from './errors.js'
import { APPLY_PARAMS, paramsStride, writeApplyParams } from './params.js'
import { pipelinesOf } from './pipelines.js'

/** Where a tensor begins in a buffer, in bytes. */
export interface TensorPlace {
  buffer: GPUBuffer
  offset: number
}

/** Two tensors, bound for each dispatch. */
export interface BoundTensors {
  inPlace: boolean
  groups: readonly GPUBindGroup[]
}

export interface ApplyPass {
  /** The same place twice is in place. Throws for what is no GPUBuffer, hence not while a pass is open. */
  bind(input: TensorPlace, output: TensorPlace): BoundTensors
  record(pass: GPUComputePassEncoder, tensors: BoundTensors): void
  /** Rejects with `WebGPUFailureError` where the device refused a tensor bound so far: it is another device's, for one. */
  readonly checked: Promise<void>
  destroy(): void
}

export function createApplyPass(
  device: GPUDevice,
  dropout: Dropout,
  dispatches: readonly ApplyDispatch[],
  variant: Variant,
  mask: GPUBuffer,
): ApplyPass {
  const { applyLayout, tensorLayout, applyMask } = pipelinesOf(device)
  const stride = paramsStride(device, APPLY_PARAMS.size)
  const params = createBuffer(device, {
    label: 'noiseshape/apply_mask/params',
    size: Math.max(stride * dispatches.length, stride),
    usage: GPUBufferUsage.UNIFORM,
    mappedAtCreation: true,
  })
  const bytes = params.getMappedRange()
  dispatches.forEach((dispatch, i) => {
    writeApplyParams(new DataView(bytes, i * stride), dropout, dispatch)
  })
  params.unmap()
  const maskGroups = dispatches.map((dispatch) =>
    device.createBindGroup({
      label: 'noiseshape/apply_mask/params',
      layout: applyLayout,
      entries: [
        { binding: 0, resource: { buffer: params, size: APPLY_PARAMS.size } },
        { binding: 1, resource: { buffer: mask, ...dispatch.mask } },
      ],
    }),
  )

  /** Held weakly by the user's buffers, which stay the user's: a layer's usually serve step after step. */
  const boundTensors = new WeakMap<GPUBuffer, WeakMap<GPUBuffer, Map<string, BoundTensors>>>()

  let checked: Promise<void> = Promise.resolve()

  function bindTensors(input: TensorPlace, output: TensorPlace): BoundTensors {
    const inPlace = input.buffer === output.buffer
    const { result: groups, checked: accepted } = scoped(device, 'dropout: tensors', () =>
      dispatches.map(({ tensor: { offset, size } }) =>
        device.createBindGroup({
          label: 'noiseshape/apply_mask/tensors',
          layout: tensorLayout(inPlace),
          entries: (inPlace ? [output] : [input, output]).map((place, binding) => ({
            binding,
            resource: { buffer: place.buffer, offset: place.offset + offset, size },
          })),
        }),
      ),
    )
    checked = bothChecked(checked, accepted)
    return { inPlace, groups }
  }

  return {
    bind(input, output) {
      const byOutput = getOrInsert(boundTensors, input.buffer, () => new WeakMap())
      const byOffset = getOrInsert(byOutput, output.buffer, () => new Map())
      return getOrInsert(byOffset, `${input.offset} ${output.offset}`, () => bindTensors(input, output))
    },
    record(pass, { inPlace, groups }) {
      dispatches.forEach((dispatch, i) => {
        pass.setPipeline(applyMask(dispatch, variant, inPlace))
        pass.setBindGroup(0, maskGroups[i], [i * stride])
        pass.setBindGroup(1, groups[i])
        pass.dispatchWorkgroups(...dispatch.grid)
      })
    },
    get checked() {
      return checked
    },
    destroy() {
      params.destroy()
    },
  }
}

function getOrInsert<K extends object | string, V>(
  map: { get(key: K): V | undefined; set(key: K, value: V): unknown },
  key: K,
  make: () => V,
): V {
  const held = map.get(key)
  if (held !== undefined) return held
  const made = make()
  map.set(key, made)
  return made
}
