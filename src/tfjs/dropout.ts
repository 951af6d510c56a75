/** Dropout as a TensorFlow.js op: a kernel per backend, and a gradient. */

import {
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
import { computeDropout } from '../cpu/arrays.js'
import type { Draw } from '../generators/generator.js'
import { DRAW_NAMES, type DrawOptions, type GeneratorName, type NoiseShape } from '../options.js'
import { type Dropout, readDraw, resolveDropout } from '../resolve.js'
import { type Names, readOptions, reject } from '../validation.js'
import { dropoutOnWasm, isWasmBackend, releaseRoom } from './on-wasm.js'
import { dropoutOnWebGPU, isWebGPUBackend, releasePasses } from './on-webgpu.js'

/** Options of a call, except its rate. */
export interface TensorDropoutOptions extends DrawOptions {
  /** Shape of the drawn flags, right-aligned to x; each entry 1, x's size or null (x's size). Default: x's shape. */
  noiseShape?: NoiseShape | null | undefined
  /** True: all examples of the batch share one mask: the first entry of the noise shape becomes 1. Default false. */
  oneMaskForBatch?: boolean | undefined
  /** The generator and the version of its stream. Default `'native-1'`. */
  generator?: GeneratorName | undefined
}

const NAMES = {
  ...DRAW_NAMES,
  noiseShape: true,
  oneMaskForBatch: true,
  generator: true,
} satisfies Names<TensorDropoutOptions>

/** Attributes of the kernel. */
interface Attributes {
  dropout: Dropout
  draw: Draw
}

/** The kernel's name in tf.profile and tf.getKernel. */
const KERNEL = 'NoiseshapeDropout'

/**
 * Dropout of a float32 tensor, bit-identical to `noiseshape/cpu` on every backend. On the webgpu backend it runs on
 * TensorFlow.js' own device, and on the wasm backend in its memory, without copies. The gradient applies the same dropout
 * to dy: it draws the mask again, so neither x nor the mask is stored.
 *
 * @param x float32, rank 0 to 6
 * @param rate probability in [0, 1] that a noise cell is dropped
 * @returns a new tensor of x's shape: kept values times float32(1 / (1 - rate)), +0 where dropped
 * @throws RangeError or TypeError for an argument outside its documented range, an unknown option name, or a
 *   tensor that is not float32
 */
export function dropout<T extends Tensor>(x: T | TensorLike, rate: number, options: TensorDropoutOptions): T {
  const { noiseShape, oneMaskForBatch, generator } = readOptions(options, NAMES, 'Pass e.g. { seed: 42 }')
  return tidy(() => {
    const input = (x instanceof Tensor ? x : tensor(x)) as T
    if (input.dtype !== 'float32') {
      const remedy = "Convert it with tf.cast(x, 'float32')"
      reject(TypeError, 'x.dtype', input.dtype, 'dropout only supports float32', remedy)
    }
    const dropout = resolveDropout({ shape: input.shape, rate, noiseShape, oneMaskForBatch, generator })
    const draw = readDraw(dropout, options)
    return rate === 0 || input.size === 0 ? clone(input) : run(input, { dropout, draw })
  })
}

function run<T extends Tensor>(x: T, attributes: Attributes): T {
  register()
  return engine().runKernel(KERNEL, { x }, { ...attributes } as unknown as NamedAttrMap)
}

/** Registers on the first call on a backend, not on import, so that bundlers can remove unused code. */
function register(): void {
  const backendName = getBackend()
  if (!getKernel(KERNEL, backendName)) {
    registerKernel({
      kernelName: KERNEL,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) =>
        compute(backend, inputs.x as Tensor, attrs as unknown as Attributes),
      disposeFunc(backend) {
        if (isWebGPUBackend(backend)) releasePasses(backend)
        else if (isWasmBackend(backend)) releaseRoom(backend)
      },
    })
  }
  if (!getGradient(KERNEL)) {
    registerGradient({
      kernelName: KERNEL,
      gradFunc: (dy, _saved, attrs) => ({ x: () => run(dy as Tensor, attrs as unknown as Attributes) }),
    })
  }
}

function compute(backend: object, x: Tensor, { dropout, draw }: Attributes): TensorInfo {
  if (isWebGPUBackend(backend)) return dropoutOnWebGPU(backend, x, dropout, draw)
  if (isWasmBackend(backend)) return dropoutOnWasm(backend, x, dropout, draw)
  const values = x.dataSync() // tf.cast keeps the integers of its input
  const floats = values instanceof Float32Array ? values : Float32Array.from(values)
  return tensor(computeDropout(floats, dropout, draw), x.shape, 'float32')
}
