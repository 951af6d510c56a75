/** The copy baseline on a GPU: kernels that divide the work in several ways. The fastest differs by device, so all run. */

import code from './copy.wgsl?raw'
import { gpuOf, type Peer } from './peer.js'
import { createKernel, read, runOn } from './queue.js'

const cuts = [
  { packets: 1, interleaved: true },
  { packets: 8, interleaved: true },
  { packets: 8, interleaved: false },
  { packets: 32, interleaved: false },
  { packets: 64, interleaved: false },
  { packets: 256, interleaved: false },
]

export const copyKernels: Peer[] = cuts.map(({ packets, interleaved }) => ({
  name: `copy-${packets}${interleaved && packets > 1 ? '-interleaved' : ''}`,
  title: `copy kernel, ${packets} vec4 per thread${interleaved && packets > 1 ? ', interleaved' : ''}`,
  kind: 'gpu',
  role: 'baseline',
  async prepare(setting) {
    const { device, input, output } = gpuOf(setting)
    const copy = await createKernel(device, {
      code,
      entryPoint: 'copy_tensor',
      constants: { packets_per_thread: packets, interleaved: Number(interleaved) },
      bindings: [input, output],
      threads: Math.ceil(setting.elements / 4 / packets),
    })
    return {
      name: this.name,
      run: (times) => runOn(device, times, copy),
      async result() {
        await runOn(device, 1, copy)
        return new Float32Array(await read(device, output))
      },
      close() {},
    }
  },
}))
