// The types of `noiseshape/cpu`, compiled with and without those of WebGPU.
import {
  dropout,
  mask,
  noise,
  resolveNoiseShape,
  spatialDropout1D,
  spatialDropout2D,
  spatialDropout3D,
  unpackMask,
} from 'noiseshape/cpu'
import type { Equal, True } from './equal.js'

const draw = { rate: 0.5, seed: 1, stream: 2, step: 3n }

export function use(x: Float32Array) {
  const y = dropout(x, { shape: [2, 2], noiseShape: [null, 1], ...draw })
  const inPlace = dropout(x, { shape: [2, 2], output: x, ...draw })
  const shared = new Float32Array(new SharedArrayBuffer(16))
  const inShared = spatialDropout1D(x, { shape: [1, 2, 2], output: shared, ...draw })
  // @ts-expect-error a rate is a number
  dropout(x, { shape: [2, 2], rate: '0.5', seed: 1 })
  // @ts-expect-error a shape is required
  dropout(x, draw)
  spatialDropout1D(x, { shape: [1, 2, 2], ...draw })
  spatialDropout2D(x, { shape: [1, 1, 2, 2], ...draw, dataFormat: 'channelsLast' })
  // @ts-expect-error the noise shape follows from the layer
  spatialDropout3D(x, { shape: [1, 1, 1, 2, 2], ...draw, noiseShape: [null, 1, 1, 1, null] })
  const words = mask({ shape: resolveNoiseShape([2, 2], [null, 1]), ...draw })
  const cells = noise({ shape: [2, 2], ...draw })
  const flags = unpackMask(words, 2)
  return {
    output: {} as True<Equal<typeof y, Float32Array<ArrayBuffer>>>,
    inPlace: {} as True<Equal<typeof inPlace, Float32Array>>,
    inShared: {} as True<Equal<typeof inShared, Float32Array<SharedArrayBuffer>>>,
    noise: {} as True<Equal<typeof cells, Float32Array<ArrayBuffer>>>,
    mask: {} as True<Equal<typeof words, Uint32Array<ArrayBuffer>>>,
    flags: {} as True<Equal<typeof flags, Uint8Array<ArrayBuffer>>>,
  }
}
