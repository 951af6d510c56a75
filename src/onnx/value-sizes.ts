/** Models whose sizes follow what the feeds hold, not only how large they are: NonZero, a Range up to a computed number. */

import { dataIn } from './data-flow.js'
import type { Rewritten } from './rewrite.js'
import { readsOf, scopesOf } from './scope.js'
import { isKnownDomain } from './shape-inference.js'

/** Operators whose output has as many entries as the values that they read say. */
const COUNT = new Set('Compress Loop NonMaxSuppression NonZero Scan Unique'.split(' '))

/** Operators that read sizes, and which of their inputs state them. */
const READ_SIZES: Readonly<Record<string, readonly number[] | undefined>> = {
  AffineGrid: [1],
  BlackmanWindow: [0],
  CenterCropPad: [1],
  Col2Im: [1, 2],
  ConstantOfShape: [0],
  DFT: [1],
  Expand: [1],
  HammingWindow: [0],
  HannWindow: [0],
  If: [0],
  MaxUnpool: [2],
  MelWeightMatrix: [0, 1],
  OneHot: [1],
  Pad: [1],
  Range: [0, 1, 2],
  Reshape: [1],
  Resize: [1, 2, 3],
  SequenceAt: [1],
  Slice: [1, 2, 4],
  Split: [1],
  SplitToSequence: [1],
  STFT: [1, 3],
  Tile: [1],
  TopK: [1],
  Upsample: [1],
}

/** Whether sizes may depend on the values of the feeds, so that feeds of the same sizes may need noise of others. */
export function sizesFollowValues({ model }: Rewritten): boolean {
  return scopesOf(model.graph).some((scope) => {
    const isData = dataIn(scope)
    return scope.graph.node.some((node) => {
      // What a function or a foreign operator makes of values is not known.
      const sizes =
        COUNT.has(node.opType) || !isKnownDomain(node.domain)
          ? readsOf(node)
          : READ_SIZES[node.opType]?.map((i) => node.input[i] ?? '')
      return sizes?.some(isData)
    })
  })
}
