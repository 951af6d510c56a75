/** noiseshape/monte-carlo: many passes of a network with its dropout on, and what they say together. */

export type { OutputKind } from '../statistics.js'
export { monteCarlo } from './monte-carlo.js'
export type {
  ForwardOutput,
  MonteCarloCall,
  MonteCarloOptions,
  MonteCarloProgress,
} from './options.js'
export type { MonteCarloResult } from './result.js'
