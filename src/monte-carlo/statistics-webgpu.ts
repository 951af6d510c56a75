/** Statistics over samples on the GPU: owns their buffers, and records and submits shaders/statistics.wgsl. */

import statisticsSource from '../../shaders/statistics.wgsl?raw'
import type { TensorPlace } from '../webgpu/apply.js'
import { bindGroupLayout, createPipeline, type Stage } from '../webgpu/create-pipeline.js'
import { scoped } from '../webgpu/errors.js'
import { createOwner } from '../webgpu/owned.js'
import { memoized, perDevice } from '../webgpu/per-device.js'
import { readBack, type Source } from '../webgpu/read-back.js'
import { tuningFor } from '../webgpu/tuning.js'
import {
  type Accumulation,
  BYTES_PER_NUMBER,
  emptySums,
  hasClasses,
  MOMENTS,
  reciprocalOf,
  rowLayout,
  type Sums,
} from './statistics.js'
import { planDispatches, planStatistics, type StatisticsDispatch, turnsOf } from './statistics-plan.js'

/** Byte offsets of the members of `StatisticsParams`; `size` is where its reciprocals begin. */
export const STATISTICS_PARAMS = {
  rowLength: 0,
  rowSize: 4,
  samples: 8,
  offset: 12,
  stride: 16,
  kept: 20,
  zero: 24,
  size: 28,
} as const

export interface GpuStatistics {
  /**
   * Submits the accumulation of more outputs of the planned size, those of `samples` samples one after the other.
   * May reject with `WebGPUFailureError`.
   */
  add(outputs: TensorPlace, samples?: number): Promise<void>
  /** The sums of the samples added so far. The copy is submitted at once, so it does not include a later `add`. */
  read(): Promise<Sums>
  /** The samples kept so far, one after the other. */
  readKept(): Promise<Float32Array<ArrayBuffer>>
  /** Destroys all buffers; a pending `read` rejects. */
  destroy(): void
}

/** @param keep how many samples to keep; their bytes must fit one binding */
export function createStatistics(device: GPUDevice, accumulation: Accumulation, keep = 0): GpuStatistics {
  const { outputs, elements, rowLength, settling } = accumulation
  const tuning = tuningFor(device)
  const { workgroupSize } = tuning
  const plan = planStatistics(accumulation, device.limits, tuning)
  const owner = createOwner(device, 'statistics')
  const { result, checked: created } = scoped(device, 'statistics: buffers', () => {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC
    const buffer = (name: string, numbers: number) => owner.buffer(name, numbers * BYTES_PER_NUMBER, usage)
    return {
      kernel: kernelsOf(device)(`accumulate_${outputs}`, workgroupSize, hasClasses(outputs), settling),
      chunks: plan.map((chunk) => ({
        ...chunk,
        moments: buffer('moments', chunk.elements * MOMENTS.size),
        rowSums: chunk.rows > 0 ? buffer('rows', chunk.rows * rowLayout(accumulation).size) : undefined,
      })),
      kept: keep > 0 && elements > 0 ? buffer('kept', keep * elements) : undefined,
    }
  })
  const { kernel, chunks, kept } = result
  let params: GPUBuffer | undefined
  let samples = 0

  /** One thread per item on hardware; fewer threads with more work each on software adapters. */
  function workgroupsFor(items: number, turns: number): number {
    const most = Math.max(1, Math.floor(tuning.mostTurns / turns))
    const spread = Math.ceil(items / Math.min(tuning.packetsPerThread.rows, most))
    const threads = Math.max(spread, Math.min(items, tuning.fewestThreads))
    return Math.min(Math.ceil(threads / workgroupSize), device.limits.maxComputeWorkgroupsPerDimension)
  }

  /** Writes the parameters of the next submission. A larger buffer replaces one that is too small. */
  function writeParams({ offset, firstSample, samples: count }: Part): GPUBuffer {
    const words = new Uint32Array(STATISTICS_PARAMS.size / 4 + count)
    words[STATISTICS_PARAMS.rowLength / 4] = rowLength
    words[STATISTICS_PARAMS.rowSize / 4] = rowLayout(accumulation).size
    words[STATISTICS_PARAMS.samples / 4] = count
    words[STATISTICS_PARAMS.offset / 4] = offset
    words[STATISTICS_PARAMS.stride / 4] = elements
    words[STATISTICS_PARAMS.kept / 4] = samples * elements
    const reciprocals = new Float32Array(words.buffer, STATISTICS_PARAMS.size)
    for (let i = 0; i < count; i++) reciprocals[i] = reciprocalOf(samples + firstSample + i + 1)
    if (!params || params.size < words.byteLength) {
      if (params) owner.release(params)
      params = owner.buffer('params', words.byteLength, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST)
    }
    device.queue.writeBuffer(params, 0, words)
    return params
  }

  function submit(stage: Stage, items: number, turns: number, resources: readonly GPUBufferBinding[]): void {
    const encoder = device.createCommandEncoder({ label: 'noiseshape/statistics/encoder' })
    const pass = encoder.beginComputePass({ label: 'noiseshape/statistics/pass' })
    pass.setPipeline(stage.pipeline)
    const bindings = device.createBindGroup({
      label: 'noiseshape/statistics/bindings',
      layout: stage.layout,
      entries: resources.map((resource, binding) => ({ binding, resource })),
    })
    pass.setBindGroup(0, bindings)
    pass.dispatchWorkgroups(workgroupsFor(items, turns))
    pass.end()
    device.queue.submit([encoder.finish()])
  }

  function read(sources: readonly Target[]): Promise<void> {
    return readBack(
      device,
      { owner, stage: 'statistics' },
      () => sources,
      (bytes) => {
        let at = 0
        for (const { size, target, start } of sources) {
          target.set(new Float32Array(bytes, at, size / BYTES_PER_NUMBER), start)
          at += size
        }
      },
    )
  }

  return {
    async add({ buffer, offset }, count = 1) {
      const { checked } = scoped(device, 'statistics', () => {
        for (const dispatch of planDispatches(chunks, count, accumulation, device.limits, tuning)) {
          const { moments, rowSums, elements: ofChunk, rows } = chunks[dispatch.chunk]
          const { outputs } = dispatch
          const resources: GPUBufferBinding[] = [
            { buffer: writeParams(dispatch) },
            { buffer, offset: offset + outputs.offset, size: outputs.size },
            { buffer: moments },
          ]
          if (rowSums) resources.push({ buffer: rowSums })
          submit(kernel, rows || ofChunk, turnsOf(accumulation, dispatch.samples), resources)
        }
        if (kept) {
          submit(kernelsOf(device)('keep_samples', workgroupSize, false, false), count * elements, 1, [
            { buffer: writeParams({ offset: 0, firstSample: 0, samples: count }) },
            { buffer, offset, size: count * elements * BYTES_PER_NUMBER },
            { buffer: kept },
          ])
        }
        samples += count
      })
      await created
      await checked
    },

    async read() {
      const sums = { ...emptySums(accumulation), samples }
      const layout = rowLayout(accumulation)
      await read(
        chunks.flatMap(({ start, moments, rowSums }) => [
          { buffer: moments, size: moments.size, target: sums.moments, start: start * MOMENTS.size },
          ...(rowSums
            ? [
                {
                  buffer: rowSums,
                  size: rowSums.size,
                  target: sums.rows,
                  start: (start / rowLength) * layout.size,
                },
              ]
            : []),
        ]),
      )
      return sums
    },

    async readKept() {
      const target = new Float32Array(samples * elements)
      if (kept) await read([{ buffer: kept, size: target.byteLength, target, start: 0 }])
      return target
    },

    destroy: owner.destroy,
  }
}

/** The samples of one submission. */
type Part = Pick<StatisticsDispatch, 'offset' | 'firstSample' | 'samples'>

/** Where what is read back goes. */
interface Target extends Source {
  target: Float32Array
  start: number
}

/** Compiled on first use. `hasRows`: it also counts rows of classes. */
const kernelsOf = perDevice((device) =>
  memoized((entryPoint: string, workgroupSize: number, hasRows: boolean, settling: boolean): Stage => {
    const layout = bindGroupLayout(device, `statistics/${entryPoint}`, [
      { type: 'read-only-storage', minBindingSize: STATISTICS_PARAMS.size + BYTES_PER_NUMBER },
      { type: 'read-only-storage' },
      { type: 'storage' },
      ...(hasRows ? [{ type: 'storage' } as const] : []),
    ])
    const constants = { WORKGROUP_SIZE: workgroupSize, ...(hasRows && { SETTLING: Number(settling) }) }
    const pipeline = createPipeline(device, entryPoint, [statisticsSource], [layout], constants)
    return { layout, pipeline }
  }),
)
