/** What takes part in Monte Carlo dropout: one interface for the library in its two places, and for its peers. */

import type { Contender } from '../contest.js'

/** Images for the network of models/digits; one call takes all of them through all passes. */
export interface PredictionSetting {
  digits: number
  passes: number
  /** Ink from 0 to 1: [digits, 1, 8, 8], which is [digits, 8, 8, 1] too. Not to be written to. */
  x: Float32Array
}

/** Of the probabilities over the passes, on the host. */
export interface Prediction {
  /** [digits, 10], as is the variance. */
  mean: Float32Array
  variance: Float32Array
  /** [digits], in nats. */
  mutualInformation: Float32Array
}

export interface Predictor extends Contender<PredictionSetting, Prediction> {
  task: 'monte-carlo'
  kind: 'gpu'
  role: 'ours' | 'peer'
}
