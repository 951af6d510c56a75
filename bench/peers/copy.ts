/** The copy baseline on a GPU: kernels that divide the work in several ways. The fastest differs by device, so all run. */

import code from './copy.wgsl?raw'
import { gpuOf, type Peer, type Setting } from './peer.js'
import { createKernel, type Kernel, read, runOn } from './queue.js'

interface Cut {
  name: string
  title: string
  kernel(packets: number): Pick<Kernel, 'entryPoint' | 'constants' | 'threads' | 'workgroupSize'>
}

const loops = [
  { packets: 1, interleaved: true },
  { packets: 8, interleaved: true },
  { packets: 8, interleaved: false },
  { packets: 32, interleaved: false },
  { packets: 64, interleaved: false },
  { packets: 256, interleaved: false },
].map(({ packets, interleaved }): Cut => {
  const apart = interleaved && packets > 1
  return {
    name: `copy-${packets}${apart ? '-interleaved' : ''}`,
    title: `copy kernel, ${packets} vec4 per thread${apart ? ', interleaved' : ''}`,
    kernel: (all) => ({
      entryPoint: 'copy_in_loop',
      constants: { packets_per_thread: packets, interleaved: Number(interleaved) },
      threads: Math.ceil(all / packets),
    }),
  }
})

const straight = [64, 128, 256].flatMap((workgroupSize) =>
  [false, true].map(
    (guarded): Cut => ({
      name: `copy-straight-${workgroupSize}${guarded ? '-guarded' : ''}`,
      title: `copy kernel, 8 vec4 in straight-line code, workgroups of ${workgroupSize}${guarded ? ', guarded' : ''}`,
      kernel: (all) => ({
        entryPoint: 'copy_straight',
        // Without its guard it would write past the end of a tensor that no whole number of workgroups fills.
        constants: {
          guarded: Number(guarded || all % (8 * workgroupSize) > 0),
          workgroup_size: workgroupSize,
        },
        threads: Math.ceil(all / 8),
        workgroupSize,
      }),
    }),
  ),
)

export const copyKernels: Peer[] = [...loops, ...straight].map(({ name, title, kernel }) => ({
  name,
  title,
  kind: 'gpu',
  role: 'baseline',
  async prepare(setting) {
    const { device, input, output } = gpuOf(setting)
    const bindings = [input, output]
    const copy = await createKernel(device, { code, bindings, ...kernel(Math.ceil(setting.elements / 4)) })
    return prepared(name, setting, copy)
  },
}))

/** What the driver does without a kernel: a row of its own, since no kernel can compute on the way. */
export const bufferCopy: Peer = {
  name: 'copy-buffer-to-buffer',
  title: 'copyBufferToBuffer',
  kind: 'gpu',
  role: 'copy',
  async prepare(setting) {
    const { input, output } = gpuOf(setting)
    return prepared(this.name, setting, (encoder) => {
      encoder.copyBufferToBuffer(input, 0, output, 0, output.size)
    })
  },
}

function prepared(name: string, setting: Setting, copy: (encoder: GPUCommandEncoder) => void) {
  const { device, output } = gpuOf(setting)
  return {
    name,
    run: (times: number) => runOn(device, times, copy),
    async result() {
      await runOn(device, 1, copy)
      return new Float32Array(await read(device, output))
    },
    close() {},
  }
}
