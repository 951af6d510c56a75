/** Turns the accumulated sums into a prediction: mean, variance, entropies, and what was asked for besides. */

import { quantilesOf } from './quantiles.js'
import {
  type Accumulation,
  hasClasses,
  MOMENTS,
  meanOf,
  type OutputKind,
  rowLayout,
  type Sums,
  varianceOf,
} from './statistics.js'

/**
 * The statistics of the samples. Variances are population variances (divided by `samples`, like numpy.var and
 * tf.nn.moments). Values that are not finite count as in NumPy: a NaN makes the mean of its element NaN, an infinite
 * value makes it infinite, and both make the variance NaN. If the logits of a row have no softmax, because one is NaN or
 * +Infinity, the whole row is NaN.
 *
 * @typeParam Values the container of the numbers: an array here, a tensor in noiseshape/tfjs
 */
export type Prediction<Values = Float32Array<ArrayBuffer>> = {
  /** Number of samples. */
  samples: number
  /** Mean of each element over the samples; for `'logits'`, of the probabilities; for `'gaussian'`, of the means. */
  mean: Values
  /**
   * Population variance of each element over the samples; for `'logits'`, of the probabilities; for `'gaussian'`, of
   * the prediction: `aleatoricVariance` + `epistemicVariance`.
   */
  variance: Values
  /** Standard deviation: the square root of `variance`. */
  std: Values
  /** Whether the tolerance was reached; only with `samples: { max, tolerance }`. */
  settled?: boolean
  /** The outputs of all samples as `forward` returned them, [samples, ...output]; only with `keepSamples`. */
  keptSamples?: Values
  /**
   * The quantiles of each element over the samples, [quantiles, ...output], interpolated linearly as in numpy.quantile;
   * for `'logits'`, of the probabilities. Only with `quantiles`.
   */
  quantiles?: Values
} & Partial<ClassStatistics<Values>> &
  Partial<GaussianStatistics<Values>>

/** Of each row of classes. */
export type ClassStatistics<Values = Float32Array<ArrayBuffer>> = {
  /** H(mean of p), one per row, in nats: the total uncertainty of the prediction. Only with `classes`. */
  predictiveEntropy: Values
  /** Mean of H(p), one per row, in nats: the uncertainty within each sampled network, from noise in the data. */
  expectedEntropy: Values
  /** Their difference, >= 0, one per row, in nats: how much the sampled networks disagree. */
  mutualInformation: Values
  /**
   * The share of samples whose most probable class is not the one that most samples have, one per row, 0 to
   * 1 - 1 / `classes` (Freeman 1965; Gal 2016, Uncertainty in Deep Learning, section 3.3.1).
   */
  variationRatio: Values
}

/** Of each target of `'gaussian'` (Kendall and Gal 2017, arXiv:1703.04977, equation 9). */
export type GaussianStatistics<Values = Float32Array<ArrayBuffer>> = {
  /** Mean of the predicted variances: the noise in the data. The square of `aleatoric_uct` in Lightning-UQ-Box. */
  aleatoricVariance: Values
  /** Variance of the predicted means: how much the networks disagree. The square of `epistemic_uct` there. */
  epistemicVariance: Values
}

/**
 * The statistics of outputs of one kind, and what was asked for besides: none of them is optional.
 *
 * @typeParam Keep whether the samples are kept: the type of `keepSamples`
 * @typeParam Quantiles the type of `quantiles`
 */
export type PredictionOf<
  Kind extends OutputKind,
  Values = Float32Array<ArrayBuffer>,
  Keep = unknown,
  Quantiles = unknown,
> = Prediction<Values> &
  ([Kind] extends ['probabilities' | 'logits']
    ? ClassStatistics<Values>
    : [Kind] extends ['gaussian']
      ? GaussianStatistics<Values>
      : unknown) &
  ([Keep] extends [true] ? Record<'keptSamples', Values> : unknown) &
  ([Quantiles] extends [readonly number[]] ? Record<'quantiles', Values> : unknown)

/** Progress of a prediction. */
export interface PredictionProgress<P = Prediction> {
  /** Samples accumulated, 1 to `samples`. */
  done: number
  /** Total number of samples; with a tolerance, the most. */
  samples: number
  /** The statistics of the samples accumulated before the call. Rejects once the run is over. */
  read(): Promise<P>
}

/** What is reported besides the sums, from the outputs of all samples, one after the other. */
export interface Kept {
  samples: Float32Array<ArrayBuffer> | undefined
  /** Whether the samples themselves are asked for. */
  report: boolean
  quantiles: readonly number[] | undefined
}

/** Computes the statistics in double precision and rounds them to float32 once. */
export function predictionOf(
  sums: Sums,
  accumulation: Accumulation,
  { samples: kept, report, quantiles }: Kept,
): Prediction {
  return {
    ...momentsOf(sums, accumulation),
    ...(hasClasses(accumulation.outputs) && classStatistics(sums, accumulation)),
    ...(kept && report && { keptSamples: kept }),
    ...(kept && quantiles && { quantiles: quantilesOf(kept, sums.samples, accumulation, quantiles) }),
  }
}

function momentsOf({ samples, moments }: Sums, { outputs, rowLength }: Accumulation): Prediction {
  const elements = moments.length / MOMENTS.size
  const means = Float32Array.from({ length: elements }, (_, i) => meanOf(moments, i * MOMENTS.size))
  if (outputs !== 'gaussian') {
    const variances = Float64Array.from({ length: elements }, (_, i) => varianceOf(moments, i * MOMENTS.size))
    return { samples, mean: means, variance: Float32Array.from(variances), std: rootsOf(variances) }
  }
  const targets = rowLength / 2
  /** The element of the mean of a target; that of its variance is `targets` further. */
  const elementOf = (target: number) => target + Math.floor(target / targets) * targets
  const ofTargets = (of: (element: number) => number) =>
    Float64Array.from({ length: elements / 2 }, (_, target) => of(elementOf(target)))
  const epistemic = ofTargets((element) => varianceOf(moments, element * MOMENTS.size))
  const aleatoric = ofTargets((element) => meanOf(moments, (element + targets) * MOMENTS.size))
  const total = epistemic.map((variance, target) => variance + aleatoric[target])
  return {
    samples,
    mean: Float32Array.from(ofTargets((element) => means[element])),
    variance: Float32Array.from(total),
    std: rootsOf(total),
    aleatoricVariance: Float32Array.from(aleatoric),
    epistemicVariance: Float32Array.from(epistemic),
  }
}

function rootsOf(variances: Float64Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(variances, Math.sqrt)
}

function classStatistics({ samples, moments, rows }: Sums, accumulation: Accumulation): ClassStatistics {
  const { rowLength: classes } = accumulation
  const layout = rowLayout(accumulation)
  const count = rows.length / layout.size
  const predictiveEntropy = new Float32Array(count)
  const expectedEntropy = new Float32Array(count)
  const mutualInformation = new Float32Array(count)
  const variationRatio = new Float32Array(count)
  for (let row = 0; row < count; row++) {
    const at = row * layout.size
    const predictive = entropyOfMean(moments, row * classes, classes)
    const expected = Math.max(meanOf(rows, at + layout.entropy), 0)
    const votes = rows.subarray(at + layout.votes, at + layout.votes + classes)
    predictiveEntropy[row] = predictive
    expectedEntropy[row] = expected
    mutualInformation[row] = Math.max(predictive - expected, 0) // only rounding makes it negative
    variationRatio[row] = Number.isNaN(expected) ? Number.NaN : 1 - largestOf(votes) / samples
  }
  return { predictiveEntropy, expectedEntropy, mutualInformation, variationRatio }
}

/** H(p) = -sum of p ln p for the mean probabilities of a row, with 0 ln 0 = 0; NaN if one of them is not finite. */
function entropyOfMean(moments: Float32Array, start: number, classes: number): number {
  let entropy = 0
  for (let i = start; i < start + classes; i++) {
    const p = meanOf(moments, i * MOMENTS.size)
    if (!Number.isFinite(p)) return Number.NaN
    if (p !== 0) entropy -= p * Math.log(p)
  }
  return Math.max(entropy, 0)
}

function largestOf(values: Float32Array): number {
  return values.reduce((largest, value) => Math.max(largest, value))
}

/**
 * The shape of each array of a prediction whose outputs have the shape `dims`.
 *
 * @throws Error for a name that is not an array of a prediction
 */
export function shapeOf(
  name: string,
  dims: readonly number[],
  { outputs, samples, quantiles = 0 }: Lengths,
): number[] {
  const leading = dims.slice(0, -1)
  const each = outputs === 'gaussian' ? [...leading, (dims.at(-1) ?? 0) / 2] : [...dims]
  switch (name) {
    case 'mean':
    case 'variance':
    case 'std':
    case 'aleatoricVariance':
    case 'epistemicVariance':
      return each
    case 'keptSamples':
      return [samples, ...dims]
    case 'quantiles':
      return [quantiles, ...each]
    case 'predictiveEntropy':
    case 'expectedEntropy':
    case 'mutualInformation':
    case 'variationRatio':
      return leading
  }
  throw new Error(`internal: a prediction has no array ${name}`)
}

interface Lengths {
  outputs: OutputKind
  samples: number
  quantiles?: number
}
