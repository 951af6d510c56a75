/** Argument validation for Monte Carlo dropout: the outputs that `forward` returns. options.ts reads the options. */

import { lengthOf, reject } from '../validation.js'
import { readTensorRange, type TensorBinding, type TensorRange } from '../webgpu/tensors.js'
import type { CheckedOptions } from './options.js'
import { BYTES_PER_NUMBER } from './statistics.js'

const OUTPUT = 'output'

type Rows = Pick<CheckedOptions, 'outputs' | 'rowLength'>

/** Reads an output of `samples` samples in an array; each has `elements` values, if that is known. */
export function readArrayOutput(
  output: unknown,
  rows: Rows,
  samples: number,
  elements?: number,
): Float32Array {
  if (!(output instanceof Float32Array)) {
    const [rule, remedy] =
      elements === undefined
        ? [
            'it must be a Float32Array, a GPUBuffer or { buffer, offset, size }',
            'Make forward return one of them',
          ]
        : ['the previous samples returned Float32Arrays', 'Make forward return the same kind in each sample']
    reject(TypeError, OUTPUT, output, rule, remedy)
  }
  readLength(lengthOf(output), rows, samples, elements)
  return output
}

/** Reads an output of `samples` samples on the GPU; each has `elements` values, if that is known. */
export function readBufferOutput(
  output: unknown,
  limits: GPUSupportedLimits,
  rows: Rows,
  samples: number,
  elements?: number,
): TensorRange {
  if (output instanceof Float32Array) {
    const rule = 'the previous samples returned GPUBuffers'
    reject(TypeError, OUTPUT, output, rule, 'Make forward return the same kind in each sample')
  }
  const range = readTensorRange(OUTPUT, output as TensorBinding, limits, 'Pass the bytes of the output')
  if (range.size % BYTES_PER_NUMBER !== 0) {
    const remedy = 'Make forward return { buffer, size } with the bytes of the output'
    reject(
      RangeError,
      `${OUTPUT}.size`,
      range.size,
      `float32 values take ${BYTES_PER_NUMBER} bytes each`,
      remedy,
    )
  }
  readLength(range.size / BYTES_PER_NUMBER, rows, samples, elements)
  return range
}

/** Rejects a GPU output for an engine that runs on the CPU. */
export function rejectBufferOutput(output: unknown): never {
  const remedy = 'Pass createEngine the device of the buffer, or return a Float32Array'
  reject(TypeError, OUTPUT, output, 'this engine runs on the CPU', remedy)
}

function readLength(
  length: number,
  { outputs, rowLength }: Rows,
  samples: number,
  elements: number | undefined,
): void {
  const name = `${OUTPUT}.length`
  const whole = elements === undefined ? length % samples === 0 : length === elements * samples
  if (!whole) {
    const each = elements === undefined ? 'of equal length' : `of ${elements} values each`
    const [rule, returned] =
      samples === 1
        ? [`the first sample gave ${elements} values`, 'as many in each sample']
        : [
            `forward was asked for ${samples} samples, one after the other, ${each}`,
            'the outputs of `count` samples',
          ]
    const remedy = `Make forward return ${returned}; if the buffer is larger, return { buffer, size }`
    reject(RangeError, name, length, rule, remedy)
  }
  if (rowLength > 0 && length % (rowLength * samples) !== 0) {
    if (outputs === 'gaussian') {
      const rule = `it must be rows of ${rowLength / 2} means and as many log variances`
      reject(RangeError, name, length, rule, "Pass half the size of the output's last dim as targets")
    }
    const rule = `it must be rows of ${rowLength} classes`
    reject(RangeError, name, length, rule, "Pass the size of the output's last dim as classes")
  }
}

/** Rejects samples that take too many bytes to be kept; `bindable`: the most bytes that the device can bind. */
export function readKeptBytes(
  { samples, maxSampleBytes }: Pick<CheckedOptions, 'samples' | 'maxSampleBytes'>,
  elements: number,
  bindable = Number.POSITIVE_INFINITY,
): void {
  const bytes = samples * elements * BYTES_PER_NUMBER
  const most = Math.min(maxSampleBytes, bindable)
  if (bytes <= most) return
  const limit = most < maxSampleBytes ? 'this device binds' : 'maxSampleBytes is'
  const rule = `keeping the ${elements} values of each takes ${bytes} bytes, and ${limit} ${most}`
  const remedy =
    most < maxSampleBytes
      ? 'Take fewer samples, or request the device with a larger maxStorageBufferBindingSize and maxBufferSize'
      : 'Take fewer samples, or pass a larger maxSampleBytes'
  reject(RangeError, 'samples', samples, rule, remedy)
}
