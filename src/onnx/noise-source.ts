/** Where a session's noise comes from: buffers on the device of ONNX Runtime Web, or arrays, with the same bits. */

import type { Tensor } from 'onnxruntime-web'
import { noise } from '../cpu/index.js'
import type { MonteCarloCall } from '../monte-carlo/options.js'
import { createBuffer } from '../webgpu/buffers.js'
import { createDropout, type DropoutOp } from '../webgpu/dropout.js'
import { scoped } from '../webgpu/errors.js'
import type { NoiseInput } from './options.js'
import type { OrtModule } from './ort.js'

export interface NoiseSource {
  /** The noise of one pass by input name, for these noise shapes; what was drawn before is overwritten. */
  draw(shapes: readonly (readonly number[])[], call: MonteCarloCall): Promise<Record<string, Tensor>>
  destroy(): void
}

export function createArrayNoise(ort: OrtModule, inputs: readonly NoiseInput[]): NoiseSource {
  return {
    async draw(shapes, { seed, call }) {
      return Object.fromEntries(
        inputs.map(({ name, rate }, stream) => {
          const values = noise({ shape: shapes[stream], rate, seed, stream, call })
          return [name, new ort.Tensor('float32', values, shapes[stream])]
        }),
      )
    },
    destroy() {},
  }
}

/** The buffers of one set of noise shapes. */
interface NoiseBuffers {
  ops: (DropoutOp | undefined)[]
  /** What the ops are applied to: as many ones as the largest of the noise tensors has cells. */
  ones: GPUBuffer
  buffers: GPUBuffer[]
  tensors: Record<string, Tensor>
}

/** Sets of shapes whose buffers are kept: batches of a few sizes, each with one mask for the batch and without. */
const MOST_SETS = 8

export function createBufferNoise(
  ort: OrtModule,
  device: GPUDevice,
  inputs: readonly NoiseInput[],
): NoiseSource {
  const sets = new Map<string, NoiseBuffers>()

  async function buffersFor(shapes: readonly (readonly number[])[]): Promise<NoiseBuffers> {
    const key = JSON.stringify(shapes)
    const held = sets.get(key)
    if (held) {
      sets.delete(key) // and back in, as the one used last
      sets.set(key, held)
      return held
    }
    const made = await allocate(ort, device, inputs, shapes)
    sets.set(key, made)
    if (sets.size > MOST_SETS) {
      const [oldest, buffers] = sets.entries().next().value as [string, NoiseBuffers]
      sets.delete(oldest)
      free(buffers)
    }
    return made
  }

  return {
    async draw(shapes, { seed, call }) {
      const { ops, ones, buffers, tensors } = await buffersFor(shapes)
      const encoder = device.createCommandEncoder({ label: 'noiseshape/noise/encoder' })
      ops.forEach((op, stream) => {
        op?.encode(encoder, { input: ones, output: buffers[stream] }, { seed, stream, call })
      })
      device.queue.submit([encoder.finish()])
      return tensors
    },
    destroy() {
      for (const buffers of sets.values()) free(buffers)
      sets.clear()
    },
  }
}

/** ONNX Runtime's shaders read vectors of four: its own buffers end at multiples of 16 bytes. */
const BUFFER_UNIT = 16

async function allocate(
  ort: OrtModule,
  device: GPUDevice,
  inputs: readonly NoiseInput[],
  shapes: readonly (readonly number[])[],
): Promise<NoiseBuffers> {
  const cells = shapes.map((shape) => shape.reduce((product, size) => product * size, 1))
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
  const sizeOf = (count: number) => Math.ceil(Math.max(count * 4, 1) / BUFFER_UNIT) * BUFFER_UNIT
  // The ops first: they say in plain words what this device has no room for.
  const ops = shapes.map((shape, i) =>
    cells[i] > 0 ? createDropout(device, { shape, rate: inputs[i].rate, maxPendingCalls: 1 }) : undefined,
  )
  const { result, checked } = scoped(device, 'noise: buffers', () => {
    const buffers = cells.map((count) =>
      createBuffer(device, { label: 'noiseshape/noise/tensor', size: sizeOf(count), usage }),
    )
    const size = sizeOf(Math.max(...cells))
    const ones = createBuffer(device, { label: 'noiseshape/noise/ones', size, usage, mappedAtCreation: true })
    new Float32Array(ones.getMappedRange()).fill(1)
    ones.unmap()
    return { ops, buffers, ones }
  })
  const tensors = Object.fromEntries(
    inputs.map(({ name }, i) => [
      name,
      ort.Tensor.fromGpuBuffer(result.buffers[i], { dataType: 'float32', dims: [...shapes[i]] }),
    ]),
  )
  const made = { ...result, tensors }
  try {
    await Promise.all([checked, ...ops.map((op) => op?.ready)])
    return made
  } catch (error) {
    free(made)
    throw error
  }
}

function free({ ops, buffers, ones }: NoiseBuffers): void {
  for (const object of [...ops, ...buffers, ones]) object?.destroy()
}
