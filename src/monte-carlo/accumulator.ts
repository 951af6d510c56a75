/** Where outputs are accumulated: in JavaScript when they are arrays, on the engine's device when they are there. */

import { accumulate } from '../cpu/statistics.js'
import type { Engine } from '../engine.js'
import { type Accumulation, emptySums } from '../statistics.js'
import { createStatistics } from '../webgpu/statistics.js'
import { isTensorBinding } from '../webgpu/tensors.js'
import {
  type CheckedOptions,
  type ForwardOutput,
  readArrayOutput,
  readBufferOutput,
  rejectBufferOutput,
} from './options.js'
import { type MonteCarloResult, resultOf } from './result.js'

export interface Accumulator {
  /** The device it runs on; undefined where it is the CPU. */
  device: GPUDevice | undefined
  /** Adds an output, which is the caller's again when this returns; resolves when it is time for the next pass. */
  add(output: ForwardOutput): Promise<void>
  /** The statistics of what has been added when it is called. */
  read(): Promise<MonteCarloResult>
  destroy(): void
}

/** The accumulator that a first output asks for; `fail` is told what the device refuses, which it says later. */
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
      return resultOf(sums, accumulation)
    },
    destroy() {},
  }
}

/** Passes between two looks at how far the device is: it is at most two of these behind, and rarely waits for us. */
const PASSES_AHEAD = 16

function bufferAccumulator(
  first: ForwardOutput,
  device: GPUDevice,
  { outputs, classes }: CheckedOptions,
  fail: (reason: unknown) => void,
): Accumulator {
  const elements = readBufferOutput(first, device.limits, classes).size / 4
  const accumulation: Accumulation = { outputs, classes, elements }
  const statistics = createStatistics(device, accumulation)
  let passes = 0
  let refused: { reason: unknown } | undefined
  let reached: Promise<unknown> = Promise.resolve()
  return {
    device,
    async add(output) {
      statistics.add(readBufferOutput(output, device.limits, classes, elements)).catch((reason) => {
        refused ??= { reason }
        fail(reason)
      })
      if (++passes % PASSES_AHEAD > 0) return
      const before = reached
      reached = device.queue.onSubmittedWorkDone()
      await before
    },
    async read() {
      const sums = await statistics.read() // by now the device has told of all that was submitted before
      if (refused) throw refused.reason
      return resultOf(sums, accumulation)
    },
    destroy() {
      statistics.destroy()
    },
  }
}
