/**
 * Dropout layers for TensorFlow.js, under the class names that Keras writes. Compared with TensorFlow.js' own layers:
 * adds SpatialDropout2D and 3D, FixedDropout, StochasticDepth and DropPath; a seeded layer draws a new mask in each
 * call; a rate of 1 drops everything.
 */

import { add, mul, type serialization, type Tensor } from '@tensorflow/tfjs-core'
import type { layers } from '@tensorflow/tfjs-layers'
import { mask } from '../cpu/index.js'
import { spatialNoiseShape } from '../noise-shape.js'
import {
  type DataFormat,
  type DrawOptions,
  type NoiseShape,
  readDataFormat,
  readOpenNoiseShape,
} from '../options.js'
import { type Names, readOptions, reject } from '../validation.js'
import { dropout } from './dropout.js'
import { LAYER_NAMES, type NoiseLayerConfig, NoiseShapeLayer } from './noise-layer.js'
import type { Sample } from './sample.js'

type Layer = layers.Layer

export interface RateConfig extends NoiseLayerConfig {
  /** Probability in [0, 1] that a noise cell is dropped. */
  rate: number
}

export interface DropoutConfig extends RateConfig {
  /** Each entry 1, the tensor's size, or null for that size. Default: the tensor's shape. */
  noiseShape?: NoiseShape | null
}

const DROPOUT_NAMES = { ...LAYER_NAMES, rate: true, noiseShape: true } satisfies Names<DropoutConfig>

export interface SpatialDropoutConfig extends RateConfig {
  /** Default `'channelsLast'`. */
  dataFormat?: DataFormat | null
  /** Keras 2 writes it, and it says nothing: the noise shape follows from `dataFormat`. */
  noiseShape?: null
}

const SPATIAL_NAMES = {
  ...LAYER_NAMES,
  rate: true,
  dataFormat: true,
  noiseShape: true,
} satisfies Names<SpatialDropoutConfig>

/** The rate, under any of the names used in Keras code. Default, as in keras-cv and TensorFlow Addons: a rate of 0.5. */
export interface DropPathConfig extends NoiseLayerConfig {
  /** As in keras-cv. */
  rate?: number
  /** As in keras.applications' ConvNeXt. */
  dropPathRate?: number
  /** 1 - rate, as in TensorFlow Addons. */
  survivalProbability?: number
}

const DROP_PATH_NAMES = {
  ...LAYER_NAMES,
  rate: true,
  dropPathRate: true,
  survivalProbability: true,
} satisfies Names<DropPathConfig>

const PASS_RATE = 'Pass e.g. { rate: 0.5 }'

/** Keras' Dropout: `new Dropout({ rate: 0.5, noiseShape: [null, 1, null], seed: 42 })`. */
export class Dropout extends NoiseShapeLayer {
  static className = 'Dropout'
  /** As configured, with null for each open entry. */
  readonly noiseShape: (number | null)[] | null

  constructor(config: DropoutConfig) {
    super(readOptions(config, DROPOUT_NAMES, PASS_RATE, 'config'), config.rate)
    this.noiseShape = readOpenNoiseShape(config.noiseShape)
  }

  protected noiseShapeFor(): NoiseShape | null {
    return this.noiseShape
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), rate: this.rate, noiseShape: this.noiseShape }
  }
}

/** EfficientNet's dropout (qubvel/efficientnet), for `noise_shape: [null, 1, 1, 1]` before Keras allowed nulls. */
export class FixedDropout extends Dropout {
  static override className = 'FixedDropout'
}

abstract class SpatialDropout extends NoiseShapeLayer {
  readonly dataFormat: DataFormat

  constructor(config: SpatialDropoutConfig, rank: number) {
    super(readOptions(config, SPATIAL_NAMES, PASS_RATE, 'config'), config.rate)
    const { noiseShape } = config
    if (noiseShape !== undefined && noiseShape !== null) {
      const remedy = 'Leave it out, or use Dropout'
      reject(RangeError, 'config.noiseShape', noiseShape, 'the noise shape follows from dataFormat', remedy)
    }
    this.dataFormat = readDataFormat(config.dataFormat ?? undefined)
    this.inputSpec = [{ ndim: rank }]
  }

  protected noiseShapeFor(shape: readonly number[]): NoiseShape {
    return [null, ...spatialNoiseShape(shape, this.dataFormat).slice(1)]
  }

  /** Keras' classes do not accept `trainable`, so it is written only if it is not the default. */
  override getConfig(): serialization.ConfigDict {
    const { trainable, ...config } = super.getConfig()
    const { rate, dataFormat } = this
    return { ...config, ...(trainable ? {} : { trainable }), rate, dataFormat }
  }
}

/** Drops whole channels of [b, steps, ch], or of [b, ch, steps] with `dataFormat: 'channelsFirst'`. */
export class SpatialDropout1D extends SpatialDropout {
  static className = 'SpatialDropout1D'
  constructor(config: SpatialDropoutConfig) {
    super(config, 3)
  }

  /** Keras' class is always channelsLast and does not accept a data format. */
  override getConfig(): serialization.ConfigDict {
    const { dataFormat, ...config } = super.getConfig()
    return this.dataFormat === 'channelsLast' ? config : { ...config, dataFormat }
  }
}

/** Drops whole feature maps of [b, h, w, ch], or of [b, ch, h, w] with `dataFormat: 'channelsFirst'`. */
export class SpatialDropout2D extends SpatialDropout {
  static className = 'SpatialDropout2D'
  constructor(config: SpatialDropoutConfig) {
    super(config, 4)
  }
}

/** Drops whole feature maps of [b, d, h, w, ch], or of [b, ch, d, h, w] with `dataFormat: 'channelsFirst'`. */
export class SpatialDropout3D extends SpatialDropout {
  static className = 'SpatialDropout3D'
  constructor(config: SpatialDropoutConfig) {
    super(config, 5)
  }
}

/** Of DropPath and StochasticDepth in keras-cv, and of StochasticDepth in TensorFlow Addons. */
const DEFAULT_RATE = 0.5
/** The first that is given counts. */
const RATE_NAMES = ['rate', 'dropPathRate', 'survivalProbability'] as const

/** Drops whole examples of a residual branch: noise shape [b, 1, ...]. */
export class DropPath extends NoiseShapeLayer {
  static className = 'DropPath'
  /** The rate as configured, so that the Python class that wrote the config can read it back. */
  readonly #given: serialization.ConfigDict

  constructor(config: DropPathConfig = {}) {
    readOptions(config, DROP_PATH_NAMES, PASS_RATE, 'config')
    const name = RATE_NAMES.find((name) => config[name] !== undefined) ?? 'rate'
    const { [name]: value = DEFAULT_RATE } = config
    super(config, name === 'survivalProbability' && typeof value === 'number' ? 1 - value : value)
    this.#given = { [name]: value }
  }

  protected noiseShapeFor(shape: readonly number[]): NoiseShape {
    return shape.map((_, axis) => (axis === 0 ? null : 1))
  }

  /** The seed is written only if set, because the Python classes do not accept one. */
  override getConfig(): serialization.ConfigDict {
    const { seed, ...config } = super.getConfig()
    return { ...config, ...(seed === null ? {} : { seed }), ...this.#given }
  }
}

/**
 * Stochastic depth, in both common forms. On one tensor it is DropPath (keras.applications' ConvNeXt). On [shortcut,
 * residual] it adds the two (keras-cv, TensorFlow Addons; Huang et al., 2016, arXiv:1603.09382): shortcut +
 * b * residual in training, where b is 0 or 1 for the whole batch; shortcut + (1 - rate) * residual otherwise.
 */
export class StochasticDepth extends DropPath {
  static override className = 'StochasticDepth'

  protected override on(x: Tensor[], draw: DrawOptions, sample: Sample | undefined): Tensor {
    if (x.length === 1) return super.on(x, draw, sample)
    const [shortcut, residual] = readBranches(x)
    const [kept] = mask({ shape: [], rate: this.rate, generator: this.generator, ...draw })
    return add(shortcut, dropout(residual, kept ? 0 : 1, draw)) // rate 1, so its gradient is zero, not missing
  }

  protected override off(x: Tensor[]): Tensor {
    if (x.length === 1) return x[0]
    const [shortcut, residual] = readBranches(x)
    return add(shortcut, mul(residual, 1 - this.rate))
  }

  override computeOutputShape(inputShape: Parameters<Layer['computeOutputShape']>[0]) {
    return Array.isArray(inputShape[0]) ? inputShape[0] : inputShape
  }
}

function readBranches(x: Tensor[]): [Tensor, Tensor] {
  if (x.length !== 2) {
    const rule = 'StochasticDepth takes one tensor or two'
    reject(RangeError, 'the number of inputs', x.length, rule, 'Pass x or [shortcut, residual]')
  }
  return [x[0], x[1]]
}
