/** ONNX Runtime Web as the benchmark loads it: with its wasm file from this server, not from a CDN. */

export async function loadOrt() {
  const ort = await import('onnxruntime-web/webgpu')
  // imported here because the built page fetches it with its module
  const { default: wasm } = await import('onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url')
  ort.env.wasm.wasmPaths = { wasm }
  ort.env.wasm.numThreads = 1
  return ort
}
