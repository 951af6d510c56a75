/** The engine: chooses between WebGPU and CPU, and runs each call from options to result. */

import * as cpu from './cpu/arrays.js'
import type { Draw } from './generators/generator.js'
import {
  DRAW_NAMES,
  DROPOUT_NAMES,
  type DrawOptions,
  type DropoutOptions,
  PASS_OPTIONS,
  readTensor,
  SPATIAL_NAMES,
  type SpatialDropoutOptions,
} from './options.js'
import { type Dropout, noiseOf, readDraw, resolveDropout, resolveSpatialDropout } from './resolve.js'
import { type CpuKernel, cpuKernel } from './simd/choice.js'
import { type Names, readOptions, reject } from './validation.js'
import { computeDropout, computeMask } from './webgpu/arrays.js'
import { requestDevice } from './webgpu/device.js'
import { DeviceLostError } from './webgpu/errors.js'
import { createLifetime, type Lifetime } from './webgpu/lifetime.js'
import { CPU_PROBE, type ProbeResult, probeDevice } from './webgpu/probe.js'
import { readDevice } from './webgpu/tensors.js'

export interface EngineOptions {
  /**
   * `'auto'` (default): a hardware GPU if available, else the CPU. `'webgpu'`: any adapter, including a software one;
   * an error if none is available. `'cpu'`: always the CPU.
   */
  backend?: 'auto' | 'webgpu' | 'cpu'
  /** Run on your own device, within its limits. `destroy()` does not destroy it. */
  device?: GPUDevice
}

const ENGINE_NAMES = { backend: true, device: true } satisfies Names<EngineOptions>
const CALL_NAMES = { ...DROPOUT_NAMES, ...DRAW_NAMES }
const SPATIAL_CALL_NAMES = { ...SPATIAL_NAMES, ...DRAW_NAMES }

/**
 * Every method is a pure function of its arguments, rejects with RangeError or TypeError for an option outside its
 * documented range or an unknown option name, and does not modify its input. Do not change the input until the promise
 * settles.
 */
export interface Engine {
  /** Where calls currently run. */
  readonly backend: 'webgpu' | 'cpu'
  /** Why an `'auto'` engine runs on the CPU; undefined while it runs on a GPU. */
  readonly fallbackReason: string | undefined
  /** The adapter of the device, as far as the runtime reveals it. */
  readonly adapterInfo: GPUAdapterInfo | undefined
  /**
   * How large tensors are computed on the CPU: see `cpuKernel` of noiseshape/cpu. The bits are the same. On WebGPU: how
   * they would be after a fallback.
   */
  readonly cpuKernel: CpuKernel
  /** The device that calls run on, whether the engine's or yours; undefined on the CPU. */
  readonly device: GPUDevice | undefined
  /**
   * Resolves, with the reason, once the engine can no longer be used: `EngineDestroyedError`, or `DeviceLostError` if
   * the engine does not fall back to the CPU.
   */
  readonly ended: Promise<EngineDestroyedError | DeviceLostError>
  /** Dropout of float32 values, row-major: a new array, kept values times float32(1 / (1 - rate)), +0 where dropped. */
  dropout(x: Float32Array, options: DropoutOptions & DrawOptions): Promise<Float32Array<ArrayBuffer>>
  /** Drops whole channels of [b, steps, ch], or of [b, ch, steps] with `dataFormat: 'channelsFirst'`. */
  spatialDropout1D(
    x: Float32Array,
    options: SpatialDropoutOptions & DrawOptions,
  ): Promise<Float32Array<ArrayBuffer>>
  /** Drops whole channels of [b, h, w, ch], or of [b, ch, h, w] with `dataFormat: 'channelsFirst'`. */
  spatialDropout2D(
    x: Float32Array,
    options: SpatialDropoutOptions & DrawOptions,
  ): Promise<Float32Array<ArrayBuffer>>
  /** Drops whole channels of [b, d, h, w, ch], or of [b, ch, d, h, w] with `dataFormat: 'channelsFirst'`. */
  spatialDropout3D(
    x: Float32Array,
    options: SpatialDropoutOptions & DrawOptions,
  ): Promise<Float32Array<ArrayBuffer>>
  /** The packed mask of the noise shape: ceil(cells / 32) words, bit i of word w is cell 32 w + i, 1 = kept. */
  mask(options: DropoutOptions & DrawOptions): Promise<Uint32Array<ArrayBuffer>>
  /** A tensor of the noise shape: 0 where a cell is dropped, the scale where it is kept. */
  noise(options: DropoutOptions & DrawOptions): Promise<Float32Array<ArrayBuffer>>
  /**
   * Checks on several thousand values whether the device produces the documented bits: see `probeDevice` of
   * noiseshape/webgpu. Runs on demand, once per device. On the CPU there is nothing to check: `conforms` is true, with
   * 0 values.
   */
  probe(): Promise<ProbeResult>
  /** Ends the engine: pending and later calls reject with `EngineDestroyedError`. */
  destroy(): void
}

/** The engine was destroyed with `destroy()`. */
export class EngineDestroyedError extends Error {
  override name = 'EngineDestroyedError'
}

/** The argument that takes any adapter; without it, software is refused. */
const ANY_ADAPTER = "backend: 'webgpu'"

/**
 * Creates an engine.
 *
 * @throws RangeError or TypeError for an option outside its documented range or an unknown option name
 * @throws WebGPUUnavailableError with backend `'webgpu'` if no GPU is available; `'auto'` uses the CPU instead and
 *   gives the reason in `fallbackReason`
 */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  const remedy = "Pass e.g. { backend: 'webgpu' }, or leave it out"
  const { backend = 'auto', device: given } = readOptions(options, ENGINE_NAMES, remedy)
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
    return new GpuOrCpuEngine(backend)
  }
  if (given !== undefined) return new GpuOrCpuEngine(backend, { device: readDevice(given), owned: false })
  try {
    const device = await requestDevice(backend === 'auto' ? ANY_ADAPTER : undefined)
    return new GpuOrCpuEngine(backend, { device, owned: true })
  } catch (error) {
    if (backend === 'webgpu') throw error
    return new GpuOrCpuEngine(backend, undefined, (error as Error).message)
  }
}

function resolveCall(options: DropoutOptions & DrawOptions): Dropout {
  return resolveDropout(readOptions(options, CALL_NAMES, PASS_OPTIONS.dropout))
}

class GpuOrCpuEngine implements Engine {
  readonly #gpu: Lifetime | undefined
  readonly #mayFallBack: boolean
  readonly #whyNoGpu: string | undefined
  #destroyed: EngineDestroyedError | undefined
  readonly ended: Promise<EngineDestroyedError | DeviceLostError>
  #announceEnd: (reason: EngineDestroyedError | DeviceLostError) => void = () => {}

  constructor(
    backend: 'auto' | 'webgpu' | 'cpu',
    gpu?: { device: GPUDevice; owned: boolean },
    whyNoGpu?: string,
  ) {
    this.#mayFallBack = backend === 'auto'
    this.#whyNoGpu = whyNoGpu
    this.ended = new Promise((resolve) => {
      this.#announceEnd = resolve
    })
    if (gpu) {
      this.#gpu = createLifetime(gpu.device, {
        owned: gpu.owned,
        request: gpu.owned && this.#mayFallBack ? () => requestDevice(ANY_ADAPTER) : undefined,
        onLost: this.#mayFallBack ? undefined : this.#announceEnd,
      })
    }
  }

  get backend() {
    return this.#gpu && !(this.#gpu.lost && this.#mayFallBack) ? 'webgpu' : 'cpu'
  }

  get fallbackReason() {
    return this.#mayFallBack ? (this.#gpu?.lost?.message ?? this.#whyNoGpu) : undefined
  }

  get adapterInfo() {
    return this.#gpu?.device.adapterInfo
  }

  get cpuKernel() {
    return cpuKernel()
  }

  get device() {
    return this.backend === 'webgpu' ? this.#gpu?.device : undefined
  }

  async dropout(x: Float32Array, options: DropoutOptions & DrawOptions) {
    return this.#apply(x, resolveCall(options), options)
  }

  async spatialDropout1D(x: Float32Array, options: SpatialDropoutOptions & DrawOptions) {
    return this.#applySpatial(1, x, options)
  }

  async spatialDropout2D(x: Float32Array, options: SpatialDropoutOptions & DrawOptions) {
    return this.#applySpatial(2, x, options)
  }

  async spatialDropout3D(x: Float32Array, options: SpatialDropoutOptions & DrawOptions) {
    return this.#applySpatial(3, x, options)
  }

  async mask(options: DropoutOptions & DrawOptions) {
    const dropout = resolveCall(options)
    const draw = readDraw(dropout, options)
    return this.#run(
      (device) => computeMask(device, dropout, draw),
      () => cpu.computeMask(dropout, draw),
    )
  }

  async noise(options: DropoutOptions & DrawOptions) {
    const dropout = resolveCall(options)
    const draw = readDraw(dropout, options)
    return this.#run(
      (device, check) => computeDropout(device, noiseOf(dropout), draw, undefined, check),
      () => cpu.computeNoise(dropout, draw),
    )
  }

  async probe() {
    return this.#run(probeDevice, () => ({ ...CPU_PROBE }))
  }

  destroy() {
    if (this.#destroyed) return
    this.#destroyed = new EngineDestroyedError(
      'noiseshape: the engine is destroyed. Create another with createEngine.',
    )
    this.#gpu?.end(this.#destroyed)
    this.#announceEnd(this.#destroyed)
  }

  #applySpatial(
    spatialDims: 1 | 2 | 3,
    x: Float32Array,
    options: SpatialDropoutOptions & DrawOptions,
  ): Promise<Float32Array<ArrayBuffer>> {
    readOptions(options, SPATIAL_CALL_NAMES, PASS_OPTIONS[spatialDims])
    return this.#apply(x, resolveSpatialDropout(spatialDims, options), options)
  }

  #apply(x: Float32Array, dropout: Dropout, options: DrawOptions): Promise<Float32Array<ArrayBuffer>> {
    const draw: Draw = readDraw(dropout, options)
    const values = readTensor(x, dropout)
    return this.#run(
      (device, check) => computeDropout(device, dropout, draw, values, check),
      () => cpu.computeDropout(values, dropout, draw),
    )
  }

  /** Runs one call on the GPU if there is one; falls back to the CPU, with the same bits, where allowed. */
  async #run<T>(onGpu: (device: GPUDevice, check: () => void) => Promise<T>, onCpu: () => T): Promise<T> {
    if (this.#destroyed) throw this.#destroyed
    if (this.#gpu && this.backend === 'webgpu') {
      try {
        return await this.#gpu.run(onGpu)
      } catch (error) {
        if (this.#destroyed) throw this.#destroyed
        if (!(error instanceof DeviceLostError && this.#mayFallBack)) throw error
      }
    }
    this.#gpu?.replace()
    return onCpu()
  }
}
