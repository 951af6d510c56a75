/** ONNX Runtime as it is where there is no GPU: it refuses WebGPU, and wasm works. */

import type { OrtModule } from 'noiseshape/onnx'

export function withoutWebgpu(ort: OrtModule): OrtModule {
  const create = (model: Uint8Array, options: { executionProviders: string[] }) =>
    options.executionProviders[0] === 'webgpu'
      ? Promise.reject(new Error('no adapter'))
      : ort.InferenceSession.create(model, options)
  return { ...ort, InferenceSession: { create } as unknown as OrtModule['InferenceSession'] }
}
