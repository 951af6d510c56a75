/** The pipelines of dropout, compiled on first use, once per device: rates and seeds need no compilation, a shape only chooses. */

import applySource from '../../shaders/apply.wgsl?raw'
import inPlaceSource from '../../shaders/io-in-place.wgsl?raw'
import onesSource from '../../shaders/io-ones.wgsl?raw'
import separateSource from '../../shaders/io-separate.wgsl?raw'
import maskSource from '../../shaders/mask.wgsl?raw'
import rotateShiftSource from '../../shaders/rotate-shift.wgsl?raw'
import runsSource from '../../shaders/row-runs.wgsl?raw'
import wordsSource from '../../shaders/row-words.wgsl?raw'
import trustingSource from '../../shaders/software/apply-trusting.wgsl?raw'
import rotateFloatSource from '../../shaders/software/rotate-float.wgsl?raw'
import trustingRowsSource from '../../shaders/software/trusting-rows.wgsl?raw'
import trustingRunsSource from '../../shaders/software/trusting-runs.wgsl?raw'
import trustingWideColumnsSource from '../../shaders/software/trusting-wide-columns.wgsl?raw'
import trustingWordsSource from '../../shaders/software/trusting-words.wgsl?raw'
import wideColumnsSource from '../../shaders/software/wide-columns.wgsl?raw'
import columnsSource from '../../shaders/walk-columns.wgsl?raw'
import rowsSource from '../../shaders/walk-rows.wgsl?raw'
import type { ElementName } from '../elements/element.js'
import { PRELUDES } from '../elements/preludes.js'
import type { Generator } from '../generators/generator.js'
import { GENERATORS_WGSL } from '../generators/wgsl.js'
import type { GeneratorName } from '../options.js'
import type { ApplyDispatch, Tuning, Walk } from '../plan.js'
import { bindGroupLayout, createPipeline, type Stage } from './create-pipeline.js'
import { APPLY_PARAMS, maskParamsSize } from './params.js'
import { memoized, perDevice } from './per-device.js'

/** What the apply pass reads and writes: two buffers, one buffer in place, or ones into a buffer. */
export type Io = 'separate' | 'in-place' | 'ones'

const IOS: Record<Io, string> = { separate: separateSource, 'in-place': inPlaceSource, ones: onesSource }

const WALKS: Record<Walk, readonly string[]> = {
  words: [rowsSource, wordsSource],
  runs: [rowsSource, runsSource],
  columns: [columnsSource],
  wideColumns: [wideColumnsSource],
}

/** Modules that software adapters add to a walk. The columns walk has none: it is always exact. */
const TRUSTING_WALKS: Partial<Record<Walk, readonly string[]>> = {
  words: [trustingSource, trustingRowsSource, trustingWordsSource],
  runs: [trustingSource, trustingRowsSource, trustingRunsSource],
  wideColumns: [trustingSource, trustingWideColumnsSource],
}

const ROTATIONS = { shift: rotateShiftSource, float: rotateFloatSource }

/** The pipeline of `generate_mask`, and the layout of its group 0: MaskParams (dynamic offset), the mask. */
export function maskPipeline(device: GPUDevice, generator: Generator, tuning: Tuning): Stage {
  const { workgroupSize, rotation } = tuning
  return maskPipelines(device)(generator.name)(workgroupSize, rotation)
}

const maskPipelines = perDevice((device) =>
  memoized((generator: GeneratorName) => {
    const layout = bindGroupLayout(device, 'generate_mask/params', [
      { type: 'uniform', hasDynamicOffset: true, minBindingSize: maskParamsSize(generator) },
      { type: 'storage' },
    ])
    return memoized((workgroupSize: number, rotation: Tuning['rotation']): Stage => {
      const sources = [ROTATIONS[rotation], ...GENERATORS_WGSL[generator].modules, maskSource]
      const constants = { WORKGROUP_SIZE: workgroupSize }
      return { layout, pipeline: createPipeline(device, 'generate_mask', sources, [layout], constants) }
    })
  }),
)

export interface ApplyPipelines {
  /** Group 0 of `apply_mask`: ApplyParams, the mask, then input and output, or a single tensor. */
  layout(io: Io): GPUBindGroupLayout
  pipeline(element: ElementName, dispatch: ApplyDispatch, tuning: Tuning, io: Io): GPUComputePipeline
}

export const applyPipelines: (device: GPUDevice) => ApplyPipelines = perDevice((device) => {
  const layoutOf = (name: string, tensors: readonly GPUBufferBindingLayout[]) =>
    bindGroupLayout(device, `apply_mask/${name}`, [
      { type: 'uniform', minBindingSize: APPLY_PARAMS.size },
      { type: 'read-only-storage' },
      ...tensors,
    ])
  const twoTensors = layoutOf('tensors', [{ type: 'read-only-storage' }, { type: 'storage' }])
  const oneTensor = layoutOf('tensor', [{ type: 'storage' }])
  const layout = (io: Io) => (io === 'separate' ? twoTensors : oneTensor)
  const create = memoized(
    (element: ElementName, walk: Walk, width: 1 | 4, workgroupSize: number, trusting: boolean, io: Io) => {
      const sources = [...PRELUDES[element][width], IOS[io], applySource, ...WALKS[walk]]
      if (trusting) sources.push(...(TRUSTING_WALKS[walk] ?? []))
      const entryPoint = trusting ? 'apply_mask_trusting' : 'apply_mask'
      return createPipeline(device, entryPoint, sources, [layout(io)], { WORKGROUP_SIZE: workgroupSize })
    },
  )
  return {
    layout,
    pipeline(element, { walk, width }, { workgroupSize, trusting }, io) {
      const mayTrust = trusting && width > 1 && io !== 'in-place' && walk in TRUSTING_WALKS
      return create(element, walk, width, workgroupSize, mayTrust, io)
    },
  }
})
