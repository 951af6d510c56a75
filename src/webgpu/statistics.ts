/** Statistics over passes on the GPU: owns what is kept of them, records and submits each (shaders/statistics.wgsl). */

import statisticsSource from '../../shaders/statistics.wgsl?raw'
import { reject } from '../options.js'
import { elementAlignment, FEWEST_THREADS, MAX_BINDING, type PlanLimits } from '../plan.js'
import { type Accumulation, ENTROPY, emptySums, MOMENTS, type OutputKind, type Sums } from '../statistics.js'
import type { TensorPlace } from './apply.js'
import { createBuffer } from './buffers.js'
import { variantFor } from './device.js'
import { scoped } from './errors.js'
import { bindGroupLayout, pipeline } from './pipelines.js'

/** Byte offsets of the members of `StatisticsParams`; `size` is the size of the struct. */
export const STATISTICS_PARAMS = { reciprocal: 0, classes: 4, size: 8 } as const

export interface GpuStatistics {
  /** Submits the accumulation of one more output of the planned size; rejects with `WebGPUFailureError`. */
  add(output: TensorPlace): Promise<void>
  /** What the passes added so far have left. Its copy is submitted at once, so a later `add` is not in it. */
  read(): Promise<Sums>
  /** Destroys what was created; a `read` under way rejects. */
  destroy(): void
}

/** A part of the outputs that can be bound at once, in elements: whole rows, from where a binding may begin. */
export interface StatisticsChunk {
  start: number
  elements: number
  rows: number
}

const BYTES_PER_ELEMENT = 4
const BYTES_PER_MOMENTS = MOMENTS.size * 4
const BYTES_PER_ENTROPY = ENTROPY.size * 4

/**
 * Cuts outputs into chunks.
 *
 * @throws RangeError where the rows of one chunk are more than this device can bind
 */
export function planStatistics({ elements, classes }: Accumulation, limits: PlanLimits): StatisticsChunk[] {
  const bytes = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize, MAX_BINDING)
  const most = Math.floor(bytes / BYTES_PER_MOMENTS)
  let unit = Math.max(classes, 1)
  while (unit % elementAlignment(limits) > 0) unit *= 2
  if (elements > most && unit > most) {
    const rule = `outputs this large go through in parts of ${unit} elements at least, whose statistics take ${unit * BYTES_PER_MOMENTS} bytes, and this device binds ${bytes}`
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
  const variant = variantFor(device)
  const owned = new Set<GPUBuffer>()
  const ownBuffer = (name: string, size: number, usage: GPUBufferUsageFlags): GPUBuffer => {
    const buffer = createBuffer(device, { label: `noiseshape/statistics/${name}`, size, usage })
    owned.add(buffer)
    return buffer
  }
  const { result, checked: created } = scoped(device, 'statistics: buffers', () => {
    const kept = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC
    return {
      kernel: kernelOf(device, outputs, variant.workgroupSize),
      params: ownBuffer('params', STATISTICS_PARAMS.size, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST),
      chunks: plan.map((chunk) => ({
        ...chunk,
        moments: ownBuffer('moments', chunk.elements * BYTES_PER_MOMENTS, kept),
        entropies: chunk.rows > 0 ? ownBuffer('entropies', chunk.rows * BYTES_PER_ENTROPY, kept) : undefined,
      })),
    }
  })
  const { kernel, params, chunks } = result
  let samples = 0

  /** One thread for each element or row on hardware; fewer that take more each where a thread is what costs. */
  function workgroupsFor({ elements, rows }: StatisticsChunk): number {
    const items = rows || elements
    const spread = Math.ceil(items / variant.packetsPerThread.rows)
    const threads = Math.max(spread, Math.min(items, FEWEST_THREADS))
    return Math.min(
      Math.ceil(threads / variant.workgroupSize),
      device.limits.maxComputeWorkgroupsPerDimension,
    )
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
            offset: output.offset + chunk.start * BYTES_PER_ELEMENT,
            size: chunk.elements * BYTES_PER_ELEMENT,
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
      const { result: copies, checked } = scoped(device, 'statistics: read-back', () => {
        const encoder = device.createCommandEncoder({ label: 'noiseshape/statistics/encoder' })
        const copy = (source: GPUBuffer, target: Float32Array, start: number) => {
          const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST
          const staging = ownBuffer('staging', source.size, usage)
          encoder.copyBufferToBuffer(source, 0, staging, 0, source.size)
          return { staging, target, start }
        }
        const copies = chunks.flatMap(({ start, moments, entropies }) => [
          copy(moments, sums.moments, start * MOMENTS.size),
          ...(entropies ? [copy(entropies, sums.entropies, (start / classes) * ENTROPY.size)] : []),
        ])
        device.queue.submit([encoder.finish()])
        return copies.map((copied) => ({ ...copied, mapped: copied.staging.mapAsync(GPUMapMode.READ) }))
      })
      const mapped = Promise.all(copies.map((copied) => copied.mapped))
      mapped.catch(() => {}) // where the device refused, that is the cause, and is told first
      try {
        await checked
        await mapped
        for (const { staging, target, start } of copies) {
          target.set(new Float32Array(staging.getMappedRange()), start)
        }
        return sums
      } finally {
        for (const { staging } of copies) {
          staging.destroy()
          owned.delete(staging)
        }
      }
    },

    destroy() {
      for (const buffer of owned) buffer.destroy()
      owned.clear()
    },
  }
}

interface Kernel {
  layout: GPUBindGroupLayout
  pipeline: GPUComputePipeline
}

/** Compiled when first asked for; held weakly, like all pipelines. */
const perDevice = new WeakMap<GPUDevice, Map<OutputKind, Kernel>>()

function kernelOf(device: GPUDevice, outputs: OutputKind, workgroupSize: number): Kernel {
  const kernels = perDevice.get(device) ?? new Map<OutputKind, Kernel>()
  perDevice.set(device, kernels)
  const held = kernels.get(outputs)
  if (held) return held
  const layout = bindGroupLayout(device, `statistics/${outputs}`, [
    { type: 'uniform', minBindingSize: STATISTICS_PARAMS.size },
    { type: 'read-only-storage' },
    { type: 'storage' },
    ...(outputs === 'values' ? [] : [{ type: 'storage' } as const]),
  ])
  const made = {
    layout,
    pipeline: pipeline(device, `accumulate_${outputs}`, [statisticsSource], [layout], {
      WORKGROUP_SIZE: workgroupSize,
    }),
  }
  kernels.set(outputs, made)
  return made
}
