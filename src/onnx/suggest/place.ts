/** A place where dropout may have been, as one rule sees it. */

import type { NoiseShape } from '../../options.js'
import type { NodeProto } from '../messages.js'

export type SuggestionKind = 'embedding' | 'attention' | 'residual' | 'features' | 'classifier' | 'droppath'

/**
 * `'high'`: the file or the architecture says that the network has dropout here. `'medium'`: networks like this one
 * often do. `'low'`: it can be dropped, and nothing says that it was. `'out of reach'`: inside a fused operator.
 */
export type Confidence = 'high' | 'medium' | 'low' | 'out of reach'

export interface Place {
  tensor: string
  kind: SuggestionKind
  /** What the tensor is; which rate of a config applies depends on it. */
  role: Role
  confidence: Confidence
  reason: string
  /** A node in the block to which the place belongs: it says the family. */
  near: NodeProto | undefined
  /** The rate, if the file states it. */
  rate?: number | undefined
  /** The rate that such networks are trained with. */
  customary?: number | undefined
  /** The noise shape, if the file states it. Default: the tensor's own, or that of the kind. */
  noiseShape?: NoiseShape | undefined
  /** For random operators: the product with the random numbers. */
  product?: string | undefined
  /** For residual branches: the addition. */
  add?: NodeProto | undefined
}

export type Role =
  | 'embedding'
  | 'attention'
  | 'residual'
  | 'feed-forward'
  | 'hidden'
  | 'recurrent'
  | 'convolution'
  | 'classifier'
  | 'branch'
  | 'scaled branch'
  | 'stated'

const ORDER: readonly Confidence[] = ['out of reach', 'low', 'medium', 'high']

/** Whether one confidence is above another. */
export function above(a: Confidence, b: Confidence): boolean {
  return ORDER.indexOf(a) > ORDER.indexOf(b)
}
