/** Statistics over samples on the GPU: owns their buffers, and records and submits shaders/statistics.wgsl. */

import statisticsSource from '../../shaders/statistics.wgsl?raw'
import { float32 } from '../elements/float32.js'
import { elementAlignment, MAX_BINDING, type PlanLimits } from '../plan.js'
import { reject } from '../validation.js'
import type { TensorPlace } from '../webgpu/apply.js'
import { scoped } from '../webgpu/errors.js'
import { createOwner } from '../webgpu/owned.js'
import { memoized, perDevice } from '../webgpu/per-device.js'
import { bindGroupLayout, createPipeline, type Stage } from '../webgpu/pipelines.js'
import { readBack } from '../webgpu/read-back.js'
import { tuningFor } from '../webgpu/tuning.js'
import {
  type Accumulation,
  BYTES_PER_NUMBER,
  ENTROPY,
  emptySums,
  MOMENTS,
  type OutputKind,
  type Sums,
} from './statistics.js'

/** Byte offsets of the members of `StatisticsParams`; `size` is the size of the struct. */
export const STATISTICS_PARAMS = { reciprocal: 0, classes: 4, size: 8 } as const

export interface GpuStatistics {
  /** Submits the accumulation of one more output of the planned size; may reject with `WebGPUFailureError`. */
  add(output: TensorPlace): Promise<void>
  /** The sums of the samples added so far. The copy is submitted at once, so it does not include a later `add`. */
  read(): Promise<Sums>
  /** Destroys all buffers; a pending `read` rejects. */
  destroy(): void
}

/** A part of the outputs that fits one binding, in elements: whole rows, starting at an aligned offset. */
export interface StatisticsChunk {
  start: number
  elements: number
  rows: number
}

const BYTES_PER_MOMENTS = MOMENTS.size * BYTES_PER_NUMBER
const BYTES_PER_ENTROPY = ENTROPY.size * BYTES_PER_NUMBER

/**
 * Splits outputs into chunks.
 *
 * @throws RangeError if the smallest possible chunk is more than the device can bind
 */
export function planStatistics({ elements, classes }: Accumulation, limits: PlanLimits): StatisticsChunk[] {
  const bytes = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize, MAX_BINDING)
  const most = Math.floor(bytes / BYTES_PER_MOMENTS)
  let unit = Math.max(classes, 1)
  while (unit % elementAlignment(limits, float32) > 0) unit *= 2
  if (elements > most && unit > most) {
    const rule = `outputs this large are processed in parts of at least ${unit} elements, whose statistics take ${unit * BYTES_PER_MOMENTS} bytes, and this device binds ${bytes}`
    const remedy =
      'Pass smaller batches, or request the device with larger maxStorageBufferBindingSize and maxBufferSize'
    reject(RangeError, 'classes', classes, rule, remedy)
  }
  const step = elements > most ? Math.floor(most / unit) * unit : Math.max(elements, 1)
  return Array.from({ length: Math.ceil(elements / step) }, (_, i) => {
    const count = Math.min(step, elements - i * step)
    return { start: i * step, elements: count, rows: classes > 0 ? count / classes : 0 }
  })
}

export function createStatistics(device: GPUDevice, accumulation: Accumulation): GpuStatistics {
  const { outputs, classes } = accumulation
  const plan = planStatistics(accumulation, device.limits)
  const tuning = tuningFor(device)
  const owner = createOwner(device, 'statistics')
  const { result, checked: created } = scoped(device, 'statistics: buffers', () => {
    const kept = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC
    return {
      kernel: kernelsOf(device)(outputs, tuning.workgroupSize),
      params: owner.buffer(
        'params',
        STATISTICS_PARAMS.size,
        GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
      ),
      chunks: plan.map((chunk) => ({
        ...chunk,
        moments: owner.buffer('moments', chunk.elements * BYTES_PER_MOMENTS, kept),
        entropies:
          chunk.rows > 0 ? owner.buffer('entropies', chunk.rows * BYTES_PER_ENTROPY, kept) : undefined,
      })),
    }
  })
  const { kernel, params, chunks } = result
  let samples = 0

  /** One thread per element or row on hardware; fewer threads with more work each on software adapters. */
  function workgroupsFor({ elements, rows }: StatisticsChunk): number {
    const items = rows || elements
    const spread = Math.ceil(items / tuning.packetsPerThread.rows)
    const threads = Math.max(spread, Math.min(items, tuning.fewestThreads))
    return Math.min(Math.ceil(threads / tuning.workgroupSize), device.limits.maxComputeWorkgroupsPerDimension)
  }

  function writeParams(): void {
    const view = new DataView(new ArrayBuffer(STATISTICS_PARAMS.size))
    view.setFloat32(STATISTICS_PARAMS.reciprocal, 1 / samples, true)
    view.setUint32(STATISTICS_PARAMS.classes, classes, true)
    device.queue.writeBuffer(params, 0, view.buffer)
  }

  return {
    async add(output) {
      samples++
      const { checked } = scoped(device, 'statistics', () => {
        writeParams()
        const encoder = device.createCommandEncoder({ label: 'noiseshape/statistics/encoder' })
        const pass = encoder.beginComputePass({ label: 'noiseshape/statistics/pass' })
        pass.setPipeline(kernel.pipeline)
        for (const chunk of chunks) {
          const part = {
            buffer: output.buffer,
            offset: output.offset + chunk.start * BYTES_PER_NUMBER,
            size: chunk.elements * BYTES_PER_NUMBER,
          }
          const resources: GPUBufferBinding[] = [{ buffer: params }, part, { buffer: chunk.moments }]
          if (chunk.entropies) resources.push({ buffer: chunk.entropies })
          const bindings = device.createBindGroup({
            label: 'noiseshape/statistics/bindings',
            layout: kernel.layout,
            entries: resources.map((resource, binding) => ({ binding, resource })),
          })
          pass.setBindGroup(0, bindings)
          pass.dispatchWorkgroups(workgroupsFor(chunk))
        }
        pass.end()
        device.queue.submit([encoder.finish()])
      })
      await created
      await checked
    },

    async read() {
      const sums = { ...emptySums(accumulation), samples }
      const parts = chunks.flatMap(({ start, moments, entropies }) => [
        { buffer: moments, size: moments.size, target: sums.moments, start: start * MOMENTS.size },
        ...(entropies
          ? [
              {
                buffer: entropies,
                size: entropies.size,
                target: sums.entropies,
                start: (start / classes) * ENTROPY.size,
              },
            ]
          : []),
      ])
      await readBack(
        device,
        { owner, stage: 'statistics' },
        () => parts,
        (bytes) => {
          let at = 0
          for (const { size, target, start } of parts) {
            target.set(new Float32Array(bytes, at, size / BYTES_PER_NUMBER), start)
            at += size
          }
        },
      )
      return sums
    },

    destroy: owner.destroy,
  }
}

/** Compiled on first use. */
const kernelsOf = perDevice((device) =>
  memoized((outputs: OutputKind, workgroupSize: number): Stage => {
    const layout = bindGroupLayout(device, `statistics/${outputs}`, [
      { type: 'uniform', minBindingSize: STATISTICS_PARAMS.size },
      { type: 'read-only-storage' },
      { type: 'storage' },
      ...(outputs === 'values' ? [] : [{ type: 'storage' } as const]),
    ])
    const constants = { WORKGROUP_SIZE: workgroupSize }
    const pipeline = createPipeline(device, `accumulate_${outputs}`, [statisticsSource], [layout], constants)
    return { layout, pipeline }
  }),
)
