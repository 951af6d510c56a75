/** ONNX Runtime Web as the benchmark loads it: with its wasm file from this server, not from a CDN. */

export async function loadOrt() {
  const ort = await import('onnxruntime-web/webgpu')
  // imported here because the built page fetches it with its module
  const { default: wasm } = await import('onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url')
  ort.env.wasm.wasmPaths = { wasm }
  ort.env.wasm.numThreads = 1
  return ort
}

/** Also in Node, where it has no WebGPU, and finds its file by itself. */
export function loadOrtAnywhere() {
  return import.meta.env.SSR ? loadOrtInNode() : loadOrt()
}

async function loadOrtInNode() {
  const { Worker } = globalThis
  const ort = await import('onnxruntime-web')
  ort.env.wasm.numThreads = 1
  await ort.InferenceSession.create(new Uint8Array(1)).catch(() => {}) // the first session loads the wasm module
  // which leaves a global Worker behind, for which jax-js would take Node for a browser.
  if (!Worker) Reflect.deleteProperty(globalThis, 'Worker')
  return ort
}
