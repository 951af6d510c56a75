/** Noise in buffers on ONNX Runtime Web's device. */

import type { Tensor } from 'onnxruntime-web'
import { float32 } from '../elements/float32.js'
import type { Dropout } from '../resolve.js'
import { product } from '../shape.js'
import type { BoundTensors } from '../webgpu/apply.js'
import { scoped } from '../webgpu/errors.js'
import { createOwner, type Owner } from '../webgpu/owned.js'
import { createPasses, type Passes } from '../webgpu/passes.js'
import { drawOf, dropoutsOf, type NoisePoints, type NoiseSource } from './noise-source.js'
import type { OrtModule } from './ort.js'
import { ortBufferSize } from './ort-buffers.js'
import { rowsOfNoise, type Stack, stackedShape } from './stacking.js'

type Shapes = readonly (readonly number[])[]

/** The noise of one point, with at least one cell. */
interface PointNoise {
  place: number
  dropout: Dropout
  passes: Passes
  /** For each sample, the place where its noise is drawn. */
  samples: BoundTensors[]
  /** Where samples are stacked: from those places, each aligned as a binding must be, to their rows. */
  copies: { from: number; to: number }[]
  bytes: number
  scratch: GPUBuffer
  buffer: GPUBuffer
}

/** The buffers for one set of noise shapes. */
interface NoiseBuffers {
  owner: Owner
  points: PointNoise[]
  tensors: Record<string, Tensor>
}

/** Number of shape sets whose buffers are cached: a few batch sizes, each with and without one mask for the batch. */
const MOST_SETS = 8

export function createNoiseBuffers(ort: OrtModule, device: GPUDevice, noisePoints: NoisePoints): NoiseSource {
  const sets = new Map<string, NoiseBuffers>()

  async function buffersFor(shapes: Shapes, stack: Stack): Promise<NoiseBuffers> {
    const key = JSON.stringify([shapes, stack])
    const held = sets.get(key)
    if (held) {
      sets.delete(key) // reinserted as the most recently used
      sets.set(key, held)
      return held
    }
    const made = await allocate(ort, device, noisePoints, shapes, stack)
    sets.set(key, made)
    if (sets.size > MOST_SETS) {
      const [oldest, { owner }] = sets.entries().next().value as [string, NoiseBuffers]
      sets.delete(oldest)
      owner.destroy()
    }
    return made
  }

  return {
    async draw(shapes, draw, stack) {
      const { points, tensors } = await buffersFor(shapes, stack)
      const encoder = device.createCommandEncoder({ label: 'noiseshape/noise/encoder' })
      for (const { place, dropout, passes, samples } of points) {
        samples.forEach((bound, sample) => {
          passes.record(encoder, bound, drawOf(dropout, noisePoints.inputs[place], draw, sample))
        })
      }
      for (const { copies, scratch, buffer, bytes } of points) {
        for (const { from, to } of copies) encoder.copyBufferToBuffer(scratch, from, buffer, to, bytes)
      }
      device.queue.submit([encoder.finish()])
      return tensors
    },
    destroy() {
      for (const { owner } of sets.values()) owner.destroy()
      sets.clear()
    },
  }
}

async function allocate(
  ort: OrtModule,
  device: GPUDevice,
  noisePoints: NoisePoints,
  shapes: Shapes,
  stack: Stack,
): Promise<NoiseBuffers> {
  const owner = createOwner(device, 'noise')
  try {
    // Passes first: their errors explain in plain words which limit of the device is exceeded.
    const dropouts = dropoutsOf(noisePoints, shapes)
    const passes = dropouts.map((dropout) =>
      dropout.cells > 0 ? owner.own(createPasses(device, dropout)) : undefined,
    )
    const isStacked = stack.count > 1
    const dims = shapes.map((shape) => (isStacked ? stackedShape(shape, stack) : shape))
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
    const { result, checked } = scoped(device, 'noise: buffers', () => {
      const buffers = dims.map((shape) => {
        const bytes = Math.max(product(shape) * float32.bytes, 1)
        return owner.buffer('tensor', ortBufferSize(bytes), usage)
      })
      const points = dropouts.flatMap((dropout, place): PointNoise[] => {
        const pass = passes[place]
        if (!pass) return []
        const bytes = dropout.cells * float32.bytes
        const alignment = device.limits.minStorageBufferOffsetAlignment
        const stride = Math.ceil(bytes / alignment) * alignment
        const buffer = buffers[place]
        const scratch = isStacked ? owner.buffer('samples', stride * stack.count, usage) : buffer
        const rows = rowsOfNoise(shapes[place], stack)
        const indices = Array.from({ length: stack.count }, (_, sample) => sample)
        return [
          {
            place,
            dropout,
            passes: pass,
            samples: indices.map((sample) => pass.bind({ buffer: scratch, offset: sample * stride })),
            copies: isStacked
              ? indices.flatMap((sample) =>
                  Array.from({ length: rows }, (_, row) => ({
                    from: sample * stride,
                    to: (sample * rows + row) * bytes,
                  })),
                )
              : [],
            bytes,
            scratch,
            buffer,
          },
        ]
      })
      return { buffers, points }
    })
    const { buffers, points } = result
    const tensors = Object.fromEntries(
      buffers.map((buffer, i) => [
        noisePoints.inputs[i].name,
        ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims: [...dims[i]] }),
      ]),
    )
    await Promise.all([checked, ...points.flatMap(({ samples }) => samples.map((bound) => bound.checked))])
    return { owner, points, tensors }
  } catch (error) {
    owner.destroy()
    throw error
  }
}
