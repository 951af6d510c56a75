/**
 * Runs the samples of one prediction: one at a time, or several stacked in the batch, where a stacked run has been found
 * to give what single runs give.
 */

import type { Tensor } from 'onnxruntime-web'
import { float32 } from '../elements/float32.js'
import type { SampleDraw } from '../monte-carlo/index.js'
import { product } from '../shape.js'
import type { Feeds } from './feeds.js'
import type { FedNetwork } from './network.js'
import type { Runner } from './runner.js'
import { stackAgrees } from './stack-check.js'
import { canStack, type StackedFeeds, stackedShape, stackFeeds } from './stacking.js'

type Shapes = readonly (readonly number[])[]

/**
 * Samples are stacked up to this much noise and feeds. Of 100 samples on wasm (bench/, ms of one core): the digits network takes
 * 26 with 32 digits one by one, 15 with 8 samples at once, and 14 with 16 as with all of more, up to 49 at 2^22 bytes.
 */
const STACK_BYTES = 2 ** 22

/**
 * Fewer than this are not worth a larger batch: a BERT of 4 layers that drops everywhere, 0.9 MB for each sample, takes as
 * long one by one as with 2, 5, 10 or 20 at once, within 3 %.
 */
const FEWEST_STACKED = 8

export class Sampler {
  readonly #runner: Runner
  readonly #fed: FedNetwork
  readonly #shapes: Shapes
  /** The size of the batch, if there is one. */
  readonly #batch: number | undefined
  #stacked: StackedFeeds | undefined

  private constructor(runner: Runner, feeds: Feeds, fed: FedNetwork, shapes: Shapes) {
    this.#runner = runner
    this.#fed = fed
    this.#shapes = shapes
    this.#batch = runner.network.inputNames.flatMap((name) => feeds[name]?.dims.slice(0, 1) ?? [])[0]
  }

  static async create(runner: Runner, feeds: Feeds, oneMaskForBatch: boolean): Promise<Sampler> {
    const fed = await runner.network.feed(feeds)
    try {
      const run = (noise: Feeds, outputs: readonly string[]) => fed.run({ ...fed.feeds, ...noise }, outputs)
      return new Sampler(runner, feeds, fed, await runner.noiseShapes(feeds, oneMaskForBatch, run))
    } catch (error) {
      fed.free()
      throw error
    }
  }

  /**
   * How many samples to run at once, at most: `asked`, or as many as are likely to gain; 1 where samples cannot be
   * stacked. `draw` is that of the first sample.
   */
  async samplesPerRun(draw: SampleDraw, output: string, samples: number, asked?: number): Promise<number> {
    const { ort, network, engine, stacks } = this.#runner
    const batch = this.#batch
    const most = Math.min(asked ?? this.#likelyToGain(), samples)
    if (!(most > 1) || !batch || !network.isNoisy(output) || !this.#canStack(batch)) return 1
    const key = JSON.stringify([output, this.#shapes, Object.values(this.#fed.feeds).map(({ dims }) => dims)])
    if (stacks.get(key) === false) return 1
    const { feeds, parts } = this.#fed
    const stacking = stackFeeds(ort, engine.device, feeds, parts, { count: most, batch })
    this.#stacked = await stacking.catch(() => undefined) // there is not the memory for so many
    if (this.#stacked) {
      const agrees = stacks.get(key) ?? (await this.#stackAgrees(draw, output, most))
      if (agrees !== undefined) stacks.set(key, agrees)
      // what is likely to gain is small
      if (agrees && (asked === undefined || (await this.#hasRoom(draw, most, batch)))) return most
    }
    this.#stacked?.free()
    this.#stacked = undefined
    return 1
  }

  /** Runs `count` samples, the first with this draw; the caller frees the output. */
  async run(draw: SampleDraw, count: number, output: string): Promise<Tensor> {
    const feeds = count > 1 && this.#stacked ? this.#stacked.of(count) : this.#fed.feeds
    const noise = await this.#runner.noise.draw(this.#shapes, draw, { count, batch: this.#batch ?? 1 })
    const results = await this.#fed.run({ ...feeds, ...noise }, [output], count > 1 ? QUIET : undefined)
    return results[output]
  }

  free(): void {
    this.#stacked?.free()
    this.#fed.free()
  }

  #likelyToGain(): number {
    const count = Math.floor(STACK_BYTES / this.#bytesPerSample())
    return count < FEWEST_STACKED ? 1 : count
  }

  /** Noise and feeds, which say how large the network is. */
  #bytesPerSample(): number {
    const noise = this.#shapes.map((shape) =>
      product(stackedShape(shape, { count: 1, batch: this.#batch ?? 1 })),
    )
    const { parts } = this.#fed
    const feeds = Object.entries(this.#fed.feeds).map(([name, { size }]) => size / (parts.get(name) ?? 1))
    return [...noise, ...feeds].reduce((sum, size) => sum + size * float32.bytes, 0)
  }

  #canStack(batch: number): boolean {
    return this.#runner.inputs.every(({ batchAxis }, i) => {
      const isElsewhere = typeof batchAxis === 'number' && batchAxis !== 0
      return !isElsewhere && canStack(this.#shapes[i], batch)
    })
  }

  /** Whether there is the memory for the noise of so many. */
  #hasRoom(draw: SampleDraw, count: number, batch: number): Promise<boolean> {
    return this.#runner.noise.draw(this.#shapes, draw, { count, batch }).then(
      () => true,
      () => false,
    )
  }

  #stackAgrees(draw: SampleDraw, output: string, most: number): Promise<boolean | undefined> {
    return stackAgrees(async (first, count) => {
      const tensor = await this.run({ ...draw, step: draw.step + first }, count, output)
      try {
        return { dims: tensor.dims, values: Float32Array.from((await tensor.getData()) as Float32Array) }
      } finally {
        tensor.dispose()
      }
    }, most)
  }
}

/** An attempt that fails is no error to print. */
const QUIET = { logSeverityLevel: 4 } as const
