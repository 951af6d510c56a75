/** Access to the caller's ONNX Runtime: opens sessions and serialises calls. */

import type * as ort from 'onnxruntime-web'
import { reject } from '../validation.js'
import { requestAdapter } from '../webgpu/device.js'
import type { Network } from './network.js'

/** The module of `import * as ort from 'onnxruntime-web'`, `'onnxruntime-web/webgpu'` or `'onnxruntime-node'`. */
export type OrtModule = Pick<typeof ort, 'InferenceSession' | 'Tensor' | 'env'>

/** The last call started, for each copy of the runtime. */
const turns = new WeakMap<object, Promise<unknown>>()

/**
 * Calls ONNX Runtime one call at a time. ONNX Runtime Web does not support overlapping calls: while one waits for the
 * GPU, another would run on its stack (seen with 1.30 as `memory access out of bounds`).
 */
export function inTurn<T>({ InferenceSession }: OrtModule, body: () => Promise<T>): Promise<T> {
  const turn = (turns.get(InferenceSession) ?? Promise.resolve()).then(body)
  turns.set(
    InferenceSession,
    turn.catch(() => {}),
  )
  return turn
}

const PROVIDERS = ['webgpu', 'wasm', 'webnn', 'cpu'] as const

type ProviderName = (typeof PROVIDERS)[number]

/**
 * By name, or as an object with options for ONNX Runtime, e.g. `{ name: 'webnn', deviceType: 'gpu' }`. `'wasm'` and
 * `'webnn'` are those of `onnxruntime-web`, `'cpu'` is that of `onnxruntime-node`.
 */
export type ExecutionProvider =
  | ProviderName
  | { readonly name: ProviderName; readonly [option: string]: unknown }

export interface Opened {
  network: Network
  provider: ProviderName
  /** Its place in the list of providers. */
  place: number
  /** The device that it runs on; undefined for all but webgpu. */
  device: GPUDevice | undefined
  /** Why the provider before it was not used; undefined if it was the first to be tried. */
  fallbackReason: string | undefined
}

/** The argument that takes any adapter; without it, software is refused. */
const ANY_ADAPTER = "executionProviders: ['webgpu']"

/** Opens a model on the first provider, from a place in the list on, that accepts it. */
export type OpenFrom = (place: number) => Promise<Opened>

/** Opens a model on one provider. */
export type OpenOn = (provider: ProviderName, given: ExecutionProvider) => Promise<Network>

/**
 * By default the providers are WebGPU, unless its adapter is software, and then wasm; in `onnxruntime-node`, the CPU.
 *
 * @returns a function that throws an AggregateError with the error of each provider if none accepts the model
 */
export function opener(
  ort: OrtModule,
  providers: readonly ExecutionProvider[] | undefined,
  openOn: OpenOn,
): OpenFrom {
  const list = providers ?? (isNode(ort) ? ['cpu'] : ['webgpu', 'wasm'])
  return async (place) => {
    const errors: unknown[] = []
    const reasons: string[] = []
    for (const [i, given] of list.entries()) {
      if (i < place) continue
      const provider = typeof given === 'string' ? given : given.name
      try {
        if (provider === 'webgpu' && providers === undefined) await requestAdapter(ANY_ADAPTER)
        const network = await openOn(provider, given)
        const device = provider === 'webgpu' ? await deviceOf(ort, network) : undefined
        return { network, provider, place: i, device, fallbackReason: reasons[0] }
      } catch (error) {
        errors.push(error)
        reasons.push(reasonOf(provider, error))
      }
    }
    throw new AggregateError(
      errors,
      `noiseshape: ONNX Runtime could not open the model. ${reasons.join('; ')}`,
    )
  }
}

/** Why a provider was not used. */
export function reasonOf(provider: ProviderName, error: unknown): string {
  const reason = error instanceof Error ? error.message.replace(/^noiseshape: /, '') : String(error)
  return `${provider}: ${reason}`
}

/** `onnxruntime-node` states its version here; `onnxruntime-web` states its own. */
function isNode({ env }: OrtModule): boolean {
  return env?.versions?.node !== undefined
}

/** The device is available once a session uses it; builds without WebGPU have none. */
async function deviceOf(ort: OrtModule, network: Network): Promise<GPUDevice> {
  try {
    const device: GPUDevice | undefined = await ort.env.webgpu?.device
    if (device) return device
    throw new Error("this build of ONNX Runtime has no WebGPU. Import it from 'onnxruntime-web/webgpu'.")
  } catch (error) {
    await network.release()
    throw error
  }
}

export function readOrt(module: unknown): OrtModule {
  if (
    !(typeof module === 'object' && module !== null && 'InferenceSession' in module && 'Tensor' in module)
  ) {
    const remedy = "Pass all of it: import * as ort from 'onnxruntime-web/webgpu'"
    reject(TypeError, 'ort', module, 'it must be the module onnxruntime-web or onnxruntime-node', remedy)
  }
  return module as OrtModule
}

export function readProviders(providers: unknown): readonly ExecutionProvider[] | undefined {
  if (providers === undefined) return undefined
  const remedy = "Pass e.g. ['webgpu', 'wasm'], or leave it out"
  if (!Array.isArray(providers) || providers.length === 0) {
    reject(TypeError, 'executionProviders', providers, 'it must be an array of names', remedy)
  }
  for (const provider of providers) {
    if (!PROVIDERS.includes(provider?.name ?? provider)) {
      const names = "each must be 'webgpu', 'wasm', 'webnn' or 'cpu'"
      reject(RangeError, 'executionProviders', providers, names, remedy)
    }
  }
  return [...providers]
}
