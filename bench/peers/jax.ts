/** jax-js has a generator and no dropout: its user writes bernoulli and where, and compiles them into one function. */

import { devDependencies } from '../../package.json'
import type { Peer, Setting } from './peer.js'

async function load() {
  const jax = await import('@jax-js/jax')
  if (!(await jax.init('webgpu')).includes('webgpu'))
    throw new Error('jax-js could not start its webgpu backend.')
  jax.defaultDevice('webgpu')
  return jax
}

export const jax: Peer = {
  name: 'jax-js',
  title: 'jax-js, bernoulli and where',
  kind: 'gpu',
  role: 'peer',
  async load() {
    await load()
    return devDependencies['@jax-js/jax'] // the package does not export its version, but is pinned
  },
  async prepare({ x, shape, noiseShape, rate }: Setting) {
    const { numpy: np, random, jit } = await load()
    const keepProb = 1 - rate
    // Arrays are reference counted: a call consumes its arguments, and `.ref` keeps one for later.
    const input = await np
      .array(x)
      .reshape([...shape])
      .blockUntilReady()
    const dropout = jit((key: typeof input, x: typeof input) =>
      np.where(random.bernoulli(key, keepProb, [...noiseShape]), x.div(keepProb), 0),
    )
    let step = 0
    const next = () => dropout(random.key(++step), input.ref)
    return {
      name: this.name,
      async run(times) {
        // Evaluation is lazy: requesting the buffer starts the work without waiting for it.
        for (let i = 1; i < times; i++) await next().gpuBuffer()
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
}
