/** noiseshape: dropout with a noise shape on WebGPU, with a bit-identical CPU fallback. */

export { createEngine, type Engine, EngineDestroyedError, type EngineOptions } from './engine.js'
export { unpackMask } from './mask-words.js'
export { resolveNoiseShape, spatialNoiseShape } from './noise-shape.js'
export type {
  DataFormat,
  DrawOptions,
  DropoutOptions,
  GeneratorName,
  NoiseShape,
  SpatialDropoutOptions,
} from './options.js'
export type { CpuKernel } from './simd/choice.js'
export { DeviceLostError, WebGPUFailureError, WebGPUUnavailableError } from './webgpu/errors.js'
export type { ProbeResult } from './webgpu/probe.js'
