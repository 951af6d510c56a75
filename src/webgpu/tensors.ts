/** Validation of GPU arguments: the user's device, encoder and buffers are checked before anything is recorded. */

import { tensorBytes } from '../elements/element.js'
import type { Dropout } from '../resolve.js'
import { type Names, readInteger, readOptions, reject, show } from '../validation.js'
import type { TensorPlace } from './apply.js'

/** A whole GPUBuffer, or the `size` bytes of one from `offset` (bytes, default 0) on. */
export type TensorBinding = GPUBuffer | { buffer: GPUBuffer; offset?: number; size?: number }

type BufferRange = Exclude<TensorBinding, GPUBuffer>
const RANGE_NAMES = { buffer: true, offset: true, size: true } satisfies Names<BufferRange>
const TENSOR_NAMES = { input: true, output: true } as const

/** A validated range of a buffer, in bytes, whose offset respects the device's alignment. */
export interface TensorRange extends TensorPlace {
  size: number
}

/** Reads a device: anything with the members of a GPUDevice, because each runtime has its own class. */
export function readDevice(device: unknown): GPUDevice {
  if (!has(device, ['createBuffer', 'createBindGroup', 'createComputePipeline', 'queue', 'limits'])) {
    const remedy = 'Pass what adapter.requestDevice() resolved to (await it)'
    reject(TypeError, 'device', device, 'it must be a GPUDevice', remedy)
  }
  return device as GPUDevice
}

export function readEncoder(encoder: unknown): GPUCommandEncoder {
  if (!has(encoder, ['beginComputePass', 'copyBufferToBuffer'])) {
    const remedy = 'Pass what device.createCommandEncoder() returned'
    reject(TypeError, 'encoder', encoder, 'it must be a GPUCommandEncoder', remedy)
  }
  return encoder as GPUCommandEncoder
}

type TensorOf = Pick<Dropout, 'shape' | 'elements' | 'element'>

/** Reads the tensors of a call: two buffers, or the same range twice to work in place. */
export function readTensors(
  tensors: { input: TensorBinding; output: TensorBinding },
  dropout: TensorOf,
  limits: GPUSupportedLimits,
): { input: TensorPlace; output: TensorPlace } {
  const remedy = 'Pass { input, output } with a GPUBuffer each, or one buffer twice to work in place'
  const bindings = readOptions(tensors, TENSOR_NAMES, remedy, 'tensors')
  const input = readTensorBinding('input', bindings.input, dropout, limits)
  const output = readTensorBinding('output', bindings.output, dropout, limits)
  if (input.buffer === output.buffer && input.offset !== output.offset) {
    reject(
      RangeError,
      'output.offset',
      output.offset,
      `input begins at ${input.offset} of the same buffer, and WebGPU lets a pass read and write the same buffer only in place`,
      'Pass the same range twice, or another buffer',
    )
  }
  return { input, output }
}

function readTensorBinding(
  name: string,
  binding: TensorBinding,
  { shape, elements, element }: TensorOf,
  limits: GPUSupportedLimits,
): TensorPlace {
  const bytes = tensorBytes(element, elements)
  const remedy = `Pass at least the ${bytes} bytes of the tensor`
  const { buffer, offset, size } = readTensorRange(name, binding, limits, remedy)
  if (size < bytes) {
    const rule = `the shape ${show(shape)} takes ${bytes} bytes of ${element.name}`
    reject(RangeError, `${name}.size`, size, rule, remedy)
  }
  return { buffer, offset }
}

/** Reads a tensor's range of a buffer; without a `size` it extends to the end of the buffer. */
export function readTensorRange(
  name: string,
  binding: TensorBinding,
  limits: GPUSupportedLimits,
  sizeRemedy: string,
): TensorRange {
  const whole = isBuffer(binding)
  const buffer = whole ? binding : (binding as { buffer?: unknown } | undefined)?.buffer
  if (!isBuffer(buffer)) {
    const rule = 'it must be a GPUBuffer or { buffer, offset, size }'
    reject(TypeError, name, binding, rule, 'Pass a buffer of the same device with usage STORAGE')
  }
  if ((buffer.usage & GPUBufferUsage.STORAGE) === 0) {
    const rule = `its usage must include GPUBufferUsage.STORAGE (${GPUBufferUsage.STORAGE})`
    reject(RangeError, `${name}.usage`, buffer.usage, rule, 'Create the buffer with that usage')
  }
  const range = whole
    ? { buffer }
    : readOptions(binding as BufferRange, RANGE_NAMES, 'Pass a GPUBuffer', name)
  const { offset = 0, size } = range
  const alignment = limits.minStorageBufferOffsetAlignment
  const place = readInteger(
    `${name}.offset`,
    offset,
    buffer.size,
    `the buffer's ${buffer.size} bytes`,
    'Pass 0',
  )
  if (place % alignment !== 0) {
    const rule = `a storage binding must begin at a multiple of ${alignment} bytes on this device`
    reject(RangeError, `${name}.offset`, place, rule, `Pass e.g. ${Math.ceil(place / alignment) * alignment}`)
  }
  const room = buffer.size - place
  if (size === undefined) return { buffer, offset: place, size: room }
  const bound = `${room}, the bytes left in the buffer`
  return {
    buffer,
    offset: place,
    size: readInteger(`${name}.size`, size, room, bound, sizeRemedy),
  }
}

/** Whether a value is or contains a GPUBuffer; `readTensorRange` checks the rest. */
export function isTensorBinding(value: unknown): value is TensorBinding {
  return isBuffer(value) || (has(value, ['buffer']) && isBuffer((value as { buffer: unknown }).buffer))
}

function isBuffer(value: unknown): value is GPUBuffer {
  return has(value, ['mapAsync', 'size', 'usage'])
}

function has(value: unknown, members: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && members.every((member) => member in value)
}
