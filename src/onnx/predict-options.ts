/** What `predict` of a session takes and gives. */

import type { MonteCarloOptions, OutputKind, PredictionOf, PredictionProgress } from '../monte-carlo/index.js'
import type { Names } from '../validation.js'

/**
 * @typeParam Kind what the outputs are, as `outputs` says it: the result has the statistics of that kind
 * @typeParam Keep as `keepSamples` says it: if true, the result has the samples
 * @typeParam Quantiles as `quantiles` says it: if given, the result has them
 */
export interface PredictOptions<
  Kind extends OutputKind = OutputKind,
  Keep extends boolean = boolean,
  Quantiles extends readonly number[] | undefined = readonly number[] | undefined,
> extends Omit<MonteCarloOptions<Kind, Keep, Quantiles>, 'forward' | 'samplesPerRun' | 'onProgress'> {
  /** The model output to summarise, of floating-point numbers. Default: the first. */
  output?: string | undefined
  /**
   * The most samples that run at once, stacked in the batch, where the model allows it. They draw the same noise as one
   * by one; outputs agree within rounding. Default: as many as are likely to gain.
   */
  samplesPerRun?: number | undefined
  /** As in `monteCarlo`. */
  onProgress?:
    | ((progress: PredictionProgress<ShapedPrediction<Kind, Keep, Quantiles>>) => void | Promise<void>)
    | undefined
  /** As in `monteCarlo`. Default: the output's last dim, if the model declares it. */
  classes?: number | undefined
  /** As in `monteCarlo`. Default: half of the output's last dim, if the model declares it. */
  targets?: number | undefined
}

export const PREDICT_NAMES = {
  samples: true,
  seed: true,
  firstStep: true,
  oneMaskForBatch: true,
  samplesPerRun: true,
  outputs: true,
  classes: true,
  targets: true,
  keepSamples: true,
  quantiles: true,
  maxSampleBytes: true,
  onProgress: true,
  signal: true,
  output: true,
} satisfies Names<PredictOptions>

/**
 * `mean`, `variance`, `std` and the variances of `'gaussian'` have the shape `dims`; the entropies, the mutual information
 * and the variation ratio lack its last dim.
 */
export type ShapedPrediction<
  Kind extends OutputKind = OutputKind,
  Keep = unknown,
  Quantiles = unknown,
> = PredictionOf<Kind, Float32Array<ArrayBuffer>, Keep, Quantiles> & {
  dims: readonly number[]
}

/** What the output's last dim holds: as given, or else as the model declares it. */
export type LastDim = Pick<PredictOptions, 'classes' | 'targets'>

export function readLastDim(
  { outputs, classes, targets }: PredictOptions,
  declared: number | undefined,
): LastDim {
  if (outputs === 'gaussian') return { classes, targets: targets ?? Math.ceil((declared ?? 2) / 2) }
  const hasClasses = outputs !== undefined && outputs !== 'values'
  return { classes: classes ?? (hasClasses ? declared : undefined), targets }
}
