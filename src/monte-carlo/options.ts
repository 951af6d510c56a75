/** Customs of Monte Carlo dropout: its options, and what `forward` returns in each pass. */

import type { Engine } from '../engine.js'
import { readCall, readFlag, readInteger, readOptions, reject } from '../options.js'
import type { OutputKind } from '../statistics.js'
import { readTensorRange, type TensorBinding, type TensorRange } from '../webgpu/tensors.js'
import type { MonteCarloResult } from './result.js'

/** What one pass draws its masks with. Spreads into any call: `engine.dropout(x, { shape, rate, stream: 1, ...call })`. */
export interface MonteCarloCall {
  /** As passed to `monteCarlo`. */
  seed: number | bigint
  /** `firstCall` plus the number of the pass. */
  call: number
  /** As passed to `monteCarlo`. */
  oneMaskForBatch: boolean
}

/**
 * The output of one pass, of the same kind and length in all of them: float32 values in an array, or in a GPUBuffer of
 * the engine's device with usage STORAGE, all of it or `size` bytes from `offset` on. Name the size where a runtime
 * makes its buffers larger than their tensors.
 */
export type ForwardOutput = Float32Array | TensorBinding

/** How far a run is. */
export interface MonteCarloProgress {
  /** Passes accumulated, 1 to `samples`. */
  done: number
  /** Passes in all. */
  samples: number
  /** The statistics of the passes so far, as they are when it is called. Rejects once the run is over. */
  read(): Promise<MonteCarloResult>
}

export interface MonteCarloOptions {
  /** How many passes: an integer from 1 to 2^24. */
  samples: number
  /** Which experiment: a safe integer >= 0, or a bigint below 2^64. */
  seed: number | bigint
  /** Pass s draws with `call` = `firstCall` + s. Default 0. Go on from an earlier run with the number of its passes. */
  firstCall?: number | undefined
  /**
   * True: the examples of a batch share their masks, so that each pass is one network for all of them. False (default):
   * each example has masks of its own. Handed on in `call`.
   */
  oneMaskForBatch?: boolean | undefined
  /**
   * One pass of the network, with the masks of `call`. It is called again, and the promise settles, only after the
   * accumulation of its last output has been submitted to the device's queue: the buffer may be used again then.
   */
  forward(call: MonteCarloCall): ForwardOutput | Promise<ForwardOutput>
  /** What the outputs are. Default `'values'`. */
  outputs?: OutputKind | undefined
  /** The size of the output's last dim, at least 1. Required with `'probabilities'` and `'logits'`, and only there. */
  classes?: number | undefined
  /** Told after each pass; the next one begins when what it returns has settled. */
  onProgress?: ((progress: MonteCarloProgress) => void | Promise<void>) | undefined
  /** Ends the run: the promise rejects with `signal.reason`, at once even where `forward` never comes back. */
  signal?: AbortSignal | undefined
}

/** The options, checked; `classes` is 0 with `'values'`. */
export interface CheckedOptions {
  samples: number
  seed: number | bigint
  firstCall: number
  oneMaskForBatch: boolean
  forward: MonteCarloOptions['forward']
  outputs: OutputKind
  classes: number
  onProgress: MonteCarloOptions['onProgress']
  signal: AbortSignal | undefined
}

export function readMonteCarloOptions(options: MonteCarloOptions): CheckedOptions {
  const { samples, seed, firstCall = 0, oneMaskForBatch, forward, onProgress, signal } = readOptions(options)
  const { outputs = 'values', classes } = options
  const passes = readInteger('samples', samples, 2 ** 24, '2^24', 'Pass how many passes to take, e.g. 100', 1)
  readCall({ seed }, 0)
  if (typeof forward !== 'function') {
    const remedy = 'Pass one pass of the network: (call) => its output'
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
    samples: passes,
    seed,
    firstCall: readInteger(
      'firstCall',
      firstCall,
      Number.MAX_SAFE_INTEGER - (passes - 1),
      `2^53 - 1 less the ${passes - 1} passes after it`,
      'Pass the call of the first pass, e.g. 0',
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
        : ['those of the passes before were Float32Arrays', 'Make forward return the same kind in each pass']
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
    const rule = 'those of the passes before were GPUBuffers'
    reject(TypeError, OUTPUT, output, rule, 'Make forward return the same kind in each pass')
  }
  const range = readTensorRange(OUTPUT, output as TensorBinding, limits, 'Pass the bytes of the output')
  if (range.size % 4 !== 0) {
    const remedy = 'Make forward return { buffer, size } with the bytes of the output'
    reject(RangeError, `${OUTPUT}.size`, range.size, 'float32 values take 4 bytes each', remedy)
  }
  readLength(range.size / 4, classes, elements)
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
      'Make forward return as many in each pass; { buffer, size } where a buffer has room for more'
    reject(RangeError, name, length, `the first pass gave ${elements} values`, remedy)
  }
  if (classes > 0 && length % classes !== 0) {
    const rule = `it must be rows of ${classes} classes`
    reject(RangeError, name, length, rule, "Pass the size of the output's last dim as classes")
  }
}
