/** TensorFlow.js: `tf.dropout` on its webgpu and its cpu backend. The same code as in `@tensorflow/tfjs`, in parts. */

import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Peer, Setting } from './peer.js'

/** Sets the backend each time: TensorFlow.js has one for all. */
export async function loadTensorflow(backend: 'webgpu' | 'cpu') {
  const [tf] = await Promise.all([
    import('@tensorflow/tfjs-core'),
    backend === 'webgpu' ? import('@tensorflow/tfjs-backend-webgpu') : import('@tensorflow/tfjs-backend-cpu'),
  ])
  if (!(await tf.setBackend(backend)))
    throw new Error(`TensorFlow.js could not start its ${backend} backend.`)
  return tf
}

const peer = (backend: 'webgpu' | 'cpu'): Peer => ({
  name: `tensorflow-${backend}`,
  title: `TensorFlow.js ${backend}`,
  kind: backend === 'cpu' ? 'cpu' : 'gpu',
  role: 'peer',
  load: async () => (await loadTensorflow(backend)).version_core,
  async prepare({ x, shape, noiseShape, rate }: Setting) {
    const tf = await loadTensorflow(backend)
    const input = tf.tensor(x, [...shape], 'float32')
    let step = 0
    const dropout = (): Tensor => tf.dropout(input, rate, [...noiseShape], ++step)
    return {
      name: this.name,
      async run(times) {
        for (let i = 0; i < times; i++) dropout().dispose()
        if (backend === 'webgpu') await queueDone(tf.backend() as WebGPUBackend)
      },
      async result() {
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
