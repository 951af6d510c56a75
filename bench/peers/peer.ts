/** What takes part in the cases of dropout: one interface for the library, its peers and the roof. */

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
  /** Seeded, without zeros. Not to be written to. */
  x: Float32Array<ArrayBuffer>
  /** Of peers of kind 'gpu' that need no device of their own; `input` holds x. */
  gpu?: { device: GPUDevice; input: GPUBuffer; output: GPUBuffer }
}

export type Prepared = PreparedFor<Float32Array>

export interface Peer extends Contender<Setting, Float32Array> {
  /** Left out: dropout of one tensor. */
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
