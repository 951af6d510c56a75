/** How a network may hand over its outputs to an engine on WebGPU: in arrays or on its device. `#carriers` of the gpu project. */

import { createEngine } from '../../src/index.js'
import type { ForwardOutput } from '../../src/monte-carlo/index.js'
import type { Carrier, Carry } from './carriers'
import { useGpu } from './gpu'

const gpu = useGpu()
const open = () => createEngine({ backend: 'webgpu', device: gpu.device })

/** Writes each output over the last, which only a run that accumulates in time survives. */
function inOneBuffer(wrap: (buffer: GPUBuffer, bytes: number) => ForwardOutput, offset = 0, room = 0): Carry {
  const buffers = new Map<number, GPUBuffer>()
  return (values) => {
    const size = offset + values.byteLength + room
    const buffer = buffers.get(size) ?? gpu.buffer(new Float32Array(Math.max(size, 4) / 4).fill(Number.NaN))
    buffers.set(size, buffer)
    gpu.device.queue.writeBuffer(buffer, offset, values as Float32Array<ArrayBuffer>)
    return wrap(buffer, values.byteLength)
  }
}

export const carriers: readonly Carrier[] = [
  { name: 'arrays', open, start: () => (values) => values },
  {
    name: 'one buffer',
    open,
    start: () => inOneBuffer((buffer, size) => (size === 0 ? { buffer, size } : buffer)),
  },
  {
    name: 'a range of a larger buffer',
    open,
    start: () => inOneBuffer((buffer, size) => ({ buffer, offset: 512, size }), 512, 64),
  },
]
