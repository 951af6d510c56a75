/** noiseshape/monte-carlo: runs a network many times with dropout on, and summarises the results. */

export { monteCarlo } from './monte-carlo.js'
export type { ForwardOutput, MonteCarloOptions, SampleDraw } from './options.js'
export type { Prediction, PredictionProgress } from './prediction.js'
export type { OutputKind } from './statistics.js'
