/** The engine: chooses between WebGPU and CPU, and carries every call through, from options to result. */

import { computeDropout as computeOnCpu } from './cpu/compute.js'
import { generateMask } from './cpu/mask.js'
import {
  type Call,
  type CallOptions,
  type DropoutOptions,
  readCall,
  readOptions,
  readTensor,
  reject,
  type SpatialDropoutOptions,
} from './options.js'
import { type Dropout, noiseOf, resolveDropout, resolveSpatialDropout } from './resolve.js'
import { computeDropout, computeMask } from './webgpu/compute.js'
import { requestDevice } from './webgpu/device.js'
import { type DeviceLostError, deviceLost } from './webgpu/errors.js'
import { readDevice } from './webgpu/tensors.js'

export interface EngineOptions {
  /**
   * `'auto'` (default): the GPU where there is one, else the CPU; also the CPU where the only adapter is software.
   * `'webgpu'`: whatever adapter there is, or an error. `'cpu'`.
   */
  backend?: 'auto' | 'webgpu' | 'cpu'
  /** A device of yours to run on; its limits are used as they are, and `destroy()` leaves it alone. */
  device?: GPUDevice
}

type Values = Float32Array<ArrayBuffer>

/**
 * Every method is a pure function of its arguments, rejects with RangeError or TypeError for an option outside its
 * documented range, and leaves its input alone; the input must not change until the result is there.
 */
export interface Engine {
  /** Where calls run now. */
  readonly backend: 'webgpu' | 'cpu'
  /** Why an `'auto'` engine runs on the CPU; undefined while it does not. */
  readonly fallbackReason: string | undefined
  /** The adapter that the GPU's device came from, as far as the browser tells. */
  readonly adapterInfo: GPUAdapterInfo | undefined
  /** The device it runs on, its own or yours; undefined where it runs on the CPU. */
  readonly device: GPUDevice | undefined
  /**
   * Resolves when no further call can succeed, to the reason: `EngineDestroyedError`, or the `DeviceLostError` of an
   * engine that does not go on on the CPU.
   */
  readonly ended: Promise<EngineDestroyedError | DeviceLostError>
  /** Dropout of float32 values, row-major: a new array, kept values times float32(1 / (1 - rate)), +0 where dropped. */
  dropout(x: Float32Array, options: DropoutOptions & CallOptions): Promise<Values>
  /** Drops whole channels of [b, steps, ch], or of [b, ch, steps] with `dataFormat: 'channelsFirst'`. */
  spatialDropout1D(x: Float32Array, options: SpatialDropoutOptions & CallOptions): Promise<Values>
  /** Drops whole channels of [b, h, w, ch], or of [b, ch, h, w] with `dataFormat: 'channelsFirst'`. */
  spatialDropout2D(x: Float32Array, options: SpatialDropoutOptions & CallOptions): Promise<Values>
  /** Drops whole channels of [b, d, h, w, ch], or of [b, ch, d, h, w] with `dataFormat: 'channelsFirst'`. */
  spatialDropout3D(x: Float32Array, options: SpatialDropoutOptions & CallOptions): Promise<Values>
  /** The packed mask of the noise shape: ceil(cells / 32) words, bit i of word w is cell 32 w + i, 1 = kept. */
  mask(options: DropoutOptions & CallOptions): Promise<Uint32Array<ArrayBuffer>>
  /** A tensor of the noise shape: 0 where a cell is dropped, the scale where it is kept. */
  noise(options: DropoutOptions & CallOptions): Promise<Values>
  /** Ends the engine: pending and later calls reject with `EngineDestroyedError`. */
  destroy(): void
}

/** A call on an engine that `destroy()` has ended. */
export class EngineDestroyedError extends Error {
  override name = 'EngineDestroyedError'
}

/**
 * Creates an engine.
 *
 * @throws WebGPUUnavailableError with backend `'webgpu'` where there is no GPU to be had; `'auto'` never throws for
 *   that: it uses the CPU and tells why in `fallbackReason`
 */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  const { backend = 'auto', device: given } = readOptions(options)
  if (backend !== 'auto' && backend !== 'webgpu' && backend !== 'cpu') {
    const rule = "it must be 'auto', 'webgpu' or 'cpu'"
    reject(
      typeof backend === 'string' ? RangeError : TypeError,
      'backend',
      backend,
      rule,
      "Leave it out for 'auto'",
    )
  }
  if (backend === 'cpu') {
    if (given !== undefined) {
      reject(RangeError, 'backend', backend, 'a device was passed as well', 'Leave out one of the two')
    }
    return new GpuOrCpuEngine(undefined, false, undefined)
  }
  if (given !== undefined) return new GpuOrCpuEngine(readDevice(given), false, backend)
  try {
    return new GpuOrCpuEngine(await requestDevice(backend === 'auto'), true, backend)
  } catch (error) {
    if (backend === 'webgpu') throw error
    return new GpuOrCpuEngine(undefined, false, backend, (error as Error).message)
  }
}

class GpuOrCpuEngine implements Engine {
  readonly #device: GPUDevice | undefined
  readonly #ownsDevice: boolean
  readonly #mayFallBack: boolean
  #fallbackReason: string | undefined
  #lost: DeviceLostError | undefined
  #destroyed: EngineDestroyedError | undefined
  /** Rejects when the device is lost or the engine destroyed, so that no call waits for a dead GPU. */
  readonly #ended: Promise<never>
  #end: (reason: Error) => void = () => {}
  readonly ended: Promise<EngineDestroyedError | DeviceLostError>
  #announceEnd: (reason: EngineDestroyedError | DeviceLostError) => void = () => {}

  constructor(
    device: GPUDevice | undefined,
    ownsDevice: boolean,
    backend: 'auto' | 'webgpu' | undefined,
    fallbackReason?: string,
  ) {
    this.#device = device
    this.#ownsDevice = ownsDevice
    this.#mayFallBack = backend === 'auto'
    this.#fallbackReason = fallbackReason
    this.#ended = new Promise((_, rejectEnded) => {
      this.#end = rejectEnded
    })
    this.#ended.catch(() => {}) // pending calls are told; without one, nobody needs to be
    this.ended = new Promise((resolve) => {
      this.#announceEnd = resolve
    })
    device?.lost.then((info) => {
      this.#lost = deviceLost(info)
      if (this.#mayFallBack) this.#fallbackReason = this.#lost.message
      else this.#announceEnd(this.#lost)
      this.#end(this.#lost)
    })
  }

  get backend() {
    return this.#device && !(this.#lost && this.#mayFallBack) ? 'webgpu' : 'cpu'
  }

  get fallbackReason() {
    return this.#fallbackReason
  }

  get adapterInfo() {
    return this.#device?.adapterInfo
  }

  get device() {
    return this.backend === 'webgpu' ? this.#device : undefined
  }

  async dropout(x: Float32Array, options: DropoutOptions & CallOptions) {
    return this.#apply(x, resolveDropout(options), options)
  }

  async spatialDropout1D(x: Float32Array, options: SpatialDropoutOptions & CallOptions) {
    return this.#apply(x, resolveSpatialDropout(1, options), options)
  }

  async spatialDropout2D(x: Float32Array, options: SpatialDropoutOptions & CallOptions) {
    return this.#apply(x, resolveSpatialDropout(2, options), options)
  }

  async spatialDropout3D(x: Float32Array, options: SpatialDropoutOptions & CallOptions) {
    return this.#apply(x, resolveSpatialDropout(3, options), options)
  }

  async mask(options: DropoutOptions & CallOptions) {
    const dropout = resolveDropout(options)
    const call = readCall(options, dropout.cells)
    return this.#run(
      (device) => computeMask(device, dropout, call),
      () => generateMask(dropout.cells, dropout.threshold, call),
    )
  }

  async noise(options: DropoutOptions & CallOptions) {
    const dropout = noiseOf(resolveDropout(options))
    return this.#apply(new Float32Array(dropout.cells).fill(1), dropout, options)
  }

  destroy() {
    if (this.#destroyed) return
    this.#destroyed = new EngineDestroyedError(
      'noiseshape: the engine is destroyed. Create another with createEngine.',
    )
    this.#end(this.#destroyed)
    this.#announceEnd(this.#destroyed)
    if (this.#ownsDevice) this.#device?.destroy()
  }

  #apply(x: Float32Array, dropout: Dropout, options: CallOptions): Promise<Values> {
    const call: Call = readCall(options, dropout.cells)
    const values = readTensor(x, dropout.shape, dropout.elements) // last: a getter of the options may resize it
    return this.#run(
      (device) => computeDropout(device, values, dropout, call),
      () => computeOnCpu(values, dropout, call),
    )
  }

  /** One call: on the GPU while there is one; on the CPU, with the same bits, where falling back is allowed. */
  async #run<T>(onGpu: (device: GPUDevice) => Promise<T>, onCpu: () => T): Promise<T> {
    if (this.#destroyed) throw this.#destroyed
    if (this.#device && this.backend === 'webgpu') {
      if (this.#lost) throw this.#lost
      try {
        return await Promise.race([this.#ended, onGpu(this.#device)])
      } catch (error) {
        await this.#news()
        if (this.#destroyed) throw this.#destroyed
        if (!this.#lost) throw error
        if (!this.#mayFallBack) throw this.#lost
      }
    }
    return onCpu()
  }

  /** A call on a lost device may fail before the news of the loss comes: gives it a moment. */
  #news(): Promise<void> {
    const moment = new Promise<void>((resolve) => setTimeout(resolve, 50))
    return Promise.race([moment, this.#ended.catch(() => {})])
  }
}
