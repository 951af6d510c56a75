/** A one-pass kernel of the kind found in blogs: no mask, a 32-bit hash for each element. */

import { patternOf } from '../noise-cells.js'
import code from './hash.wgsl?raw'
import { gpuOf, type Peer } from './peer.js'
import { createKernel, read, runOn } from './queue.js'

export const hashKernel: Peer = {
  name: 'hash-kernel',
  title: 'hand-written kernel, pcg hash per element',
  kind: 'gpu',
  role: 'peer',
  async prepare(setting) {
    const { device, input, output } = gpuOf(setting)
    const { shared, inner } = patternOf(setting.shape, setting.noiseShape)
    const params = device.createBuffer({
      label: 'bench/hash/params',
      size: 32,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    })
    const words = new DataView(new ArrayBuffer(24))
    words.setUint32(4, setting.elements, true)
    words.setUint32(8, shared, true)
    words.setUint32(12, inner, true)
    words.setFloat32(16, setting.rate, true)
    words.setFloat32(20, 1 / (1 - setting.rate), true)
    device.queue.writeBuffer(params, 0, words.buffer)
    const dropout = await createKernel(device, {
      code,
      entryPoint: 'hash_dropout',
      bindings: [input, output, params],
      threads: setting.elements,
    })
    const seed = new Uint32Array(1)
    let last: GPUCommandEncoder | undefined
    const record = (encoder: GPUCommandEncoder) => {
      if (encoder !== last) {
        seed[0] += 0x9e3779b9 // a new mask with each submit, which is when it is read
        device.queue.writeBuffer(params, 0, seed)
      }
      last = encoder
      dropout(encoder)
    }
    return {
      name: this.name,
      run: (times) => runOn(device, times, record),
      async result() {
        await runOn(device, 1, record)
        return new Float32Array(await read(device, output))
      },
      close: () => params.destroy(),
    }
  },
}
