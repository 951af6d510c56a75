/** Argument validation for Monte Carlo dropout: its options, and the outputs that `forward` returns. */

import type { Engine } from '../engine.js'
import { readOneMask } from '../options.js'
import { type Names, readInteger, readOptions, readSeed, reject } from '../validation.js'
import { readTensorRange, type TensorBinding, type TensorRange } from '../webgpu/tensors.js'
import type { PredictionProgress } from './prediction.js'
import { BYTES_PER_NUMBER, type OutputKind } from './statistics.js'

/**
 * What selects the masks of one sample. Spread it into any call, e.g.
 * `engine.dropout(x, { shape, rate, stream: 1, ...draw })`.
 */
export interface SampleDraw {
  /** As passed to `monteCarlo`. */
  seed: number | bigint
  /** `firstStep` plus the index of the sample. */
  step: number
  /** As passed to `monteCarlo`. */
  oneMaskForBatch: boolean
}

/**
 * The output of one sample, of the same kind and length in every sample: float32 values in an array, or in a GPUBuffer
 * of the engine's device with usage STORAGE, either all of it or `size` bytes from `offset` on. Pass the size if the
 * buffer is larger than the tensor, as in some runtimes.
 */
export type ForwardOutput = Float32Array | TensorBinding

export interface MonteCarloOptions {
  /** Number of samples: an integer from 1 to 2^24. */
  samples: number
  /** Which experiment: a safe integer >= 0, or a bigint below 2^64. */
  seed: number | bigint
  /** Sample s uses `step` = `firstStep` + s. Default 0. To continue an earlier run, pass its number of samples. */
  firstStep?: number | undefined
  /**
   * True: all examples of a batch share their masks, so that each sample is a single network. False (default): each
   * example has its own masks. Passed on in `draw`.
   */
  oneMaskForBatch?: boolean | undefined
  /**
   * Runs the network once, with the masks of `draw`. The next call, and the end of the run, come only after the
   * accumulation of the previous output has been submitted to the device's queue, so its buffer can be reused.
   */
  forward(draw: SampleDraw): ForwardOutput | Promise<ForwardOutput>
  /** What the outputs are. Default `'values'`. */
  outputs?: OutputKind | undefined
  /** Size of the output's last dim, at least 1. Required for `'probabilities'` and `'logits'`; invalid otherwise. */
  classes?: number | undefined
  /** Called after each sample; the next sample waits for the promise it returns. */
  onProgress?: ((progress: PredictionProgress) => void | Promise<void>) | undefined
  /** Aborts the run: the promise rejects with `signal.reason` at once, even if `forward` never settles. */
  signal?: AbortSignal | undefined
}

const NAMES = {
  samples: true,
  seed: true,
  firstStep: true,
  oneMaskForBatch: true,
  forward: true,
  outputs: true,
  classes: true,
  onProgress: true,
  signal: true,
} satisfies Names<MonteCarloOptions>

/** The validated options; `classes` is 0 for `'values'`. */
export interface CheckedOptions {
  samples: number
  seed: number | bigint
  firstStep: number
  oneMaskForBatch: boolean
  forward: MonteCarloOptions['forward']
  outputs: OutputKind
  classes: number
  onProgress: MonteCarloOptions['onProgress']
  signal: AbortSignal | undefined
}

export function readMonteCarloOptions(options: MonteCarloOptions): CheckedOptions {
  readOptions(options, NAMES, 'Pass e.g. { samples: 100, seed: 42, forward: (draw) => the output }')
  const { samples, seed, firstStep = 0, oneMaskForBatch, forward, onProgress, signal } = options
  const { outputs = 'values', classes } = options
  const count = readInteger('samples', samples, 2 ** 24, '2^24', 'Pass how many samples to take, e.g. 100', 1)
  readSeed(seed)
  if (typeof forward !== 'function') {
    const remedy = 'Pass one forward run of the network: (draw) => its output'
    reject(TypeError, 'forward', forward, 'it must be a function', remedy)
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    reject(TypeError, 'onProgress', onProgress, 'it must be a function', 'Pass ({ done, samples }) => ...')
  }
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    const remedy = 'Pass the signal of an AbortController'
    reject(TypeError, 'signal', signal, 'it must be an AbortSignal', remedy)
  }
  return {
    samples: count,
    seed,
    firstStep: readInteger(
      'firstStep',
      firstStep,
      Number.MAX_SAFE_INTEGER - (count - 1),
      `2^53 - 1 less the ${count - 1} samples after it`,
      'Pass the step of the first sample, e.g. 0',
    ),
    oneMaskForBatch: readOneMask(oneMaskForBatch),
    forward,
    outputs: readOutputKind(outputs),
    classes: readClasses(classes, outputs),
    onProgress,
    signal,
  }
}

export function readEngine(engine: Engine): Engine {
  if (typeof engine !== 'object' || engine === null || !('ended' in engine)) {
    const remedy = 'Pass what createEngine() resolved to (await it)'
    reject(TypeError, 'engine', engine, 'it must be an engine', remedy)
  }
  return engine
}

function readOutputKind(outputs: unknown): OutputKind {
  if (outputs !== 'values' && outputs !== 'probabilities' && outputs !== 'logits') {
    const rule = "it must be 'values', 'probabilities' or 'logits'"
    const remedy = "Pass 'logits' for what a classifier gives before its softmax, 'probabilities' for after"
    reject(typeof outputs === 'string' ? RangeError : TypeError, 'outputs', outputs, rule, remedy)
  }
  return outputs
}

function readClasses(classes: unknown, outputs: OutputKind): number {
  if (outputs !== 'values') {
    const remedy = "Pass the size of the output's last dim, e.g. 10"
    return readInteger('classes', classes, 2 ** 31 - 1, '2^31 - 1', remedy, 1)
  }
  if (classes !== undefined) {
    const remedy = "Pass outputs: 'probabilities' or 'logits', or leave classes out"
    reject(RangeError, 'classes', classes, "outputs are 'values', which have no classes", remedy)
  }
  return 0
}

const OUTPUT = 'output'

/** Reads an output in an array; `elements` is the length of the previous outputs. */
export function readArrayOutput(output: unknown, classes: number, elements?: number): Float32Array {
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
  readLength(output.length, classes, elements)
  return output
}

/** Reads an output on the GPU; `elements` is the length of the previous outputs. */
export function readBufferOutput(
  output: unknown,
  limits: GPUSupportedLimits,
  classes: number,
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
  readLength(range.size / BYTES_PER_NUMBER, classes, elements)
  return range
}

/** Rejects a GPU output for an engine that runs on the CPU. */
export function rejectBufferOutput(output: unknown): never {
  const remedy = 'Pass createEngine the device of the buffer, or return a Float32Array'
  reject(TypeError, OUTPUT, output, 'this engine runs on the CPU', remedy)
}

function readLength(length: number, classes: number, elements: number | undefined): void {
  const name = `${OUTPUT}.length`
  if (elements !== undefined && length !== elements) {
    const remedy =
      'Make forward return as many in each sample; if the buffer is larger, return { buffer, size }'
    reject(RangeError, name, length, `the first sample gave ${elements} values`, remedy)
  }
  if (classes > 0 && length % classes !== 0) {
    const rule = `it must be rows of ${classes} classes`
    reject(RangeError, name, length, rule, "Pass the size of the output's last dim as classes")
  }
}
