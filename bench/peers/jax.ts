/** jax-js has a generator and no dropout: its user writes bernoulli and where, and compiles them into one function. */

import { devDependencies } from '../../package.json'
import type { Peer, Setting } from './peer.js'

type Backend = 'webgpu' | 'wasm'

/** Sets the backend each time: jax-js has a default for all. */
async function load(backend: Backend) {
  const jax = await import('@jax-js/jax')
  if (!(await jax.init(backend)).includes(backend))
    throw new Error(`jax-js could not start its ${backend} backend.`)
  jax.defaultDevice(backend)
  return jax
}

const peer = (name: string, title: string, backend: Backend): Peer => ({
  name,
  title,
  kind: backend === 'webgpu' ? 'gpu' : 'cpu',
  role: 'peer',
  async load() {
    await load(backend)
    return devDependencies['@jax-js/jax'] // the package does not export its version, but is pinned
  },
  async prepare({ x, shape, noiseShape, rate }: Setting) {
    const { numpy: np, random, jit } = await load(backend)
    const keepProb = 1 - rate
    const scale = 1 / keepProb
    // Arrays are reference counted: a call consumes its arguments, and `.ref` keeps one for later.
    const input = await np
      .array(x)
      .reshape([...shape])
      .blockUntilReady()
    // The key is made inside: outside, it would be a kernel of its own, and a third of the time of a small tensor.
    const dropout = jit((seed: typeof input, x: typeof input) =>
      np.where(random.bernoulli(random.key(seed), keepProb, [...noiseShape]), x.mul(scale), 0),
    )
    let step = 0
    const next = () => dropout(np.array(++step, { dtype: np.uint32 }), input.ref)
    return {
      name,
      async run(times) {
        for (let i = 1; i < times; i++) {
          const y = next()
          // Evaluation is lazy. On the GPU, requesting the buffer starts the work without waiting for it.
          if (backend === 'webgpu') await y.gpuBuffer()
          else (await y.blockUntilReady()).dispose()
        }
        const last = await next().blockUntilReady()
        last.dispose()
      },
      async result() {
        return (await next().data()) as Float32Array
      },
      close() {
        dropout.dispose()
        input.dispose()
      },
    }
  },
})

export const jaxWebgpu = peer('jax-js', 'jax-js, bernoulli and where', 'webgpu')
export const jaxWasm = peer('jax-js-wasm', 'jax-js wasm, bernoulli and where', 'wasm')
