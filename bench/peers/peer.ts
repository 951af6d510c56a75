/** What takes part in the cases of dropout: one interface for the library, its peers and the roof. */

import type { Contender, Prepared as PreparedFor } from '../contest.js'

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
  /** What it runs on, and so whose roof it is held against. */
  kind: 'gpu' | 'cpu'
  /** `part`: a piece of the library's work, or two pieces at once. `copy`: another way to copy, beside the roof. */
  role: 'roof' | 'copy' | 'ours' | 'part' | 'peer'
  /** How many times the tensor is read and written; the roof counts as often. Default 1. */
  copies?: number
}

export function gpuOf({ gpu }: Setting) {
  if (!gpu) throw new Error('The device here cannot bind a tensor of this size.')
  return gpu
}
