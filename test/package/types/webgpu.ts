// The types of `noiseshape/webgpu`, and those of the engine that name WebGPU's, compiled where those are known.
import { createEngine, type Engine } from 'noiseshape'
import {
  createDropout,
  type DropoutOp,
  type ProbeResult,
  type probeDevice,
  type TensorBinding,
} from 'noiseshape/webgpu'
import type { Equal, True } from './equal.js'

export async function use(device: GPUDevice, input: GPUBuffer, output: GPUBuffer) {
  const op: DropoutOp = createDropout(device, { shape: [2, 2], rate: 0.5, noiseShape: [null, 1] })
  // @ts-expect-error an adapter is no device
  createDropout({} as GPUAdapter, { shape: [2, 2], rate: 0.5 })
  // @ts-expect-error a rate is required
  createDropout(device, { shape: [2, 2] })
  const encoder = device.createCommandEncoder()
  op.encode(encoder, { input, output }, { seed: 1, reuseMask: true })
  op.encode(encoder, { input: { buffer: input, offset: 256, size: 16 }, output }, { seed: 1n, step: 2 })
  // @ts-expect-error an output is needed
  op.encode(encoder, { input }, { seed: 1 })
  // @ts-expect-error a seed is required
  op.encode(encoder, { input, output }, { step: 1 })
  const engine: Engine = await createEngine({ device })
  return {
    buffer: {} as True<Equal<typeof op.maskBuffer, GPUBuffer>>,
    tensor: {} as True<Equal<Extract<TensorBinding, GPUBuffer>, GPUBuffer>>,
    probe: {} as True<Equal<Awaited<ReturnType<typeof probeDevice>>, ProbeResult>>,
    device: {} as True<Equal<typeof engine.device, GPUDevice | undefined>>,
    adapter: {} as True<Equal<typeof engine.adapterInfo, GPUAdapterInfo | undefined>>,
  }
}
