/** All peers, in the order of the tables. Packages are loaded when their peer is asked for. */

import { jax } from './jax.js'
import { onnxruntime } from './onnxruntime.js'
import type { Peer } from './peer.js'
import { portablePeers } from './portable.js'
import { tensorflowCpu, tensorflowWebgpu } from './tensorflow.js'

export const allPeers: readonly Peer[] = [
  ...portablePeers.filter(({ kind }) => kind === 'gpu'),
  tensorflowWebgpu,
  jax,
  onnxruntime,
  ...portablePeers.filter(({ kind }) => kind === 'cpu'),
  tensorflowCpu,
]
