/** What takes part in the Monte Carlo case: one interface for the library, in two runtimes, and its peers. */

import type { Contender } from '../contest.js'
import type { NetworkName } from '../networks/names.js'
import type { Network } from '../networks/network.js'
import type { Kind } from '../report.js'

/** One call runs the network `samples` times on the same rows. */
export interface PredictionSetting {
  network: Network
  samples: number
}

/** Statistics of the probabilities over the samples, on the host. */
export interface Prediction {
  /** [rows, classes], as is the variance. */
  mean: Float32Array
  variance: Float32Array
  /** [rows], in nats. */
  mutualInformation: Float32Array
}

export interface Predictor extends Contender<PredictionSetting, Prediction> {
  task: 'monte-carlo'
  /** `'cpu'`: on wasm. */
  kind: Kind
  /** `baseline`: the network run once without dropout. */
  role: 'ours' | 'peer' | 'baseline'
  /** Those it takes part in; undefined: all. */
  networks?: readonly NetworkName[]
}

export const DIGITS: readonly NetworkName[] = ['digits 1', 'digits 32']
