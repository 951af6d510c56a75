/** What a device compiles once and keeps: layouts and pipelines, held weakly, so that they go when the device goes. */

import applySource from '../../shaders/apply.wgsl?raw'
import inPlaceSource from '../../shaders/io-in-place.wgsl?raw'
import separateSource from '../../shaders/io-separate.wgsl?raw'
import maskSource from '../../shaders/mask.wgsl?raw'
import scalarSource from '../../shaders/packet-scalar.wgsl?raw'
import vec4Source from '../../shaders/packet-vec4.wgsl?raw'
import paramsSource from '../../shaders/params.wgsl?raw'
import rotateFloatSource from '../../shaders/rotate-float.wgsl?raw'
import rotateShiftSource from '../../shaders/rotate-shift.wgsl?raw'
import runsSource from '../../shaders/row-runs.wgsl?raw'
import wordsSource from '../../shaders/row-words.wgsl?raw'
import threefrySource from '../../shaders/threefry4x32.wgsl?raw'
import columnsSource from '../../shaders/walk-columns.wgsl?raw'
import rowsSource from '../../shaders/walk-rows.wgsl?raw'
import wideColumnsSource from '../../shaders/walk-wide-columns.wgsl?raw'
import type { ApplyDispatch, Variant, Walk } from '../plan.js'
import { APPLY_PARAMS, MASK_PARAMS } from './params.js'

export interface Pipelines {
  /** Group 0 of `generate_mask`: MaskParams (dynamic offset), the mask. */
  maskLayout: GPUBindGroupLayout
  /** Group 0 of `apply_mask`: ApplyParams (dynamic offset), the mask. */
  applyLayout: GPUBindGroupLayout
  /** Group 1 of `apply_mask`: input and output, or the one tensor. */
  tensorLayout(inPlace: boolean): GPUBindGroupLayout
  generateMask(variant: Variant): GPUComputePipeline
  applyMask(dispatch: ApplyDispatch, variant: Variant, inPlace: boolean): GPUComputePipeline
}

const WALKS: Record<Walk, string[]> = {
  words: [rowsSource, wordsSource],
  runs: [rowsSource, runsSource],
  columns: [columnsSource],
  wideColumns: [wideColumnsSource],
}
const ROTATIONS = { shift: rotateShiftSource, float: rotateFloatSource }

const perDevice = new WeakMap<GPUDevice, Pipelines>()

/** The pipelines of a device; compiled when first asked for. */
export function pipelinesOf(device: GPUDevice): Pipelines {
  let pipelines = perDevice.get(device)
  if (!pipelines) {
    pipelines = createPipelines(device)
    perDevice.set(device, pipelines)
  }
  return pipelines
}

function createPipelines(device: GPUDevice): Pipelines {
  const maskLayout = bindGroupLayout(device, 'generate_mask/params', [
    { type: 'uniform', hasDynamicOffset: true, minBindingSize: MASK_PARAMS.size },
    { type: 'storage' },
  ])
  const applyLayout = bindGroupLayout(device, 'apply_mask/params', [
    { type: 'uniform', hasDynamicOffset: true, minBindingSize: APPLY_PARAMS.size },
    { type: 'read-only-storage' },
  ])
  const separateLayout = bindGroupLayout(device, 'apply_mask/tensors', [
    { type: 'read-only-storage' },
    { type: 'storage' },
  ])
  const inPlaceLayout = bindGroupLayout(device, 'apply_mask/tensor', [{ type: 'storage' }])
  const tensorLayout = (inPlace: boolean) => (inPlace ? inPlaceLayout : separateLayout)
  const maskPipeline = memoized(
    (workgroupSize: number, groupsPerThread: number, rotation: Variant['rotation']) => {
      const sources = [paramsSource, ROTATIONS[rotation], threefrySource, maskSource]
      return pipeline(device, 'generate_mask', sources, [maskLayout], {
        WORKGROUP_SIZE: workgroupSize,
        GROUPS_PER_THREAD: groupsPerThread,
      })
    },
  )
  const applyPipeline = memoized(
    (walk: Walk, width: number, workgroupSize: number, trusting: boolean, inPlace: boolean) => {
      const packet = width === 4 ? vec4Source : scalarSource
      const io = inPlace ? inPlaceSource : separateSource
      const sources = [paramsSource, packet, io, applySource, ...WALKS[walk]]
      return pipeline(device, 'apply_mask', sources, [applyLayout, tensorLayout(inPlace)], {
        WORKGROUP_SIZE: workgroupSize,
        TRUSTING: Number(trusting),
      })
    },
  )

  return {
    maskLayout,
    applyLayout,
    tensorLayout,
    generateMask({ workgroupSize, groupsPerThread, rotation }) {
      return maskPipeline(workgroupSize, groupsPerThread, rotation)
    },
    applyMask({ walk, width }, { workgroupSize, trusting }, inPlace) {
      return applyPipeline(walk, width, workgroupSize, trusting && width > 1 && !inPlace, inPlace)
    },
  }
}

export function bindGroupLayout(
  device: GPUDevice,
  name: string,
  buffers: readonly GPUBufferBindingLayout[],
): GPUBindGroupLayout {
  return device.createBindGroupLayout({
    label: `noiseshape/${name}`,
    entries: buffers.map((buffer, binding) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer })),
  })
}

export function pipeline(
  device: GPUDevice,
  entryPoint: string,
  sources: readonly string[],
  bindGroupLayouts: GPUBindGroupLayout[],
  constants: Record<string, number>,
): GPUComputePipeline {
  const label = `noiseshape/${entryPoint}/pipeline`
  return device.createComputePipeline({
    label,
    layout: device.createPipelineLayout({ label, bindGroupLayouts }),
    compute: {
      module: device.createShaderModule({
        label: `noiseshape/${entryPoint}/module`,
        code: sources.join('\n'),
      }),
      entryPoint,
      constants,
    },
  })
}

function memoized<A extends unknown[], R>(make: (...args: A) => R): (...args: A) => R {
  const made = new Map<string, R>()
  return (...args) => {
    const key = JSON.stringify(args)
    let result = made.get(key)
    if (result === undefined) {
      result = make(...args)
      made.set(key, result)
    }
    return result
  }
}
