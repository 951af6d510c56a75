/** All peers, in the order of the tables. Packages are loaded when their peer is asked for. */

import { noiseshapeTfjs, noiseshapeTfjsWasm } from '../monte-carlo/noiseshape-tfjs.js'
import { noiseshapeOnnx, onnxruntimeByHand } from '../monte-carlo/onnxruntime.js'
import type { Predictor } from '../monte-carlo/predictor.js'
import { tensorflowTraining } from '../monte-carlo/tensorflow-training.js'
import { jaxWebgpu } from './jax.js'
import { noiseshapeTensorflowWasm } from './noiseshape-tensorflow.js'
import { onnxruntime } from './onnxruntime.js'
import type { Peer } from './peer.js'
import { portablePeers, portablePredictors } from './portable.js'
import { tensorflowWebgpu } from './tensorflow.js'

export const allPeers: readonly (Peer | Predictor)[] = [
  ...portablePeers.filter(({ kind }) => kind === 'gpu'),
  tensorflowWebgpu,
  jaxWebgpu,
  onnxruntime,
  ...portablePeers.filter(({ kind }) => kind === 'cpu'),
  noiseshapeTensorflowWasm,
  noiseshapeOnnx,
  noiseshapeTfjs,
  tensorflowTraining,
  ...onnxruntimeByHand,
  ...portablePredictors,
  noiseshapeTfjsWasm,
]
