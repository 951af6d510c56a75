/** What takes part in the dropout cases: one interface for the library, its peers and the copy baseline. */

import type { Contender, Prepared as PreparedFor } from '../contest.js'
import type { Kind, Role } from '../report.js'

/** One case at one rate, with its data. */
export interface Setting {
  shape: readonly number[]
  /** Resolved. */
  noiseShape: readonly number[]
  rate: number
  elements: number
  cells: number
  /** Seeded, without zeros. Read only. */
  x: Float32Array<ArrayBuffer>
  /** For peers of kind 'gpu' that run on our device; `input` holds x. */
  gpu?: { device: GPUDevice; input: GPUBuffer; output: GPUBuffer }
}

export type Prepared = PreparedFor<Float32Array>

export interface Peer extends Contender<Setting, Float32Array> {
  /** Undefined: dropout of one tensor. */
  task?: undefined
  kind: Kind
  role: Role
  /** How many times it reads and writes the tensor; the baseline counts as often. Default 1. */
  copies?: number
}

export function gpuOf({ gpu }: Setting) {
  if (!gpu) throw new Error('The device here cannot bind a tensor of this size.')
  return gpu
}
