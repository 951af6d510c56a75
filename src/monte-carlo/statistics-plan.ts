/** Plans the accumulation of outputs on a device: plain data in, plain data out. */

import { float32 } from '../elements/float32.js'
import { type ByteRange, elementAlignment, MAX_BINDING, type PlanLimits } from '../plan.js'
import { reject } from '../validation.js'
import { type Accumulation, BYTES_PER_NUMBER, MOMENTS, rowLayout, rowsOf } from './statistics.js'

/** A part of the elements whose moments fit one binding: whole rows, starting at an aligned offset. */
export interface StatisticsChunk {
  start: number
  elements: number
  /** Rows of classes. */
  rows: number
}

/** One dispatch: some samples of a chunk. */
export interface StatisticsDispatch {
  chunk: number
  /** The bound part of the outputs, in bytes from the first output. */
  outputs: ByteRange
  /** The chunk's first element in that part. */
  offset: number
  /** Index of its first sample among the outputs. */
  firstSample: number
  samples: number
}

/**
 * Splits the elements of an output into chunks.
 *
 * @throws RangeError if the smallest possible chunk is more than the device can bind
 */
export function planStatistics(accumulation: Accumulation, limits: PlanLimits): StatisticsChunk[] {
  const { outputs, elements, rowLength } = accumulation
  const bytes = bindingBytes(limits)
  const bytesPerElement = BYTES_PER_NUMBER * MOMENTS.size
  const bytesPerRow = BYTES_PER_NUMBER * rowLayout(accumulation).size
  const ofRows = rowsOf(accumulation) > 0 ? Math.floor(bytes / bytesPerRow) * rowLength : elements
  const most = Math.min(Math.floor(bytes / bytesPerElement), ofRows)
  let unit = Math.max(rowLength, 1)
  while (unit % elementAlignment(limits, float32) > 0) unit *= 2
  if (elements > most && unit > most) {
    const rule = `outputs this large are processed in parts of at least ${unit} elements, whose statistics take ${unit * bytesPerElement} bytes, and this device binds ${bytes}`
    const remedy =
      'Pass smaller batches, or request the device with larger maxStorageBufferBindingSize and maxBufferSize'
    if (outputs === 'gaussian') reject(RangeError, 'targets', rowLength / 2, rule, remedy)
    reject(RangeError, 'classes', rowLength, rule, remedy)
  }
  const step = elements > most ? Math.floor(most / unit) * unit : Math.max(elements, 1)
  return Array.from({ length: Math.ceil(elements / step) }, (_, i) => {
    const count = Math.min(step, elements - i * step)
    return { start: i * step, elements: count, rows: rowsOf({ ...accumulation, elements: count }) }
  })
}

/** Plans the dispatches for the outputs of `samples` samples, one after the other: one for each chunk where they fit. */
export function planDispatches(
  chunks: readonly StatisticsChunk[],
  samples: number,
  { elements }: Accumulation,
  limits: PlanLimits,
): StatisticsDispatch[] {
  const size = samples * elements * BYTES_PER_NUMBER
  if (size <= bindingBytes(limits)) {
    return chunks.map(({ start }, chunk) => ({
      chunk,
      outputs: { offset: 0, size },
      offset: start,
      firstSample: 0,
      samples,
    }))
  }
  const alignment = elementAlignment(limits, float32)
  return Array.from({ length: samples }, (_, firstSample) =>
    chunks.map(({ start, elements: count }, chunk): StatisticsDispatch => {
      const first = firstSample * elements + start
      const offset = first % alignment
      const outputs = {
        offset: (first - offset) * BYTES_PER_NUMBER,
        size: (offset + count) * BYTES_PER_NUMBER,
      }
      return { chunk, outputs, offset, firstSample, samples: 1 }
    }),
  ).flat()
}

/** Maximum bytes per binding. */
export function bindingBytes(limits: PlanLimits): number {
  return Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize, MAX_BINDING)
}
