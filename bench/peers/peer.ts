/** What takes part in the benchmark: one interface for the library, its peers and the roof. */

import type { Entrant } from '../measure.js'

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

export interface Prepared extends Entrant {
  /** Does the work once more and brings the result to the host. */
  result(): Promise<Float32Array>
  /** The result to the bit, where it is known; asked for after `result()`. */
  expected?(): Float32Array
}

export interface Peer {
  name: string
  title: string
  /** What it runs on, and so whose roof it is held against. */
  kind: 'gpu' | 'cpu'
  /** `part`: a piece of the library's work, or two pieces at once. `copy`: another way to copy, beside the roof. */
  role: 'roof' | 'copy' | 'ours' | 'part' | 'peer'
  /** How many times the tensor is read and written; the roof counts as often. Default 1. */
  copies?: number
  /** Loads what it needs, once for all cases, and throws where that is not to be had. Gives its version. */
  load?(): Promise<string | undefined>
  prepare(setting: Setting): Promise<Prepared>
}

export function gpuOf({ gpu }: Setting) {
  if (!gpu) throw new Error('The device here cannot bind a tensor of this size.')
  return gpu
}
