/** Base classes of the dropout layers: when dropout is on, and which masks are drawn. */

import { type serialization, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { layers } from '@tensorflow/tfjs-layers'
import { readGenerator } from '../generators/index.js'
import { resolveNoiseShape } from '../noise-shape.js'
import { type DrawOptions, type GeneratorName, type NoiseShape, readRate, readStream } from '../options.js'
import { product } from '../shape.js'
import { type Names, readFlag, readInteger } from '../validation.js'
import { dropout } from './dropout.js'
import { currentSample, randomSeed, type Sample, streamOf } from './sample.js'

type LayerConfig = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>
type Kwargs = { training?: unknown }

/** Options of all dropout layers, in addition to those of any TensorFlow.js layer. */
export interface NoiseLayerConfig extends LayerConfig {
  /**
   * Which experiment: a safe integer; a negative one is taken as its 64-bit two's complement. Call n of the layer draws
   * with `step: n`, so a run can be repeated. Default (or null): a random seed, chosen when the layer is created.
   */
  seed?: number | null
  /**
   * Which layer: an integer below 2^32. Default: a hash of the layer's name, so that layers with the same seed differ.
   * TensorFlow.js numbers unnamed layers across the whole page; to get the same masks in a second model, name its
   * layers, or number them with `seedDropout`.
   */
  stream?: number | null
  /** True: dropout is also on in `predict`, not only in training. `mcPredict` does not need it. Default false. */
  alwaysOn?: boolean | null
  /** The generator, with the version of its stream. Default `'native-1'`. */
  generator?: GeneratorName | null
}

/** What a loaded config may hold besides: Keras writes the first two, and TensorFlow.js adds the last. */
type Loaded = Record<'dynamic' | 'activityRegularizer' | 'customObjects', unknown>

export const LAYER_NAMES = {
  inputShape: true,
  batchInputShape: true,
  batchSize: true,
  dtype: true,
  name: true,
  trainable: true,
  weights: true,
  inputDType: true,
  seed: true,
  stream: true,
  alwaysOn: true,
  generator: true,
  dynamic: true,
  activityRegularizer: true,
  customObjects: true,
} satisfies Names<NoiseLayerConfig & Loaded>

/** A layer that draws masks. A layer that only applies dropout is a `NoiseShapeLayer`. */
export abstract class NoiseLayer extends layers.Layer {
  readonly rate: number
  /** As configured: null stays null in the config, so that a copy gets its own random seed. */
  #seed: number | null
  #drawSeed: number | bigint
  #stream: number | undefined
  #calls = 0
  readonly alwaysOn: boolean
  readonly generator: GeneratorName | undefined

  constructor(config: NoiseLayerConfig, rate: unknown) {
    super(config)
    this.rate = readRate(rate)
    this.#seed = config.seed ?? null
    this.#drawSeed = this.#seed === null ? randomSeed() : readDrawSeed(this.#seed)
    this.#stream = config.stream == null ? undefined : readStream(config.stream)
    this.alwaysOn = readFlag('alwaysOn', config.alwaysOn ?? undefined, 'Pass true to drop in predict too')
    this.generator = config.generator ?? undefined
    readGenerator(this.generator)
    this.supportsMasking = true
  }

  /** The layer with dropout on. */
  protected abstract on(x: Tensor[], draw: DrawOptions, sample: Sample | undefined): Tensor

  /** The layer with dropout off. */
  protected off([x]: Tensor[]): Tensor {
    return x
  }

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs)
      const x = Array.isArray(inputs) ? inputs : [inputs]
      const sample = currentSample()
      if (sample) {
        const { seed, step } = sample
        return this.on(x, { seed, step, stream: sample.layers++ }, sample)
      }
      if (!this.alwaysOn && !kwargs?.training && !this.#calledWithTraining) return this.off(x)
      const stream = this.#stream ?? streamOf(this.name)
      return this.on(x, { seed: this.#drawSeed, stream, step: this.#calls++ }, undefined)
    })
  }

  /** Keras' `Dropout(0.5)(x, training=True)`. Its JSON records the flag; TensorFlow.js itself ignores it. */
  get #calledWithTraining(): boolean {
    return this.inboundNodes.some(({ callArgs }) => callArgs?.training === true)
  }

  /** Restarts the sequence of masks. */
  override resetStates(): void {
    this.#calls = 0
  }

  /** Sets the seed and stream, and restarts the sequence of masks. */
  reseed(seed: number, stream: number): void {
    this.#drawSeed = readDrawSeed(seed)
    this.#seed = seed
    this.#stream = readStream(stream)
    this.#calls = 0
  }

  /** Options that Keras does not know are written only if set, so that Keras can read the config. */
  override getConfig(): serialization.ConfigDict {
    return {
      ...super.getConfig(),
      seed: this.#seed,
      ...(this.#stream === undefined ? {} : { stream: this.#stream }),
      ...(this.alwaysOn ? { alwaysOn: true } : {}),
      ...(this.generator ? { generator: this.generator } : {}),
    }
  }
}

/** A layer that applies the dropout op with a noise shape. */
export abstract class NoiseShapeLayer extends NoiseLayer {
  /** First entry null, not the batch size, if each example draws its own flags. */
  protected abstract noiseShapeFor(shape: readonly number[]): NoiseShape | null

  protected on([x]: Tensor[], draw: DrawOptions, sample: Sample | undefined): Tensor {
    const noiseShape = this.noiseShapeFor(x.shape)
    const { generator } = this
    if (!sample) return dropout(x, this.rate, { ...draw, noiseShape, generator })
    const { oneMaskForBatch, firstRow } = sample
    const cellOffset = oneMaskForBatch ? 0 : firstRow * cellsPerRow(x.shape, noiseShape)
    return dropout(x, this.rate, { ...draw, noiseShape, oneMaskForBatch, cellOffset, generator })
  }
}

/** Noise cells per example; 0 if all examples share one mask. */
function cellsPerRow(shape: readonly number[], noiseShape: NoiseShape | null): number {
  if (noiseShape && (noiseShape.length < shape.length || noiseShape[0] === 1)) return 0
  return product(resolveNoiseShape(shape, noiseShape).slice(1))
}

/** Reads a seed of a layer: a number, because a layer's config is saved as JSON. */
export function readLayerSeed(seed: unknown, remedy: string): number {
  return readInteger('seed', seed, Number.MAX_SAFE_INTEGER, '2^53 - 1', remedy, Number.MIN_SAFE_INTEGER)
}

/** Reads a seed of a layer, and takes a negative one as its 64-bit two's complement. */
function readDrawSeed(seed: unknown): number | bigint {
  const checked = readLayerSeed(seed, 'Pass a number, e.g. 42, or null for a random seed')
  return checked < 0 ? BigInt.asUintN(64, BigInt(checked)) : checked
}
