/** noiseshape/monte-carlo: many runs of a network with its dropout on, and their statistics. */

export { monteCarlo } from './monte-carlo.js'
export type { ForwardOutput, MonteCarloOptions, SampleDraw } from './options.js'
export type { Prediction, PredictionProgress } from './prediction.js'
export type { OutputKind } from './statistics.js'
