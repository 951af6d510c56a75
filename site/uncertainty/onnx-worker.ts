/** The worker that runs the network in ONNX Runtime Web: on the GPU, or as WebAssembly if there is no hardware GPU. */

import { createMonteCarloSession } from 'noiseshape/onnx'
import * as ort from 'onnxruntime-web/webgpu'
import { SIDE } from '../../models/digits/digits.js'
import { CLASSES, softmax } from '../../models/digits/forward.js'
import { serve } from './serve.js'

/** Few enough to watch them come. */
const SHOWN_TOGETHER = 10

serve(async (bytes) => {
  const { default: wasm } = await import('onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url')
  ort.env.wasm.wasmPaths = { wasm: new URL(wasm, import.meta.url).href } // from this server, not from a CDN
  ort.env.wasm.numThreads = 1
  ort.env.logLevel = 'error'
  const session = await createMonteCarloSession(ort, bytes, {
    points: [{ node: 'spatial', noiseShape: [null, null, 1, 1] }, { node: 'dropout' }],
  })
  const device: GPUDevice | undefined = session.backend === 'webgpu' ? await ort.env.webgpu.device : undefined
  return {
    backend: session.backend,
    name: 'ONNX Runtime Web',
    device: device ? `WebGPU (${nameOf(device)})` : 'the CPU (WebAssembly)',
    whyNotGpu: session.fallbackReason && forReaders(session.fallbackReason),
    lost: device?.lost.then(({ message, reason }) => message || reason),
    samplesPerRun: SHOWN_TOGETHER,
    on(pixels) {
      const image = new ort.Tensor('float32', pixels, [1, 1, SIDE, SIDE])
      return async ({ seed, step }, samples) => {
        const options = { samples, firstStep: step, seed, keepSamples: true } // the page shows each sample's answer
        const { keptSamples = new Float32Array() } = await session.predict({ image }, options)
        const rows = Array.from({ length: samples }, (_, i) =>
          keptSamples.subarray(i * CLASSES, (i + 1) * CLASSES),
        )
        return Float32Array.from(rows.flatMap((logits) => [...softmax(logits)]))
      }
    },
  }
})

function nameOf({ adapterInfo }: GPUDevice): string {
  const { vendor, architecture, device, description } = adapterInfo
  if (architecture === 'swiftshader') return 'SwiftShader'
  return [vendor, architecture, device, description].filter(Boolean).join(' ') || 'not named by the browser'
}

/** The reason without the provider's name before it and without the remedy behind it, which is for developers. */
function forReaders(reason: string): string {
  return reason.replace(/^webgpu: /, '').replace(/ Pass executionProviders: .*$/, '')
}
