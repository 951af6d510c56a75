/** The peers that need no browser. Those of packages cannot be loaded where the packages are not installed. */

import { onnxruntimeOnWasm } from '../monte-carlo/onnxruntime.js'
import type { Predictor } from '../monte-carlo/predictor.js'
import { tensorflowTrainingWasm } from '../monte-carlo/tensorflow-training.js'
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

/** Of the Monte Carlo case. noiseshape/tfjs is not among them: it would load TensorFlow.js before anyone asks for it. */
export const portablePredictors: readonly Predictor[] = [...onnxruntimeOnWasm, tensorflowTrainingWasm]
