/** Argument validation of Monte Carlo dropout: its options, and what `forward` returns in each sample. */

import type { Engine } from '../engine.js'
import { readFlag, readInteger, readOptions, readSeed, reject } from '../validation.js'
import { readTensorRange, type TensorBinding, type TensorRange } from '../webgpu/tensors.js'
import type { PredictionProgress } from './prediction.js'
import { BYTES_PER_NUMBER, type OutputKind } from './statistics.js'

/** What one sample draws its masks with. Spread it into any call: `engine.dropout(x, { shape, rate, stream: 1, ...draw })`. */
export interface SampleDraw {
  /** As passed to `monteCarlo`. */
  seed: number | bigint
  /** `firstStep` plus the number of the sample. */
  step: number
  /** As passed to `monteCarlo`. */
  oneMaskForBatch: boolean
}

/**
 * The output of one sample, of the same kind and length in all of them: float32 values in an array, or in a GPUBuffer of
 * the engine's device with usage STORAGE, all of it or `size` bytes from `offset` on. Name the size where a runtime
 * makes its buffers larger than their tensors.
 */
export type ForwardOutput = Float32Array | TensorBinding

export interface MonteCarloOptions {
  /** How many samples: an integer from 1 to 2^24. */
  samples: number
  /** Which experiment: a safe integer >= 0, or a bigint below 2^64. */
  seed: number | bigint
  /** Sample s draws with `step` = `firstStep` + s. Default 0. To continue an earlier run, pass the number of its samples. */
  firstStep?: number | undefined
  /**
   * True: the examples of a batch share their masks, so that each sample is one network for all of them. False (default):
   * each example has its own masks. Passed on in `draw`.
   */
  oneMaskForBatch?: boolean | undefined
  /**
   * One forward run of the network, with the masks of `draw`. It is called again, and the promise settles, only after the
   * accumulation of its last output has been submitted to the device's queue: the buffer may be used again then.
   */
  forward(draw: SampleDraw): ForwardOutput | Promise<ForwardOutput>
  /** What the outputs are. Default `'values'`. */
  outputs?: OutputKind | undefined
  /** The size of the output's last dim, at least 1. Required with `'probabilities'` and `'logits'`, and only there. */
  classes?: number | undefined
  /** Called after each sample; the next sample waits for the promise it returns. */
  onProgress?: ((progress: PredictionProgress) => void | Promise<void>) | undefined
  /** Ends the run: the promise rejects with `signal.reason`, at once even where `forward` never settles. */
  signal?: AbortSignal | undefined
}

/** The options, checked; `classes` is 0 with `'values'`. */
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
  const { samples, seed, firstStep = 0, oneMaskForBatch, forward, onProgress, signal } = readOptions(options)
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
    oneMaskForBatch: readFlag('oneMaskForBatch', oneMaskForBatch, 'Pass true to share one mask in a batch'),
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

/** Reads an output in an array; `elements` is the length of the outputs before it. */
export function readArrayOutput(output: unknown, classes: number, elements?: number): Float32Array {
  if (!(output instanceof Float32Array)) {
    const [rule, remedy] =
      elements === undefined
        ? [
            'it must be a Float32Array, a GPUBuffer or { buffer, offset, size }',
            'Make forward return one of them',
          ]
        : [
            'those of the samples before were Float32Arrays',
            'Make forward return the same kind in each sample',
          ]
    reject(TypeError, OUTPUT, output, rule, remedy)
  }
  readLength(output.length, classes, elements)
  return output
}

/** Reads an output on the GPU; `elements` is the length of the outputs before it. */
export function readBufferOutput(
  output: unknown,
  limits: GPUSupportedLimits,
  classes: number,
  elements?: number,
): TensorRange {
  if (output instanceof Float32Array) {
    const rule = 'those of the samples before were GPUBuffers'
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

/** An engine without a device cannot read an output that is on one. */
export function rejectBufferOutput(output: unknown): never {
  const remedy = 'Pass createEngine the device of the buffer, or return a Float32Array'
  reject(TypeError, OUTPUT, output, 'this engine runs on the CPU', remedy)
}

function readLength(length: number, classes: number, elements: number | undefined): void {
  const name = `${OUTPUT}.length`
  if (elements !== undefined && length !== elements) {
    const remedy =
      'Make forward return as many in each sample; { buffer, size } where a buffer has room for more'
    reject(RangeError, name, length, `the first sample gave ${elements} values`, remedy)
  }
  if (classes > 0 && length % classes !== 0) {
    const rule = `it must be rows of ${classes} classes`
    reject(RangeError, name, length, rule, "Pass the size of the output's last dim as classes")
  }
}
