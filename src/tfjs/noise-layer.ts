/** What the dropout layers share: when they are on, and what they draw with. */

import { type serialization, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { layers } from '@tensorflow/tfjs-layers'
import { resolveNoiseShape } from '../noise-shape.js'
import { type DrawOptions, type NoiseShape, readRate } from '../options.js'
import { product } from '../shape.js'
import { readFlag, readInteger } from '../validation.js'
import { dropout } from './dropout.js'
import { currentSample, randomSeed, type Sample, streamOf } from './sample.js'

type LayerConfig = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>
type Kwargs = { training?: unknown }

/** Options of every layer here, besides those of any TensorFlow.js layer. */
export interface NoiseLayerConfig extends LayerConfig {
  /**
   * Which experiment: a safe integer; a negative one counts as its 64-bit two's complement. Call n of the layer draws
   * with `step: n`, so a run can be repeated. Left out or null: a random one, drawn when the layer is made.
   */
  seed?: number | null
  /**
   * Which layer: an integer below 2^32. Default: a hash of the layer's name, so that layers of one seed differ. Names
   * that TensorFlow.js makes up count on through a page; for the same masks in a second model, name its layers, or
   * number them with `seedDropout`.
   */
  stream?: number | null
  /** True: on in `predict` too, not only in training. `mcPredict` needs no such flag. Default false. */
  alwaysOn?: boolean | null
}

/** A layer that draws masks. One that does nothing else is a `NoiseShapeLayer`. */
export abstract class NoiseLayer extends layers.Layer {
  readonly rate: number
  /** As given, for the config: null stays null, so that a copy draws its own seed. */
  #seed: number | null
  #drawSeed: number | bigint
  #stream: number | undefined
  #calls = 0
  readonly alwaysOn: boolean

  constructor(config: NoiseLayerConfig, rate: unknown) {
    super(config)
    this.rate = readRate(rate)
    this.#seed = config.seed ?? null
    this.#drawSeed = readSeed(this.#seed)
    this.#stream = config.stream == null ? undefined : readStream(config.stream)
    this.alwaysOn = readFlag('alwaysOn', config.alwaysOn ?? undefined, 'Pass true to drop in predict too')
    this.supportsMasking = true
  }

  /** The layer with its mask drawn. */
  protected abstract on(x: Tensor[], draw: DrawOptions, sample: Sample | undefined): Tensor

  /** The layer as it is outside of training. */
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

  /** Keras' `Dropout(0.5)(x, training=True)`, which its JSON records; TensorFlow.js reads it and ignores it. */
  get #calledWithTraining(): boolean {
    return this.inboundNodes.some(({ callArgs }) => callArgs?.training === true)
  }

  /** Begins the sequence of masks anew. */
  override resetStates(): void {
    this.#calls = 0
  }

  /** Gives the layer another seed and stream, and begins anew. */
  reseed(seed: number, stream: number): void {
    this.#drawSeed = readSeed(seed)
    this.#seed = seed
    this.#stream = readStream(stream)
    this.#calls = 0
  }

  /** What Keras does not know is there only where it was asked for, so that Keras can read the rest. */
  override getConfig(): serialization.ConfigDict {
    return {
      ...super.getConfig(),
      seed: this.#seed,
      ...(this.#stream === undefined ? {} : { stream: this.#stream }),
      ...(this.alwaysOn ? { alwaysOn: true } : {}),
    }
  }
}

/** A layer that is the op with a noise shape. */
export abstract class NoiseShapeLayer extends NoiseLayer {
  /** With null for what each example draws for itself, whatever the size of the batch. */
  protected abstract noiseShapeFor(shape: readonly number[]): NoiseShape | null

  protected on([x]: Tensor[], draw: DrawOptions, sample: Sample | undefined): Tensor {
    const noiseShape = this.noiseShapeFor(x.shape)
    if (!sample) return dropout(x, this.rate, { ...draw, noiseShape })
    const { oneMaskForBatch, firstRow } = sample
    const cellOffset = oneMaskForBatch ? 0 : firstRow * cellsPerRow(x.shape, noiseShape)
    return dropout(x, this.rate, { ...draw, noiseShape, oneMaskForBatch, cellOffset })
  }
}

/** Cells that each example draws for itself; 0 where all share one mask. */
function cellsPerRow(shape: readonly number[], noiseShape: NoiseShape | null): number {
  if (noiseShape && (noiseShape.length < shape.length || noiseShape[0] === 1)) return 0
  return product(resolveNoiseShape(shape, noiseShape).slice(1))
}

function readSeed(seed: unknown): number | bigint {
  if (seed === null) return randomSeed()
  const remedy = 'Pass e.g. 42, which fits into JSON, or null for a random one'
  readInteger('seed', seed, Number.MAX_SAFE_INTEGER, '2^53 - 1', remedy, Number.MIN_SAFE_INTEGER)
  return (seed as number) < 0 ? BigInt.asUintN(64, BigInt(seed as number)) : (seed as number)
}

function readStream(stream: unknown): number {
  return readInteger('stream', stream, 2 ** 32 - 1, '2^32 - 1', 'Pass the number of the layer, e.g. 3')
}
