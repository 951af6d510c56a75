/** Draws a session's noise: into buffers on ONNX Runtime Web's device, or into arrays, with the same bits. */

import type { Tensor } from 'onnxruntime-web'
import { computeNoise } from '../cpu/arrays.js'
import { float32 } from '../elements/float32.js'
import type { SampleDraw } from '../monte-carlo/index.js'
import type { GeneratorName } from '../options.js'
import { type Dropout, noiseOf, readDraw, resolveDropout } from '../resolve.js'
import type { BoundTensors } from '../webgpu/apply.js'
import { scoped } from '../webgpu/errors.js'
import { createOwner, type Owner } from '../webgpu/owned.js'
import { createPasses, type Passes } from '../webgpu/passes.js'
import type { NoiseInput } from './options.js'
import type { OrtModule } from './ort.js'

/** What the noise is drawn for, and with. */
export interface NoisePoints {
  inputs: readonly NoiseInput[]
  generator: GeneratorName | undefined
}

export interface NoiseSource {
  /** The noise of one sample by input name, for these noise shapes. Overwrites the previous noise. */
  draw(shapes: readonly (readonly number[])[], draw: SampleDraw): Promise<Record<string, Tensor>>
  destroy(): void
}

function dropoutsOf({ inputs, generator }: NoisePoints, shapes: readonly (readonly number[])[]): Dropout[] {
  return inputs.map(({ rate }, i) => noiseOf(resolveDropout({ shape: shapes[i], rate, generator })))
}

function drawOf(dropout: Dropout, { stream }: NoiseInput, { seed, step }: SampleDraw) {
  return readDraw(dropout, { seed, stream, step })
}

export function createArrayNoise(ort: OrtModule, points: NoisePoints): NoiseSource {
  return {
    async draw(shapes, draw) {
      return Object.fromEntries(
        dropoutsOf(points, shapes).map((dropout, i) => {
          const input = points.inputs[i]
          const values = computeNoise(dropout, drawOf(dropout, input, draw))
          return [input.name, new ort.Tensor('float32', values, shapes[i])]
        }),
      )
    },
    destroy() {},
  }
}

/** The buffers for one set of noise shapes. */
interface NoiseBuffers {
  owner: Owner
  /** `passes` and `bound` are undefined for noise without cells. */
  points: {
    dropout: Dropout
    passes: Passes | undefined
    bound: BoundTensors | undefined
    buffer: GPUBuffer
  }[]
  tensors: Record<string, Tensor>
}

/** Number of shape sets whose buffers are cached: a few batch sizes, each with and without one mask for the batch. */
const MOST_SETS = 8

export function createBufferNoise(ort: OrtModule, device: GPUDevice, noisePoints: NoisePoints): NoiseSource {
  const sets = new Map<string, NoiseBuffers>()

  async function buffersFor(shapes: readonly (readonly number[])[]): Promise<NoiseBuffers> {
    const key = JSON.stringify(shapes)
    const held = sets.get(key)
    if (held) {
      sets.delete(key) // reinserted as the most recently used
      sets.set(key, held)
      return held
    }
    const made = await allocate(ort, device, noisePoints, shapes)
    sets.set(key, made)
    if (sets.size > MOST_SETS) {
      const [oldest, { owner }] = sets.entries().next().value as [string, NoiseBuffers]
      sets.delete(oldest)
      owner.destroy()
    }
    return made
  }

  return {
    async draw(shapes, draw) {
      const { points, tensors } = await buffersFor(shapes)
      const encoder = device.createCommandEncoder({ label: 'noiseshape/noise/encoder' })
      points.forEach(({ dropout, passes, bound }, i) => {
        if (bound) passes?.record(encoder, bound, drawOf(dropout, noisePoints.inputs[i], draw))
      })
      device.queue.submit([encoder.finish()])
      return tensors
    },
    destroy() {
      for (const { owner } of sets.values()) owner.destroy()
      sets.clear()
    },
  }
}

/** ONNX Runtime's shaders read vectors of four, so buffer sizes must be multiples of 16 bytes. */
const BUFFER_UNIT = 16

async function allocate(
  ort: OrtModule,
  device: GPUDevice,
  noisePoints: NoisePoints,
  shapes: readonly (readonly number[])[],
): Promise<NoiseBuffers> {
  const owner = createOwner(device, 'noise')
  try {
    // Passes first: their errors explain in plain words which limit of the device is exceeded.
    const dropouts = dropoutsOf(noisePoints, shapes)
    const passes = dropouts.map((dropout) =>
      dropout.cells > 0 ? owner.own(createPasses(device, dropout)) : undefined,
    )
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
    const { result: points, checked } = scoped(device, 'noise: buffers', () =>
      dropouts.map((dropout, i) => {
        const bytes = Math.ceil(Math.max(dropout.cells * float32.bytes, 1) / BUFFER_UNIT) * BUFFER_UNIT
        const buffer = owner.buffer('tensor', bytes, usage)
        return { dropout, passes: passes[i], bound: passes[i]?.bind({ buffer, offset: 0 }), buffer }
      }),
    )
    const tensors = Object.fromEntries(
      points.map(({ buffer }, i) => [
        noisePoints.inputs[i].name,
        ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims: [...shapes[i]] }),
      ]),
    )
    await Promise.all([checked, ...points.map(({ bound }) => bound?.checked)])
    return { owner, points, tensors }
  } catch (error) {
    owner.destroy()
    throw error
  }
}
