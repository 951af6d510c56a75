/** ONNX Runtime Web as a page loads it: both of its front doors, with the wasm file from here. */

import * as ort from 'onnxruntime-web'
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url'
import jsep from 'onnxruntime-web/ort-wasm-simd-threaded.jsep.wasm?url'
import * as ortWebgpu from 'onnxruntime-web/webgpu'
import external from '../golden/onnx/external.data?url'

ort.env.wasm.wasmPaths = { wasm: jsep }
ortWebgpu.env.wasm.wasmPaths = { wasm }
for (const { env } of [ort, ortWebgpu]) {
  env.wasm.numThreads = 1
  env.logLevel = 'error' // it warns of every initializer that is no longer used
}

export { ort, ortWebgpu }

/** A committed model of test/golden/onnx. */
export async function goldenModel(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return bytesOf((await models[`../golden/onnx/${name}.onnx`]()) as string)
}

/** The weights of the model `external`. */
export const goldenData = (): Promise<Uint8Array<ArrayBuffer>> => bytesOf(external)

async function bytesOf(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`internal: ${url} is ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}

const models = import.meta.glob('../golden/onnx/*.onnx', { query: '?url', import: 'default' })
