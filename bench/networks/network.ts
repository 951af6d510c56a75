/** A network of the Monte Carlo case: its model, its input, and where it drops. Loaded when it is asked for. */

import type { PointOptions } from 'noiseshape/onnx'
import type { NetworkName } from './names.js'

export interface Network {
  name: NetworkName
  /** Rows of its batch. */
  rows: number
  classes: number
  /** The model's only input. Read only. */
  input: { name: string; dims: readonly number[]; values: Float32Array | BigInt64Array }
  /** Where it drops. Undefined: at each of its Dropout nodes. */
  points?: readonly PointOptions[]
  /** ONNX, with its Dropout nodes and a batch of any size; its output are logits, [rows, classes]. */
  model(): Promise<Uint8Array>
  /** The same without dropout. */
  inferenceModel(): Promise<Uint8Array>
  /** Of the digits: the image of each row, as its index in models/digits/samples.json. */
  images?: readonly number[]
}

const load: Record<NetworkName, () => Promise<Network>> = {
  'digits 1': async () => (await import('./digits.js')).digits('digits 1', 1),
  'digits 32': async () => (await import('./digits.js')).digits('digits 32', 32),
  mobilenet: async () => (await import('./mobilenet.js')).mobileNet(),
  'bert-head': async () => (await import('./bert.js')).bert('bert-head'),
  bert: async () => (await import('./bert.js')).bert('bert'),
}

export function loadNetwork(name: NetworkName): Promise<Network> {
  return load[name]()
}
