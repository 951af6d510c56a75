/** The backends of TensorFlow.js that need a GPU. `#tfjs-backends` of the gpu project. */

import '@tensorflow/tfjs-backend-webgpu'
import type { BackendName } from './tfjs-backend'

export const tfjsBackends: readonly BackendName[] = ['webgpu']
