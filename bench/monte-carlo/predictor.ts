/** What takes part in the Monte Carlo case: one interface for the library, in two runtimes, and its peers. */

import type { Contender } from '../contest.js'

/** Images for the network of models/digits; one call runs all of them `samples` times. */
export interface PredictionSetting {
  digits: number
  samples: number
  /** Ink from 0 to 1: [digits, 1, 8, 8], which is also [digits, 8, 8, 1]. Read only. */
  x: Float32Array
}

/** Statistics of the probabilities over the samples, on the host. */
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
