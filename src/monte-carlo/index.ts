/** noiseshape/monte-carlo: runs a network many times with dropout on, and summarises the results. */

export { monteCarlo } from './monte-carlo.js'
export type { ForwardOutput, MonteCarloOptions, SampleDraw, SamplesUntilSettled } from './options.js'
export type {
  ClassStatistics,
  GaussianStatistics,
  Prediction,
  PredictionOf,
  PredictionProgress,
} from './prediction.js'
export type { OutputKind } from './statistics.js'
