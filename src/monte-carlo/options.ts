/** Argument validation for Monte Carlo dropout: its options. outputs.ts reads what `forward` returns. */

import type { Engine } from '../engine.js'
import { readOneMask } from '../options.js'
import { type Names, readFlag, readInteger, readOptions, readSeed, reject } from '../validation.js'
import type { TensorBinding } from '../webgpu/tensors.js'
import type { PredictionOf, PredictionProgress } from './prediction.js'
import { hasClasses, type OutputKind } from './statistics.js'

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

/** Stops as soon as more samples would change little. */
export interface SamplesUntilSettled {
  /** The most samples: an integer from 1 to 2^24. */
  max: number
  /**
   * Stops when the standard error of every mean, and with classes of every mutual information, is at most this: above
   * 0, in units of the outputs, or of probabilities and nats. It is asked after 16, 32, 64, ... and `max` samples, and
   * never by the clock, so that a run can be repeated. An element that is not finite never settles.
   */
  tolerance: number
}

/**
 * @typeParam Kind what the outputs are, as `outputs` says it: the result has the statistics of that kind
 * @typeParam Keep as `keepSamples` says it: if true, the result has the samples
 * @typeParam Quantiles as `quantiles` says it: if given, the result has them
 */
export interface MonteCarloOptions<
  Kind extends OutputKind = OutputKind,
  Keep extends boolean = boolean,
  Quantiles extends readonly number[] | undefined = readonly number[] | undefined,
> {
  /** Number of samples: an integer from 1 to 2^24; or the most, and the tolerance below which it stops. */
  samples: number | SamplesUntilSettled
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
   * Runs the network once, with the masks of `draw`. With `samplesPerRun` it computes `count` samples, with the steps
   * `draw.step`, `draw.step + 1`, ..., and returns their outputs one after the other. The next call, and the end of the
   * run, come only after the accumulation of the previous output has been submitted to the device's queue, so its
   * buffer can be reused.
   */
  forward(draw: SampleDraw, count: number): ForwardOutput | Promise<ForwardOutput>
  /**
   * The most samples that `forward` computes at once, e.g. stacked in the batch: an integer from 1 to 2^24. It does not
   * change the statistics of the same outputs, to the bit. Default 1.
   */
  samplesPerRun?: number | undefined
  /** What the outputs are. Default `'values'`. */
  outputs?: Kind | undefined
  /** Size of the output's last dim, at least 1. Required for `'probabilities'` and `'logits'`; invalid otherwise. */
  classes?: number | undefined
  /**
   * For `'gaussian'`: number of targets, half the size of the output's last dim. Its first half are the means, its
   * second half the natural logs of the variances. Default 1.
   */
  targets?: number | undefined
  /** Whether to return the outputs of all samples. Default false. */
  keepSamples?: Keep | undefined
  /** Quantiles to compute, in [0, 1], e.g. [0.05, 0.95]. Needs the memory of `keepSamples`. Not for `'gaussian'`. */
  quantiles?: Quantiles | undefined
  /**
   * The most bytes that kept samples may take, 4 for each value of each sample, for `keepSamples` and `quantiles`.
   * Default 2^27, 128 MiB, which is also the most that many GPUs can bind.
   */
  maxSampleBytes?: number | undefined
  /** Called after each run of `forward`; the next run waits for the promise it returns. */
  onProgress?:
    | ((
        progress: PredictionProgress<PredictionOf<Kind, Float32Array<ArrayBuffer>, Keep, Quantiles>>,
      ) => void | Promise<void>)
    | undefined
  /** Aborts the run: the promise rejects with `signal.reason` at once, even if `forward` never settles. */
  signal?: AbortSignal | undefined
}

const NAMES = {
  samples: true,
  seed: true,
  firstStep: true,
  oneMaskForBatch: true,
  forward: true,
  samplesPerRun: true,
  outputs: true,
  classes: true,
  targets: true,
  keepSamples: true,
  quantiles: true,
  maxSampleBytes: true,
  onProgress: true,
  signal: true,
} satisfies Names<MonteCarloOptions>

const SAMPLES_NAMES = { max: true, tolerance: true } satisfies Names<SamplesUntilSettled>

/** The validated options. */
export interface CheckedOptions {
  /** Number of samples; with a tolerance, the most. */
  samples: number
  tolerance: number | undefined
  seed: number | bigint
  firstStep: number
  oneMaskForBatch: boolean
  forward: MonteCarloOptions['forward']
  samplesPerRun: number
  outputs: OutputKind
  /** Elements per row: see `Accumulation`. */
  rowLength: number
  keepSamples: boolean
  quantiles: readonly number[] | undefined
  maxSampleBytes: number
  onProgress: MonteCarloOptions['onProgress']
  signal: AbortSignal | undefined
}

export function readMonteCarloOptions(options: MonteCarloOptions): CheckedOptions {
  readOptions(options, NAMES, 'Pass e.g. { samples: 100, seed: 42, forward: (draw) => the output }')
  const { samples, seed, firstStep = 0, oneMaskForBatch, forward, onProgress, signal } = options
  const { samplesPerRun = 1 } = options
  const { outputs: given = 'values', keepSamples, quantiles, maxSampleBytes = 2 ** 27 } = options
  const { count, tolerance } = readSamples(samples)
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
  const outputs = readOutputKind(given)
  return {
    samples: count,
    tolerance,
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
    samplesPerRun: readInteger(
      'samplesPerRun',
      samplesPerRun,
      2 ** 24,
      '2^24',
      'Pass how many samples forward computes at once, e.g. 10',
      1,
    ),
    outputs,
    rowLength: readRowLength(options, outputs),
    keepSamples: readFlag('keepSamples', keepSamples, 'Pass true to return the outputs of all samples'),
    quantiles: readQuantiles(quantiles, outputs),
    maxSampleBytes: readInteger(
      'maxSampleBytes',
      maxSampleBytes,
      Number.MAX_SAFE_INTEGER,
      '2^53 - 1',
      'Pass a number of bytes, e.g. 2 ** 27',
    ),
    onProgress,
    signal,
  }
}

function readSamples(samples: unknown): { count: number; tolerance: number | undefined } {
  const remedy = 'Pass how many samples to take, e.g. 100'
  const read = (name: string, value: unknown) => readInteger(name, value, 2 ** 24, '2^24', remedy, 1)
  if (typeof samples !== 'object' || samples === null) {
    return { count: read('samples', samples), tolerance: undefined }
  }
  const example = 'Pass e.g. { max: 1000, tolerance: 0.01 }'
  const { max, tolerance } = readOptions(samples as SamplesUntilSettled, SAMPLES_NAMES, example, 'samples')
  const count = read('samples.max', max)
  const rule = 'it must be a finite number above 0'
  if (typeof tolerance !== 'number') reject(TypeError, 'samples.tolerance', tolerance, rule, example)
  if (!Number.isFinite(tolerance) || tolerance <= 0) {
    reject(RangeError, 'samples.tolerance', tolerance, rule, example)
  }
  return { count, tolerance }
}

function readQuantiles(quantiles: unknown, outputs: OutputKind): readonly number[] | undefined {
  if (quantiles === undefined) return undefined
  const remedy = 'Pass e.g. [0.05, 0.95]'
  if (outputs === 'gaussian') {
    const rule = "outputs are 'gaussian', whose samples are distributions, not values"
    reject(RangeError, 'quantiles', quantiles, rule, 'Leave quantiles out, and use mean and std')
  }
  if (!Array.isArray(quantiles)) reject(TypeError, 'quantiles', quantiles, 'it must be an array', remedy)
  if (quantiles.length === 0) reject(RangeError, 'quantiles', quantiles, 'it must not be empty', remedy)
  return Array.from(quantiles, (quantile: unknown, i) => {
    const rule = 'it must be a number from 0 to 1'
    if (typeof quantile !== 'number') reject(TypeError, `quantiles[${i}]`, quantile, rule, remedy)
    if (!(quantile >= 0 && quantile <= 1)) reject(RangeError, `quantiles[${i}]`, quantile, rule, remedy)
    return quantile
  })
}

export function readEngine(engine: Engine): Engine {
  if (typeof engine !== 'object' || engine === null || !('ended' in engine)) {
    const remedy = 'Pass what createEngine() resolved to (await it)'
    reject(TypeError, 'engine', engine, 'it must be an engine', remedy)
  }
  return engine
}

function readOutputKind(outputs: unknown): OutputKind {
  switch (outputs) {
    case 'values':
    case 'probabilities':
    case 'logits':
    case 'gaussian':
      return outputs
  }
  const rule = "it must be 'values', 'probabilities', 'logits' or 'gaussian'"
  const remedy = "Pass 'logits' for what a classifier gives before its softmax, 'probabilities' for after"
  reject(typeof outputs === 'string' ? RangeError : TypeError, 'outputs', outputs, rule, remedy)
}

const MOST_PER_ROW = 2 ** 31 - 1

function readRowLength({ classes, targets }: MonteCarloOptions, outputs: OutputKind): number {
  if (!hasClasses(outputs) && classes !== undefined) {
    const remedy = "Pass outputs: 'probabilities' or 'logits', or leave classes out"
    reject(RangeError, 'classes', classes, `outputs are '${outputs}', which have no classes`, remedy)
  }
  if (outputs !== 'gaussian' && targets !== undefined) {
    const remedy = "Pass outputs: 'gaussian', or leave targets out"
    reject(RangeError, 'targets', targets, `outputs are '${outputs}', which have no targets`, remedy)
  }
  if (hasClasses(outputs)) {
    const remedy = "Pass the size of the output's last dim, e.g. 10"
    return readInteger('classes', classes, MOST_PER_ROW, '2^31 - 1', remedy, 1)
  }
  if (outputs === 'values') return 0
  const remedy = "Pass half the size of the output's last dim, or leave it out for 1"
  return 2 * readInteger('targets', targets ?? 1, (MOST_PER_ROW - 1) / 2, '2^30 - 1', remedy, 1)
}
