// Type-checked against the types in the package; a missing or `any` type turns an expected error into a real one.
import { createEngine, type Engine, resolveNoiseShape, spatialNoiseShape, unpackMask } from 'noiseshape'
import { dropout, mask } from 'noiseshape/cpu'
import { createDropout } from 'noiseshape/webgpu'

export async function use(device: GPUDevice, input: GPUBuffer, output: GPUBuffer) {
  const engine: Engine = await createEngine({ backend: 'auto', device })
  const y: Float32Array = await engine.dropout(new Float32Array(4), { shape: [2, 2], rate: 0.5, seed: 1 })
  // @ts-expect-error a seed is required
  await engine.dropout(y, { shape: [2, 2], rate: 0.5 })
  // @ts-expect-error a rate is a number
  dropout(y, { shape: [2, 2], rate: '0.5', seed: 1 })

  const words: Uint32Array = mask({ shape: [2, 2], rate: 0.5, noiseShape: [null, 1], seed: 1n })
  const flags: Uint8Array = unpackMask(words, 2)
  const shapes: number[][] = [resolveNoiseShape([2, 2], [null, 1]), spatialNoiseShape([2, 3, 4])]

  const op = createDropout(device, { shape: [2, 2], rate: 0.5 })
  op.encode(device.createCommandEncoder(), { input, output }, { seed: 1, reuseMask: true })
  // @ts-expect-error an output is needed
  op.encode(device.createCommandEncoder(), { input }, { seed: 1 })
  return { flags, shapes }
}
