/** What `predict` of a session takes and gives. */

import type { MonteCarloOptions, Prediction, PredictionProgress } from '../monte-carlo/index.js'
import type { Names } from '../validation.js'

export interface PredictOptions extends Omit<MonteCarloOptions, 'forward' | 'onProgress'> {
  /** The model output to summarise, of floating-point numbers. Default: the first. */
  output?: string | undefined
  /** As in `monteCarlo`. */
  onProgress?: ((progress: PredictionProgress<ShapedPrediction>) => void | Promise<void>) | undefined
  /** As in `monteCarlo`. Default: the output's last dim, if the model declares it. */
  classes?: number | undefined
}

export const PREDICT_NAMES = {
  samples: true,
  seed: true,
  firstStep: true,
  oneMaskForBatch: true,
  outputs: true,
  classes: true,
  onProgress: true,
  signal: true,
  output: true,
} satisfies Names<PredictOptions>

/** `mean` and `variance` have the shape `dims`; the entropies and the mutual information lack its last dim. */
export interface ShapedPrediction extends Prediction {
  dims: readonly number[]
}
