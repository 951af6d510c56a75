/** The backends of TensorFlow.js without a GPU. `#tfjs-backends` of the unit project. */

import '@tensorflow/tfjs-backend-wasm'
import type { BackendName } from './tfjs-backend'

export const tfjsBackends: readonly BackendName[] = ['cpu', 'wasm']
