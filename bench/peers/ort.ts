/** ONNX Runtime Web as the benchmark loads it: with its wasm file from this server, not from a CDN. */

import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url'

export async function loadOrt() {
  const ort = await import('onnxruntime-web/webgpu')
  ort.env.wasm.wasmPaths = { wasm }
  ort.env.wasm.numThreads = 1
  return ort
}
