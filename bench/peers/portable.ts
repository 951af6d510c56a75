/** The peers that need no browser and no package. */

import { bufferCopy, copyKernels } from './copy.js'
import { hashKernel } from './hash.js'
import { noiseshapeOnCpu, noiseshapeOnGpu } from './noiseshape.js'
import type { Peer } from './peer.js'
import { mathRandom, typedArraySet, typedArraySlice } from './plain.js'

export const portablePeers: readonly Peer[] = [
  ...copyKernels,
  bufferCopy,
  ...noiseshapeOnGpu,
  hashKernel,
  typedArraySet,
  typedArraySlice,
  ...noiseshapeOnCpu,
  mathRandom,
]
