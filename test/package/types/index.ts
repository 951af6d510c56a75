// The types of `noiseshape`, compiled with and without those of WebGPU. A type that is missing, or `any`, fails here.
import {
  createEngine,
  DeviceLostError,
  type Engine,
  type EngineDestroyedError,
  type ProbeResult,
  type resolveNoiseShape,
  type spatialNoiseShape,
  type unpackMask,
} from 'noiseshape'
import type { Equal, True } from './equal.js'

export async function use() {
  const engine: Engine = await createEngine({ backend: 'auto' })
  // @ts-expect-error there is no such backend
  await createEngine({ backend: 'webgl' })
  // @ts-expect-error a device is no text
  await createEngine({ device: 'the GPU' })

  const x = new Float32Array(24)
  const y = await engine.dropout(x, { shape: [2, 3, 4], rate: 0.5, noiseShape: [null, 1, -1], seed: 1n })
  // @ts-expect-error a seed is required
  await engine.dropout(x, { shape: [2, 3, 4], rate: 0.5 })
  // @ts-expect-error Keras' name for it
  await engine.dropout(x, { shape: [2, 3, 4], rate: 0.5, seed: 1, noise_shape: [null, 1, null] })
  // @ts-expect-error an array of numbers is no Float32Array
  await engine.dropout([1, 2, 3], { shape: [3], rate: 0.5, seed: 1 })
  const z = await engine.spatialDropout1D(y, {
    shape: [2, 3, 4],
    rate: 0.5,
    seed: 1,
    dataFormat: 'channelsFirst',
  })
  // @ts-expect-error Keras' name for it
  await engine.spatialDropout2D(y, { shape: [1, 2, 3, 4], rate: 0.5, seed: 1, dataFormat: 'channels_first' })
  const words = await engine.mask({ shape: [2, 3, 4], rate: 0.5, seed: 1, stream: 2, step: 3, cellOffset: 4 })
  const ended = await engine.ended

  return {
    engine: {} as True<Equal<typeof engine.backend, 'webgpu' | 'cpu'>>,
    reason: {} as True<Equal<typeof engine.fallbackReason, string | undefined>>,
    output: {} as True<Equal<typeof z, Float32Array<ArrayBuffer>>>,
    mask: {} as True<Equal<typeof words, Uint32Array<ArrayBuffer>>>,
    flags: {} as True<Equal<ReturnType<typeof unpackMask>, Uint8Array<ArrayBuffer>>>,
    shape: {} as True<Equal<ReturnType<typeof resolveNoiseShape | typeof spatialNoiseShape>, number[]>>,
    probe: {} as True<Equal<Awaited<ReturnType<Engine['probe']>>, ProbeResult>>,
    ended: {} as True<Equal<typeof ended, EngineDestroyedError | DeviceLostError>>,
    lost: ended instanceof DeviceLostError,
  }
}
