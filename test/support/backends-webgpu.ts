/** The backends that need a GPU: an engine, and an operation recorded on the user's own device and buffers. */

import { createEngine } from '../../src/index.js'
import { createDropout } from '../../src/webgpu/index.js'
import { type Backend, engineSession } from './backends'
import { floats } from './compare'
import { type Gpu, useGpu } from './gpu'
import { count, type Draw, judgeNoiseShape } from './judge'

function webgpuBackends(gpu: Gpu): readonly Backend[] {
  return [
    {
      name: 'an engine on WebGPU',
      makesArrays: true,
      open: async () => engineSession(await createEngine({ backend: 'webgpu', device: gpu.device })),
    },
    {
      name: "createDropout on the user's device",
      makesArrays: false,
      open: async () => ({
        dropout: async (x, draw) => floats(await encodeOnce(gpu, draw, x)),
        mask: (draw) => maskOf(gpu, draw),
        close() {},
      }),
    },
  ]
}

/** `#backends` of the gpu project. Those of the CPU run in the unit project, on the same JavaScript engine. */
export const backends: readonly Backend[] = webgpuBackends(useGpu())

/** Fewer than in the unit project: a software GPU is slow. */
export const propertyRuns = 150

/** One operation from its creation to its end, on buffers of exactly the tensor's size. */
async function encodeOnce(gpu: Gpu, { shape, rate, noiseShape, generator, ...call }: Draw, x: Float32Array) {
  const op = createDropout(gpu.device, { shape, rate, noiseShape, generator })
  const input = gpu.buffer(x)
  const output = gpu.buffer(new Uint32Array(x.length).fill(0xdeadbeef))
  gpu.submit((encoder) => op.encode(encoder, { input, output }, call))
  const bits = await gpu.read(output)
  op.destroy()
  return bits.subarray(0, x.length)
}

async function maskOf(gpu: Gpu, draw: Draw): Promise<Uint32Array> {
  const { shape, rate, noiseShape, generator, ...call } = draw
  const op = createDropout(gpu.device, { shape, rate, noiseShape, generator })
  const data = gpu.buffer(4 * count(shape))
  gpu.submit((encoder) => op.encode(encoder, { input: data, output: data }, call))
  const words = await gpu.read(op.maskBuffer)
  op.destroy()
  return words.subarray(0, Math.ceil(count(judgeNoiseShape(draw)) / 32))
}
