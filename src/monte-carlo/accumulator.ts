/** Accumulates outputs: arrays in JavaScript, GPUBuffers on the engine's device. */

import type { Engine } from '../engine.js'
import { lengthOf } from '../validation.js'
import { isTensorBinding } from '../webgpu/tensors.js'
import type { CheckedOptions, ForwardOutput } from './options.js'
import { readArrayOutput, readBufferOutput, readKeptBytes, rejectBufferOutput } from './outputs.js'
import { type Prediction, predictionOf } from './prediction.js'
import { standardErrorOf } from './settled.js'
import { type Accumulation, BYTES_PER_NUMBER, emptySums } from './statistics.js'
import { accumulate } from './statistics-cpu.js'
import { bindingBytes } from './statistics-plan.js'
import { createStatistics } from './statistics-webgpu.js'

export interface Accumulator {
  /** The device it runs on; undefined on the CPU. */
  device: GPUDevice | undefined
  /**
   * Adds an output: that of one sample, or those of `samples` samples, one after the other, with the same result to
   * the bit. The caller may reuse it once this returns; the next sample may start once this resolves.
   */
  add(output: ForwardOutput, samples?: number): Promise<void>
  /** The statistics of all outputs added before the call. */
  read(): Promise<Prediction>
  /** The largest standard error of what is settled when it is below the tolerance; needs `settling`. */
  standardError(): Promise<number>
  destroy(): void
}

/**
 * Creates the accumulator that fits the first output, which is of `samples` samples. `fail` receives GPU errors, which
 * arrive asynchronously.
 */
export function accumulatorFor(
  first: ForwardOutput,
  engine: Engine,
  options: CheckedOptions,
  fail: (reason: unknown) => void,
  samples = 1,
): Accumulator {
  if (!isTensorBinding(first)) return arrayAccumulator(first, options, samples)
  return engine.device
    ? bufferAccumulator(first, engine.device, options, fail, samples)
    : rejectBufferOutput(first)
}

function accumulationOf(options: CheckedOptions, numbers: number, samples: number): Accumulation {
  const { outputs, rowLength, tolerance } = options
  const elements = numbers / samples
  if (keeps(options)) readKeptBytes(options, elements)
  return { outputs, rowLength, elements, settling: tolerance !== undefined }
}

function keeps({ keepSamples, quantiles }: CheckedOptions): boolean {
  return keepSamples || quantiles !== undefined
}

function arrayAccumulator(first: ForwardOutput, options: CheckedOptions, samples: number): Accumulator {
  const { keepSamples: report, quantiles } = options
  const length = lengthOf(readArrayOutput(first, options, samples))
  const accumulation = accumulationOf(options, length, samples)
  const { elements } = accumulation
  const sums = emptySums(accumulation)
  const kept: Float32Array[] = []
  return {
    device: undefined,
    async add(output, samples = 1) {
      const values = readArrayOutput(output, options, samples, elements)
      if (keeps(options)) kept.push(values.slice())
      accumulate(sums, values, accumulation, samples)
    },
    async read() {
      const samples = keeps(options) ? joined(kept, sums.samples * elements) : undefined
      return predictionOf(sums, accumulation, { samples, report, quantiles })
    },
    async standardError() {
      return standardErrorOf(sums, accumulation)
    },
    destroy() {},
  }
}

function joined(parts: readonly Float32Array[], length: number): Float32Array<ArrayBuffer> {
  const whole = new Float32Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Runs between checks of the device's progress. The queue is at most twice this long, and the GPU rarely idles. */
const RUNS_AHEAD = 16

function bufferAccumulator(
  first: ForwardOutput,
  device: GPUDevice,
  options: CheckedOptions,
  fail: (reason: unknown) => void,
  samples: number,
): Accumulator {
  const { samples: most, keepSamples: report, quantiles } = options
  const { size } = readBufferOutput(first, device.limits, options, samples)
  const accumulation = accumulationOf(options, size / BYTES_PER_NUMBER, samples)
  const { elements } = accumulation
  if (keeps(options)) readKeptBytes(options, elements, bindingBytes(device.limits))
  const statistics = createStatistics(device, accumulation, keeps(options) ? most : 0)
  let runs = 0
  let refused: { reason: unknown } | undefined
  let reached: Promise<unknown> = Promise.resolve()
  return {
    device,
    async add(output, samples = 1) {
      const range = readBufferOutput(output, device.limits, options, samples, elements)
      statistics.add(range, samples).catch((reason) => {
        refused ??= { reason }
        fail(reason)
      })
      if (++runs % RUNS_AHEAD > 0) return
      const before = reached
      reached = device.queue.onSubmittedWorkDone()
      reached.catch(() => {}) // never an unhandled rejection: the last one is not awaited
      await before
    },
    async read() {
      const [sums, samples] = await Promise.all([
        statistics.read(),
        keeps(options) ? statistics.readKept() : undefined,
      ])
      if (refused) throw refused.reason // errors of earlier submissions have been reported by now
      return predictionOf(sums, accumulation, { samples, report, quantiles })
    },
    async standardError() {
      const sums = await statistics.read()
      if (refused) throw refused.reason
      return standardErrorOf(sums, accumulation)
    },
    destroy() {
      statistics.destroy()
    },
  }
}
