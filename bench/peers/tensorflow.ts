/** TensorFlow.js: `tf.dropout` on three of its backends. The same code as in `@tensorflow/tfjs`, in parts. */

import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Peer, Setting } from './peer.js'

type Backend = 'webgpu' | 'cpu' | 'wasm'

const importBackend: Record<Backend, () => Promise<unknown>> = {
  webgpu: () => import('@tensorflow/tfjs-backend-webgpu'),
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
  async wasm() {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm')
    if (import.meta.env.SSR) return // in Node it finds its file by itself
    const { default: simd } = await import(
      '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
    )
    // It wants an address for all three; threads would need a page that is cross-origin isolated.
    setWasmPaths({
      'tfjs-backend-wasm.wasm': simd,
      'tfjs-backend-wasm-simd.wasm': simd,
      'tfjs-backend-wasm-threaded-simd.wasm': simd,
    })
  },
}

/** Sets the backend each time: TensorFlow.js has one for all. */
export async function loadTensorflow(backend: Backend) {
  const [tf] = await Promise.all([import('@tensorflow/tfjs-core'), importBackend[backend]()])
  if (tf.getBackend() !== backend && !(await tf.setBackend(backend)))
    throw new Error(`TensorFlow.js could not start its ${backend} backend.`)
  return tf
}

const peer = (backend: Backend): Peer => ({
  name: `tensorflow-${backend}`,
  title: `TensorFlow.js ${backend}`,
  kind: backend === 'webgpu' ? 'gpu' : 'cpu',
  role: 'peer',
  load: async () => (await loadTensorflow(backend)).version_core,
  async prepare({ x, shape, noiseShape, rate }: Setting) {
    const tf = await loadTensorflow(backend)
    const input = tf.tensor(x, [...shape], 'float32')
    let step = 0
    const dropout = (): Tensor => tf.dropout(input, rate, [...noiseShape], ++step)
    return {
      name: this.name,
      enter: async () => void (await loadTensorflow(backend)), // another entrant may use another backend
      async run(times) {
        for (let i = 0; i < times; i++) dropout().dispose()
        if (backend === 'webgpu') await queueDone(tf.backend() as WebGPUBackend)
      },
      async result() {
        await loadTensorflow(backend)
        const y = dropout()
        try {
          return (await y.data()) as Float32Array
        } finally {
          y.dispose()
        }
      },
      close: () => input.dispose(),
    }
  },
})

/** The backend holds back up to 15 dispatches, so they are submitted first. */
async function queueDone(backend: WebGPUBackend): Promise<void> {
  backend.ensureCommandEncoderReady()
  backend.endComputePassEncoder()
  backend.submitQueue()
  await backend.queue.onSubmittedWorkDone()
}

export const tensorflowWebgpu = peer('webgpu')
export const tensorflowCpu = peer('cpu')
export const tensorflowWasm = peer('wasm')
