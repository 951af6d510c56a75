/** Plans the accumulation of outputs on a device: plain data in, plain data out. */

import { float32 } from '../elements/float32.js'
import { type ByteRange, elementAlignment, MAX_BINDING, type PlanLimits, type Tuning } from '../plan.js'
import { reject } from '../validation.js'
import { type Accumulation, BYTES_PER_NUMBER, hasClasses, MOMENTS, rowLayout, rowsOf } from './statistics.js'

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
 * @throws RangeError if the smallest possible chunk is more than the device can bind, or a row takes more turns than a
 *   thread can
 */
export function planStatistics(
  accumulation: Accumulation,
  limits: PlanLimits,
  { mostTurns }: Turns,
): StatisticsChunk[] {
  const { outputs, elements, rowLength } = accumulation
  const turns = turnsOf(accumulation, 1)
  if (turns > mostTurns) {
    const rule = `a row takes ${turns} loop turns, and this software adapter ends a thread's loops after ${mostTurns}`
    const remedy = 'Return a Float32Array from forward: its statistics are computed on the CPU'
    reject(RangeError, 'classes', rowLength, rule, remedy)
  }
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

type Turns = Pick<Tuning, 'mostTurns'>

/**
 * Turns that the loops of shaders/statistics.wgsl take for an item, which is a row of classes or else an element. A loop
 * takes one more than its body runs.
 */
export function turnsOf({ outputs, rowLength }: Accumulation, samples: number): number {
  const perSample = hasClasses(outputs) ? 3 * (rowLength + 1) + 1 : 1
  return samples * perSample + 2
}

/** Samples of a dispatch, whose parameters take 4 bytes for each. */
const MOST_SAMPLES = 2 ** 14

/**
 * Plans the dispatches for the outputs of `samples` samples, one after the other: one for each chunk, where they fit a
 * binding, are not more than 2^14 and do not take an item's thread too many turns.
 */
export function planDispatches(
  chunks: readonly StatisticsChunk[],
  samples: number,
  accumulation: Accumulation,
  limits: PlanLimits,
  { mostTurns }: Turns,
): StatisticsDispatch[] {
  const { elements } = accumulation
  const size = samples * elements * BYTES_PER_NUMBER
  const fits = size <= bindingBytes(limits)
  const alignment = elementAlignment(limits, float32)
  const before = turnsOf(accumulation, 0)
  const inTurns = Math.floor((mostTurns - before) / (turnsOf(accumulation, 1) - before))
  const step = fits ? Math.min(MOST_SAMPLES, inTurns) : 1
  const dispatches: StatisticsDispatch[] = []
  for (let firstSample = 0; firstSample < samples; firstSample += step) {
    chunks.forEach(({ start, elements: count }, chunk) => {
      const first = firstSample * elements + start
      const offset = fits ? first : first % alignment
      const outputs = fits
        ? { offset: 0, size }
        : { offset: (first - offset) * BYTES_PER_NUMBER, size: (offset + count) * BYTES_PER_NUMBER }
      dispatches.push({ chunk, outputs, offset, firstSample, samples: Math.min(step, samples - firstSample) })
    })
  }
  return dispatches
}

/** Maximum bytes per binding. */
export function bindingBytes(limits: PlanLimits): number {
  return Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize, MAX_BINDING)
}
