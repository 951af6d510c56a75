/**
 * ONNX Runtime Web's WebGPU provider has no Dropout kernel and no generator: its user draws the noise on the host,
 * uploads it, and multiplies. The model is one `Mul` without fixed shapes (mul-onnx.mjs writes it).
 */

import model from './mul.onnx?url'
import { loadOrt } from './ort.js'
import type { Peer, Setting } from './peer.js'
import { drawNoise } from './plain.js'
import { read } from './queue.js'

async function load() {
  const ort = await loadOrt()
  session ??= ort.InferenceSession.create(model, {
    executionProviders: ['webgpu'],
    preferredOutputLocation: 'gpu-buffer',
  })
  return { ort, session: await session, device: await ort.env.webgpu.device }
}

let session: ReturnType<typeof import('onnxruntime-web/webgpu').InferenceSession.create> | undefined

export const onnxruntime: Peer = {
  name: 'onnxruntime-web',
  title: 'ONNX Runtime Web, Mul by host noise',
  kind: 'gpu',
  role: 'peer',
  load: async () => (await load()).ort.env.versions.web,
  async prepare({ x, shape, noiseShape, rate, elements, cells }: Setting) {
    const { ort, session, device } = await load()
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
    const create = (count: number) =>
      device.createBuffer({ label: 'bench/onnxruntime', size: Math.max(16, count * 4), usage })
    const buffers = { x: create(elements), noise: create(cells), y: create(elements) }
    device.queue.writeBuffer(buffers.x, 0, x)
    const tensor = (buffer: GPUBuffer, dims: readonly number[]) =>
      ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims: [...dims] })
    const feeds = { x: tensor(buffers.x, shape), noise: tensor(buffers.noise, noiseShape) }
    const fetches = { y: tensor(buffers.y, shape) }
    const noise = new Float32Array(cells)
    const run = async (times: number) => {
      for (let i = 0; i < times; i++) {
        drawNoise(noise, rate)
        device.queue.writeBuffer(buffers.noise, 0, noise)
        await session.run(feeds, fetches)
      }
      await device.queue.onSubmittedWorkDone()
    }
    return {
      name: this.name,
      run,
      async result() {
        await run(1)
        return new Float32Array(await read(device, buffers.y, elements * 4))
      },
      close() {
        for (const buffer of Object.values(buffers)) buffer.destroy()
      },
    }
  },
}
