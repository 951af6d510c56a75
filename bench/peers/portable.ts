/** The peers that need no browser. Those of packages cannot be loaded where the packages are not installed. */

import { bufferCopy, copyKernels } from './copy.js'
import { hashKernel } from './hash.js'
import { jaxWasm } from './jax.js'
import { noiseshapeOnCpu, noiseshapeOnGpu } from './noiseshape.js'
import { onnxruntimeWasm } from './onnxruntime-wasm.js'
import type { Peer } from './peer.js'
import { mathRandom, typedArraySet, typedArraySlice } from './plain.js'
import { tensorflowCpu, tensorflowWasm } from './tensorflow.js'

export const portablePeers: readonly Peer[] = [
  ...copyKernels,
  bufferCopy,
  ...noiseshapeOnGpu,
  hashKernel,
  typedArraySet,
  typedArraySlice,
  ...noiseshapeOnCpu,
  mathRandom,
  tensorflowCpu,
  tensorflowWasm,
  jaxWasm,
  onnxruntimeWasm,
]
