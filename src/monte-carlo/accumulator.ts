/** Accumulates outputs: arrays in JavaScript, GPUBuffers on the engine's device. */

import type { Engine } from '../engine.js'
import { isTensorBinding } from '../webgpu/tensors.js'
import {
  type CheckedOptions,
  type ForwardOutput,
  readArrayOutput,
  readBufferOutput,
  rejectBufferOutput,
} from './options.js'
import { type Prediction, predictionOf } from './prediction.js'
import { type Accumulation, BYTES_PER_NUMBER, emptySums } from './statistics.js'
import { accumulate } from './statistics-cpu.js'
import { createStatistics } from './statistics-webgpu.js'

export interface Accumulator {
  /** The device it runs on; undefined on the CPU. */
  device: GPUDevice | undefined
  /** Adds an output. The caller may reuse it once this returns; the next sample may start once this resolves. */
  add(output: ForwardOutput): Promise<void>
  /** The statistics of all outputs added before the call. */
  read(): Promise<Prediction>
  destroy(): void
}

/** Creates the accumulator that fits the first output. `fail` receives GPU errors, which arrive asynchronously. */
export function accumulatorFor(
  first: ForwardOutput,
  engine: Engine,
  options: CheckedOptions,
  fail: (reason: unknown) => void,
): Accumulator {
  if (!isTensorBinding(first)) return arrayAccumulator(first, options)
  return engine.device ? bufferAccumulator(first, engine.device, options, fail) : rejectBufferOutput(first)
}

function arrayAccumulator(first: ForwardOutput, { outputs, classes }: CheckedOptions): Accumulator {
  const elements = readArrayOutput(first, classes).length
  const accumulation: Accumulation = { outputs, classes, elements }
  const sums = emptySums(accumulation)
  return {
    device: undefined,
    async add(output) {
      accumulate(sums, readArrayOutput(output, classes, elements), accumulation)
    },
    async read() {
      return predictionOf(sums, accumulation)
    },
    destroy() {},
  }
}

/** Samples between checks of the device's progress. The queue is at most twice this long, and the GPU rarely idles. */
const SAMPLES_AHEAD = 16

function bufferAccumulator(
  first: ForwardOutput,
  device: GPUDevice,
  { outputs, classes }: CheckedOptions,
  fail: (reason: unknown) => void,
): Accumulator {
  const elements = readBufferOutput(first, device.limits, classes).size / BYTES_PER_NUMBER
  const accumulation: Accumulation = { outputs, classes, elements }
  const statistics = createStatistics(device, accumulation)
  let samples = 0
  let refused: { reason: unknown } | undefined
  let reached: Promise<unknown> = Promise.resolve()
  return {
    device,
    async add(output) {
      statistics.add(readBufferOutput(output, device.limits, classes, elements)).catch((reason) => {
        refused ??= { reason }
        fail(reason)
      })
      if (++samples % SAMPLES_AHEAD > 0) return
      const before = reached
      reached = device.queue.onSubmittedWorkDone()
      await before
    },
    async read() {
      const sums = await statistics.read() // errors of earlier submissions have been reported by now
      if (refused) throw refused.reason
      return predictionOf(sums, accumulation)
    },
    destroy() {
      statistics.destroy()
    },
  }
}
