/** The digits network in ONNX Runtime Web, with its dropout on: on the GPU, or as WebAssembly where there is none or only software. */

import { createMonteCarloSession, type MonteCarloSession, type Prediction } from 'noiseshape/onnx'
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url'
import { type Digit, SIDE, toInput } from '../../models/digits/digits.js'
import model from '../../models/digits/digits.onnx?url'

export interface Question {
  samples: number
  seed: number | bigint
  signal: AbortSignal
  /** Called from time to time with the statistics so far; the next sample waits for the promise it returns. */
  onAnswer(answer: Prediction): Promise<void>
}

export interface Network {
  readonly backend: 'webgpu' | 'cpu'
  /** The backend in words: "WebGPU (SwiftShader)". */
  readonly place: string
  /** Why it is not the GPU; undefined where it is. */
  readonly fallbackReason: string | undefined
  /** Classifies the digit. Rejects with the signal's reason when aborted. */
  ask(digit: Digit, question: Question): Promise<Prediction>
}

const SHOWN_EVERY = 80 // ms: smooth enough to watch, and drawing it takes a small part of the time

export async function openNetwork(): Promise<Network> {
  const ort = await import('onnxruntime-web/webgpu')
  ort.env.wasm.wasmPaths = { wasm } // from this server, not from a CDN
  ort.env.wasm.numThreads = 1
  ort.env.logLevel = 'error'
  const response = await fetch(model)
  if (!response.ok)
    throw new Error(`The model could not be loaded: ${response.status} ${response.statusText}`)
  const session = await createMonteCarloSession(ort, await response.arrayBuffer(), {
    points: [{ node: 'spatial', noiseShape: [null, null, 1, 1] }, { node: 'dropout' }],
  })
  return {
    backend: session.backend,
    place: session.backend === 'webgpu' ? `WebGPU (${await nameOfGpu()})` : 'the CPU (WebAssembly)',
    fallbackReason: session.fallbackReason,
    ask: (digit, question) =>
      ask(session, new ort.Tensor('float32', toInput([digit]), [1, 1, SIDE, SIDE]), question),
  }

  async function nameOfGpu(): Promise<string> {
    const { vendor, architecture, device, description } = (await ort.env.webgpu.device).adapterInfo
    if (architecture === 'swiftshader') return 'SwiftShader'
    return [vendor, architecture, device, description].filter(Boolean).join(' ') || 'not named by the browser'
  }
}

async function ask(
  session: MonteCarloSession,
  image: Parameters<MonteCarloSession['predict']>[0][string],
  { samples, seed, signal, onAnswer }: Question,
): Promise<Prediction> {
  let shown = performance.now()
  return session.predict(
    { image },
    {
      samples,
      seed,
      signal,
      outputs: 'logits',
      async onProgress({ done, read }) {
        if (done === samples || performance.now() - shown < SHOWN_EVERY) return
        await onAnswer(await read())
        await new Promise((resolve) => setTimeout(resolve)) // lets the browser paint and handle input
        shown = performance.now()
      },
    },
  )
}
