/** The cases by name: tensors as networks use them, all float32, and whole networks. */

import { NETWORK_NAMES, type NetworkName } from './networks/names.js'

export type Case = DropoutCase | PredictionCase

export interface DropoutCase {
  /** Undefined: dropout of one tensor. */
  task?: undefined
  name: string
  title: string
  shape: number[]
  /** Resolved: 1 or the tensor's own size. */
  noiseShape: number[]
  rates: number[]
  /** A point of the growth curve, where single GPU passes are not measured. */
  sweep?: true
}

/** Monte Carlo dropout of whole networks. */
export interface PredictionCase {
  task: 'monte-carlo'
  name: string
  title: string
  samples: number
  networks: readonly NetworkName[]
}

const RATES = [0.1, 0.5]

/** Layers of networks, in the order of the tables. */
const layers: DropoutCase[] = [
  layer('elementwise', 'Dropout, 16.8 M elements', [4096, 4096], [4096, 4096]),
  layer('spatial1d', 'SpatialDropout1D', [32, 1024, 512], [32, 1, 512]),
  // 45 x 45 on purpose: an odd size, which is no multiple of four elements
  layer('spatial2d-first', 'SpatialDropout2D, channels first', [32, 256, 45, 45], [32, 256, 1, 1]),
  layer('spatial2d-last', 'SpatialDropout2D, channels last', [32, 45, 45, 256], [32, 1, 1, 256]),
  layer('droppath', 'DropPath', [64, 262144], [64, 1]),
  layer('batch-mask', 'One mask for the batch', [64, 262144], [1, 262144]),
  layer('small', 'Dropout of a small activation', [32, 768], [32, 768]),
]

const sweep: DropoutCase[] = Array.from({ length: 9 }, (_, i) => 10 + 2 * i).map((power) => ({
  ...layer(`sweep-2^${power}`, `Dropout, 2^${power} elements`, [2 ** power], [2 ** power]),
  rates: [0.1],
  sweep: true,
}))

const monteCarlo: PredictionCase = {
  task: 'monte-carlo',
  name: 'monte-carlo',
  title: 'Monte Carlo dropout, 100 samples',
  samples: 100,
  networks: NETWORK_NAMES,
}

export const dropoutCases: readonly DropoutCase[] = [...layers, ...sweep]

export const cases: readonly Case[] = [...layers, monteCarlo, ...sweep]

/** The cases of `--quick` and the page's preset: one of each kind of noise shape, a network, and three sizes. */
export const quickCases: readonly string[] = [
  'elementwise',
  'spatial1d',
  'spatial2d-first',
  'small',
  'monte-carlo',
  'sweep-2^10',
  'sweep-2^14',
  'sweep-2^18',
]

function layer(name: string, title: string, shape: number[], noiseShape: number[]): DropoutCase {
  return { name, title, shape, noiseShape, rates: RATES }
}
