/** ONNX Runtime Web on the CPU: as in onnxruntime.ts its user draws the noise and multiplies, all in one's own arrays. */

import model from './mul.onnx?url&inline'
import { loadOrtAnywhere } from './ort.js'
import type { Peer, Setting } from './peer.js'
import { drawNoise } from './plain.js'

async function load() {
  loaded ??= start()
  return loaded
}

let loaded: ReturnType<typeof start> | undefined

async function start() {
  const ort = await loadOrtAnywhere()
  const session = await ort.InferenceSession.create(await bytesOf(model), { executionProviders: ['wasm'] })
  return { ort, session }
}

async function bytesOf(url: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(url)).arrayBuffer())
}

export const onnxruntimeWasm: Peer = {
  name: 'onnxruntime-wasm',
  title: 'ONNX Runtime Web wasm, Mul by host noise',
  kind: 'cpu',
  role: 'peer',
  load: async () => (await load()).ort.env.versions.web,
  async prepare({ x, shape, noiseShape, rate, cells }: Setting) {
    const { ort, session } = await load()
    const noise = new Float32Array(cells)
    const tensor = (values: Float32Array, dims: readonly number[]) =>
      new ort.Tensor('float32', values, [...dims])
    const feeds = { x: tensor(x, shape), noise: tensor(noise, noiseShape) }
    const dropout = async () => {
      drawNoise(noise, rate)
      const { y } = await session.run(feeds) // a new array each time, also where one is given
      return y.data as Float32Array
    }
    return {
      name: this.name,
      async run(times) {
        for (let i = 0; i < times; i++) await dropout()
      },
      result: dropout,
      close() {},
    }
  },
}
