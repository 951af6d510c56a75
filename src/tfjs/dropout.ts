/** Dropout as a TensorFlow.js op: one kernel for each backend, and one gradient. */

import {
  backend,
  clone,
  engine,
  getBackend,
  getGradient,
  getKernel,
  type NamedAttrMap,
  registerGradient,
  registerKernel,
  Tensor,
  type TensorInfo,
  type TensorLike,
  tensor,
  tidy,
} from '@tensorflow/tfjs-core'
import { dropout as dropoutOnCpu } from '../cpu/index.js'
import {
  type CallOptions,
  type DropoutOptions,
  type NoiseShape,
  readCall,
  readOptions,
  reject,
} from '../options.js'
import { resolveDropout } from '../resolve.js'
import { dropoutOnWebGPU, isWebGPUBackend, releaseOps } from './on-webgpu.js'

/** What selects the mask of a call, and its shape. */
export interface TensorDropoutOptions extends CallOptions {
  /** Shape of the flags that are drawn, right-aligned to x; each entry 1, x's size or null. Default: x's shape. */
  noiseShape?: NoiseShape | null | undefined
  /** True: all examples of the batch share one mask, the first entry of the noise shape being 1. Default false. */
  oneMaskForBatch?: boolean | undefined
}

/** What the kernel works by: everything but the tensor and its shape. */
interface Draw extends CallOptions {
  rate: number
  noiseShape: readonly number[]
}

/** The name by which tf.profile and tf.getKernel know it. */
const KERNEL = 'NoiseshapeDropout'

/**
 * Dropout of a float32 tensor, with the bits of `noiseshape/cpu` on every backend. On the webgpu backend it runs on
 * TensorFlow.js' own device without a copy. Its gradient is the same dropout of dy: it draws the mask again, and
 * neither x nor a mask is kept for it.
 *
 * @param x float32, rank 0 to 6
 * @param rate probability in [0, 1] that a noise cell is dropped
 * @returns a new tensor of x's shape: kept values times float32(1 / (1 - rate)), +0 where dropped
 * @throws RangeError or TypeError for an argument outside its documented range, or a tensor that is not float32
 */
export function dropout<T extends Tensor>(x: T | TensorLike, rate: number, options: TensorDropoutOptions): T {
  const { noiseShape, oneMaskForBatch, ...call } = readOptions(options)
  return tidy(() => {
    const input = (x instanceof Tensor ? x : tensor(x)) as T
    if (input.dtype !== 'float32') {
      const remedy = "Convert it with tf.cast(x, 'float32')"
      reject(TypeError, 'x.dtype', input.dtype, 'dropout takes and gives float32', remedy)
    }
    const resolved = resolveDropout({ shape: input.shape, rate, noiseShape, oneMaskForBatch })
    readCall(call, resolved.cells)
    const draw: Draw = { ...call, rate, noiseShape: resolved.noiseShape }
    return rate === 0 || input.size === 0 ? clone(input) : run(input, draw)
  })
}

function run<T extends Tensor>(x: T, draw: Draw): T {
  register()
  return engine().runKernel(KERNEL, { x }, { ...draw } as unknown as NamedAttrMap)
}

/** At the first call on a backend: an import that registered something could not be left out by a bundler. */
function register(): void {
  const isGPU = isWebGPUBackend(backend())
  const backendName = getBackend()
  if (!getKernel(KERNEL, backendName)) {
    registerKernel({
      kernelName: KERNEL,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) =>
        compute(backend, inputs.x as Tensor, attrs as unknown as Draw),
      disposeFunc: isGPU ? (backend) => isWebGPUBackend(backend) && releaseOps(backend) : undefined,
    })
  }
  if (!getGradient(KERNEL)) {
    registerGradient({
      kernelName: KERNEL,
      gradFunc: (dy, _saved, attrs) => ({ x: () => run(dy as Tensor, attrs as unknown as Draw) }),
    })
  }
}

function compute(backend: object, x: Tensor, { rate, noiseShape, ...call }: Draw): TensorInfo {
  const dropout: DropoutOptions = { shape: x.shape, rate, noiseShape }
  if (isWebGPUBackend(backend)) return dropoutOnWebGPU(backend, x, dropout, call)
  const values = x.dataSync() // of a tensor that was cast, these are still its integers
  const floats = values instanceof Float32Array ? values : Float32Array.from(values)
  return tensor(dropoutOnCpu(floats, { ...dropout, ...call }), x.shape, 'float32')
}
