/** Access to the caller's ONNX Runtime Web: opens sessions and serialises calls. */

import type * as ort from 'onnxruntime-web'
import { reject } from '../validation.js'
import { requestAdapter } from '../webgpu/device.js'

/** The module of `import * as ort from 'onnxruntime-web'` or `'onnxruntime-web/webgpu'`. */
export type OrtModule = Pick<typeof ort, 'InferenceSession' | 'Tensor' | 'env'>

/** The last call started, for each copy of the runtime. */
const turns = new WeakMap<object, Promise<unknown>>()

/**
 * Calls ONNX Runtime one call at a time. It does not support overlapping calls: while one waits for the GPU, another
 * would run on its stack (seen with 1.30 as `memory access out of bounds`).
 */
export function inTurn<T>({ InferenceSession }: OrtModule, body: () => Promise<T>): Promise<T> {
  const turn = (turns.get(InferenceSession) ?? Promise.resolve()).then(body)
  turns.set(
    InferenceSession,
    turn.catch(() => {}),
  )
  return turn
}

export type ExecutionProvider = 'webgpu' | 'wasm'

export interface Opened {
  session: ort.InferenceSession
  /** The device that the session runs on; undefined for wasm. */
  device: GPUDevice | undefined
  /** Why the first provider was not used; undefined if it was. */
  fallbackReason: string | undefined
}

/** The argument that takes any adapter; without it, software is refused. */
const ANY_ADAPTER = "executionProviders: ['webgpu']"

/**
 * Opens a session on the first provider that accepts the model. By default that is WebGPU, unless its adapter is
 * software, and otherwise wasm.
 *
 * @throws AggregateError with the error of each provider if none accepts the model
 */
export async function openSession(
  ort: OrtModule,
  model: Uint8Array,
  providers: readonly ExecutionProvider[] | undefined,
  options: (provider: ExecutionProvider) => ort.InferenceSession.SessionOptions,
): Promise<Opened> {
  const errors: unknown[] = []
  const reasons: string[] = []
  for (const provider of providers ?? DEFAULT_PROVIDERS) {
    try {
      if (provider === 'webgpu' && providers === undefined) await requestAdapter(ANY_ADAPTER)
      const session = await ort.InferenceSession.create(model, {
        ...options(provider),
        executionProviders: [provider],
      })
      const device = provider === 'webgpu' ? await deviceOf(ort, session) : undefined
      return { session, device, fallbackReason: reasons[0] }
    } catch (error) {
      errors.push(error)
      reasons.push(`${provider}: ${reasonOf(error)}`)
    }
  }
  throw new AggregateError(
    errors,
    `noiseshape: ONNX Runtime Web could not open the model. ${reasons.join('; ')}`,
  )
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/^noiseshape: /, '') : String(error)
}

/** The device is available once a session uses it; builds without WebGPU have none. */
async function deviceOf(ort: OrtModule, session: ort.InferenceSession): Promise<GPUDevice> {
  const device: GPUDevice | undefined = await ort.env.webgpu?.device
  if (device) return device
  await session.release()
  throw new Error("this build of onnxruntime-web has no WebGPU. Import it from 'onnxruntime-web/webgpu'.")
}

export function readOrt(module: unknown): OrtModule {
  if (
    !(typeof module === 'object' && module !== null && 'InferenceSession' in module && 'Tensor' in module)
  ) {
    const remedy = "Pass all of it: import * as ort from 'onnxruntime-web/webgpu'"
    reject(TypeError, 'ort', module, 'it must be the module onnxruntime-web', remedy)
  }
  return module as OrtModule
}

const DEFAULT_PROVIDERS = ['webgpu', 'wasm'] as const

export function readProviders(providers: unknown): readonly ExecutionProvider[] | undefined {
  if (providers === undefined) return undefined
  const remedy = "Pass e.g. ['webgpu', 'wasm'], or leave it out"
  if (!Array.isArray(providers) || providers.length === 0) {
    reject(TypeError, 'executionProviders', providers, 'it must be an array of names', remedy)
  }
  for (const provider of providers) {
    if (provider !== 'webgpu' && provider !== 'wasm') {
      reject(RangeError, 'executionProviders', providers, "each must be 'webgpu' or 'wasm'", remedy)
    }
  }
  return providers
}
