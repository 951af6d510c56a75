/** A model opened on one execution provider, with everything that runs it there: noise, statistics, buffers. */

import type { InferenceSession, Tensor } from 'onnxruntime-web'
import { createEngine, type Engine } from '../engine.js'
import type { SampleDraw } from '../monte-carlo/index.js'
import type { GeneratorName } from '../options.js'
import { createNoiseShapes, type NoiseShapes, type StatedShapes } from './noise-shapes.js'
import { createArrayNoise, createBufferNoise, type NoiseSource } from './noise-source.js'
import { inTurn, type Opened, type OrtModule } from './ort.js'

type Feeds = Readonly<Record<string, Tensor>>
type Shapes = readonly (readonly number[])[]

export class Runner {
  readonly #ort: OrtModule
  readonly #session: InferenceSession
  readonly #noise: NoiseSource
  readonly #noiseShapes: NoiseShapes
  readonly engine: Engine
  readonly opened: Opened

  constructor(ort: OrtModule, opened: Opened, engine: Engine, noise: NoiseSource, noiseShapes: NoiseShapes) {
    this.#ort = ort
    this.#session = opened.session
    this.#noise = noise
    this.#noiseShapes = noiseShapes
    this.engine = engine
    this.opened = opened
  }

  get inputNames(): readonly string[] {
    return this.#session.inputNames
  }

  get outputNames(): readonly string[] {
    return this.#session.outputNames
  }

  shapes(feeds: Feeds, oneMaskForBatch: boolean): Promise<Shapes> {
    return this.#noiseShapes(feeds, oneMaskForBatch)
  }

  /** Runs one sample; the caller frees the output. */
  async run(feeds: Feeds, shapes: Shapes, draw: SampleDraw, output: string): Promise<Tensor> {
    const drawn = await this.#noise.draw(shapes, draw)
    const results = await this.#session.run({ ...feeds, ...drawn }, [output])
    return results[output]
  }

  async release(): Promise<void> {
    this.#noise.destroy()
    this.engine.destroy()
    await inTurn(this.#ort, () => this.#session.release())
  }
}

export async function createRunner(
  ort: OrtModule,
  opened: Opened,
  stated: StatedShapes,
  generator: GeneratorName | undefined,
): Promise<Runner> {
  const { device, session } = opened
  const { inputs } = stated
  const engine = await createEngine(device ? { backend: 'webgpu', device } : { backend: 'cpu' })
  const noise = device
    ? createBufferNoise(ort, device, { inputs, generator })
    : createArrayNoise(ort, { inputs, generator })
  return new Runner(ort, opened, engine, noise, createNoiseShapes(ort, session, stated))
}
