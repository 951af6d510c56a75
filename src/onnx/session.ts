/** A Monte Carlo session: ONNX Runtime Web runs the model; noiseshape draws the noise and summarises the outputs. */

import type { InferenceSession, Tensor } from 'onnxruntime-web'
import { float32 } from '../elements/float32.js'
import { createEngine, type Engine } from '../engine.js'
import { readGenerator } from '../generators/index.js'
import {
  type MonteCarloOptions,
  monteCarlo,
  type OutputKind,
  type Prediction,
  type PredictionOf,
  type PredictionProgress,
  type SampleDraw,
} from '../monte-carlo/index.js'
import { shapeOf } from '../monte-carlo/prediction.js'
import type { GeneratorName } from '../options.js'
import { type Names, readOptions, reject, show } from '../validation.js'
import { writeModel } from './model.js'
import { createNoiseShapes, type NoiseShapes } from './noise-shapes.js'
import { createArrayNoise, createBufferNoise, type NoiseSource } from './noise-source.js'
import { type NoiseInput, PASS_POINTS, STOCHASTIC_NAMES, type StochasticOptions } from './options.js'
import { type ExecutionProvider, inTurn, type OrtModule, openSession, readOrt, readProviders } from './ort.js'
import { rewrite } from './rewrite.js'
import { addShapeOutputs, symbolsOf } from './runtime-sizes.js'

export interface MonteCarloSessionOptions extends StochasticOptions {
  /**
   * Tried in this order; `'webgpu'` takes any adapter, including a software one. Default: `'webgpu'` on a hardware GPU
   * if available, else `'wasm'`.
   */
  executionProviders?: readonly ExecutionProvider[] | undefined
  /**
   * Passed to ONNX Runtime, e.g. `externalData` or `freeDimensionOverrides`. Execution providers and output locations
   * are overridden.
   */
  sessionOptions?: InferenceSession.SessionOptions | undefined
  /** The generator, with the version of its stream. Default `'native-1'`. */
  generator?: GeneratorName | undefined
}

const SESSION_NAMES = {
  ...STOCHASTIC_NAMES,
  executionProviders: true,
  sessionOptions: true,
  generator: true,
} satisfies Names<MonteCarloSessionOptions>

/** @typeParam Kind what the outputs are, as `outputs` says it: the result has the statistics of that kind */
export interface PredictOptions<Kind extends OutputKind = OutputKind>
  extends Omit<MonteCarloOptions<Kind>, 'forward' | 'onProgress'> {
  /** The model output to summarise, which must be float32. Default: the first. */
  output?: string | undefined
  /** As in `monteCarlo`. */
  onProgress?: ((progress: PredictionProgress<ShapedPrediction<Kind>>) => void | Promise<void>) | undefined
  /** As in `monteCarlo`. Default: the output's last dim, if the model declares it. */
  classes?: number | undefined
  /** As in `monteCarlo`. Default: half of the output's last dim, if the model declares it. */
  targets?: number | undefined
}

const PREDICT_NAMES = {
  samples: true,
  seed: true,
  firstStep: true,
  oneMaskForBatch: true,
  outputs: true,
  classes: true,
  targets: true,
  keepSamples: true,
  quantiles: true,
  maxSampleBytes: true,
  onProgress: true,
  signal: true,
  output: true,
} satisfies Names<PredictOptions>

/**
 * `mean`, `variance`, `std` and the variances of `'gaussian'` have the shape `dims`; the entropies, the mutual information
 * and the variation ratio lack its last dim.
 */
export type ShapedPrediction<Kind extends OutputKind = OutputKind> = PredictionOf<Kind> & {
  dims: readonly number[]
}

export interface MonteCarloSession {
  /** Where model, noise and statistics are computed: on the GPU, or all of them on the CPU. */
  readonly backend: 'webgpu' | 'cpu'
  /** Why the first execution provider was not used, e.g. because the only GPU is software; undefined if it was. */
  readonly fallbackReason: string | undefined
  /** The dropout points. Point i is drawn with `stream` i. */
  readonly points: readonly NoiseInput[]
  /** Names of the model's inputs, without the noise, and of its outputs. */
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  /**
   * Runs the model `samples` times on the same feeds, with new noise each time, and summarises one output. On the GPU,
   * noise, outputs and sums stay on the device, and there is one read-back at the end. Predictions may overlap,
   * including those of other Monte Carlo sessions: they take turns sample by sample. Do not run ordinary ONNX Runtime
   * sessions at the same time: ONNX Runtime Web supports one call at a time.
   *
   * With `oneMaskForBatch` the first dim of each noise shape is 1, except for weights, which have no batch.
   *
   * @param feeds by input name, as for `InferenceSession.run`
   * @throws RangeError or TypeError for an option outside its documented range or an unknown option name, a feed or an
   *   output that the model does not have, an output that is not float32, or a noise shape that does not fit its tensor;
   *   errors of ONNX Runtime; `signal.reason` when aborted
   */
  predict<Kind extends OutputKind = 'values'>(
    feeds: Readonly<Record<string, Tensor>>,
    options: PredictOptions<Kind>,
  ): Promise<ShapedPrediction<Kind>>
  /** Waits for pending predictions, then frees the session and everything created for it. */
  release(): Promise<void>
}

/**
 * Opens a model in ONNX Runtime Web with its dropout on.
 *
 * @param ort the module, e.g. `import * as ort from 'onnxruntime-web/webgpu'`; this library does not import it
 * @param modelBytes as for `makeStochastic`, whose options and errors also apply here
 * @throws AggregateError if no provider accepts the model: `errors` has the error of each, in the order tried
 */
export async function createMonteCarloSession(
  ort: OrtModule,
  modelBytes: Uint8Array | ArrayBuffer,
  options: MonteCarloSessionOptions = {},
): Promise<MonteCarloSession> {
  readOrt(ort)
  readOptions(options, SESSION_NAMES, PASS_POINTS)
  const { executionProviders, sessionOptions, generator, ...stochastic } = options
  readGenerator(generator)
  const providers = readProviders(executionProviders)
  const rewritten = rewrite(modelBytes, stochastic)
  const symbols = symbolsOf(rewritten)
  const shapeOutputs = addShapeOutputs(rewritten, symbols)
  const bytes = writeModel(rewritten.model)

  const ownOutputs = new Set(shapeOutputs)
  const onGpu = Object.fromEntries(
    rewritten.model.graph.output.map(
      ({ name }) => [name, ownOutputs.has(name) ? 'cpu' : 'gpu-buffer'] as const,
    ),
  )
  const opened = await inTurn(ort, () =>
    openSession(ort, bytes, providers, (provider) => ({
      logSeverityLevel: 3, // by default it warns about each constant that only a Dropout node read
      ...sessionOptions,
      preferredOutputLocation: provider === 'webgpu' ? onGpu : 'cpu',
    })),
  )
  const { session, device, fallbackReason } = opened
  const { inputs } = rewritten
  return new OrtMonteCarloSession({
    ort,
    session,
    fallbackReason,
    points: inputs,
    shapeOutputs,
    noiseShapes: createNoiseShapes(ort, session, {
      points: inputs,
      weights: rewritten.weights,
      symbols,
      shapeOutputs,
    }),
    classes: new Map(
      [...rewritten.outputs].map(([name, { shape }]) => {
        const last = shape?.at(-1)
        return [name, typeof last === 'number' ? last : undefined]
      }),
    ),
    engine: await createEngine(device ? { backend: 'webgpu', device } : { backend: 'cpu' }),
    noise: device
      ? createBufferNoise(ort, device, { inputs, generator })
      : createArrayNoise(ort, { inputs, generator }),
  })
}

/** The components of a session. */
interface Parts {
  ort: OrtModule
  session: InferenceSession
  fallbackReason: string | undefined
  points: readonly NoiseInput[]
  /** For each point, the output with the shape of its tensor; undefined if not needed. */
  shapeOutputs: readonly (string | undefined)[]
  noiseShapes: NoiseShapes
  /** The last dim of each output, if the model declares it. */
  classes: ReadonlyMap<string, number | undefined>
  engine: Engine
  noise: NoiseSource
}

type Feeds = Readonly<Record<string, Tensor>>

class OrtMonteCarloSession implements MonteCarloSession {
  readonly #parts: Parts
  readonly backend: 'webgpu' | 'cpu'
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  /** Pending predictions, including cleanup. */
  readonly #underWay = new Set<Promise<unknown>>()
  #released: Promise<void> | undefined

  constructor(parts: Parts) {
    const { engine, session, points, shapeOutputs } = parts
    this.#parts = parts
    this.backend = engine.backend
    const added = new Set([...points.map(({ name }) => name), ...shapeOutputs])
    this.inputNames = session.inputNames.filter((name) => !added.has(name))
    this.outputNames = session.outputNames.filter((name) => !added.has(name))
  }

  get fallbackReason() {
    return this.#parts.fallbackReason
  }

  get points() {
    return this.#parts.points
  }

  predict<Kind extends OutputKind>(
    feeds: Feeds,
    options: PredictOptions<Kind>,
  ): Promise<ShapedPrediction<Kind>> {
    const run = new Run()
    const prediction = this.#predict(feeds, options as PredictOptions, run) as Promise<ShapedPrediction<Kind>>
    // An aborted prediction rejects at once, but its last sample only ends when ONNX Runtime is done with it.
    const end = () => run.settled().then(() => inTurn(this.#parts.ort, async () => run.free()))
    const ended: Promise<unknown> = prediction.then(end, end).finally(() => this.#underWay.delete(ended))
    this.#underWay.add(ended)
    return prediction
  }

  release(): Promise<void> {
    this.#released ??= Promise.all(this.#underWay).then(async () => {
      const { ort, session, noise, engine } = this.#parts
      noise.destroy()
      engine.destroy()
      await inTurn(ort, () => session.release())
    })
    return this.#released
  }

  async #predict(feeds: Feeds, options: PredictOptions, run: Run): Promise<ShapedPrediction> {
    const { ort, engine, session, noise, noiseShapes, classes: stated } = this.#parts
    if (this.#released)
      throw new Error('noiseshape: the session is released. Create another with createMonteCarloSession.')
    readFeeds(feeds, this.inputNames)
    readOptions(options, PREDICT_NAMES, 'Pass e.g. { samples: 100, seed: 42 }')
    const { output = this.outputNames[0], onProgress, outputs, ...rest } = options
    if (!this.outputNames.includes(output)) {
      const remedy = `Pass one of ${this.outputNames.map((name) => `'${name}'`).join(', ')}`
      reject(RangeError, 'output', output, 'the model has no output of that name', remedy)
    }
    const last = readLastDim(options, stated.get(output))
    let dims: readonly number[] = []
    let shapes: readonly (readonly number[])[] | undefined

    const forward = async (draw: SampleDraw) => {
      options.signal?.throwIfAborted()
      run.free() // the accumulation of the previous output is queued
      shapes ??= await noiseShapes(feeds, draw.oneMaskForBatch)
      const drawn = await noise.draw(shapes, draw)
      const { [output]: result } = await session.run({ ...feeds, ...drawn }, [output])
      run.hold(result)
      dims = result.dims
      return readOutput(result, output, last)
    }

    const shaped = (prediction: Prediction): ShapedPrediction => ({
      ...prediction,
      dims: shapeOf('mean', dims, { outputs: outputs ?? 'values', samples: prediction.samples }),
    })
    const result = await monteCarlo(engine, {
      ...rest,
      outputs,
      ...last,
      forward: (draw) => run.start(inTurn(ort, () => forward(draw))),
      onProgress:
        typeof onProgress === 'function'
          ? ({ done, samples, read }) => onProgress({ done, samples, read: async () => shaped(await read()) })
          : onProgress,
    })
    return shaped(result)
  }
}

/** The samples of one prediction; frees the last output. */
class Run {
  #running: Promise<unknown> | undefined
  #held: Tensor | undefined

  start<T>(sample: Promise<T>): Promise<T> {
    this.#running = sample
    return sample
  }

  hold(output: Tensor): void {
    this.#held = output
  }

  free(): void {
    this.#held?.dispose()
    this.#held = undefined
  }

  /** Resolves when the current sample has ended or failed. */
  async settled(): Promise<void> {
    await this.#running?.catch(() => {})
  }
}

function readFeeds(feeds: unknown, inputNames: readonly string[]): void {
  const example = `{ '${inputNames[0] ?? 'x'}': new ort.Tensor('float32', values, dims) }`
  const remedy = `Pass tensors by the names of the model's inputs, ${show(inputNames)}, e.g. ${example}`
  if (typeof feeds !== 'object' || feeds === null) {
    reject(TypeError, 'feeds', feeds, 'it must be an object', remedy)
  }
  for (const [name, tensor] of Object.entries(feeds)) {
    if (!inputNames.includes(name))
      reject(RangeError, 'a name in feeds', name, 'the model has no input of that name', remedy)
    if (!Array.isArray(tensor?.dims))
      reject(TypeError, `feeds.${name}`, tensor, 'it must be an ort.Tensor', remedy)
  }
}

/** What the output's last dim holds: as given, or else as the model declares it. */
type LastDim = Pick<PredictOptions, 'classes' | 'targets'>

function readLastDim({ outputs, classes, targets }: PredictOptions, declared: number | undefined): LastDim {
  if (outputs === 'gaussian') return { classes, targets: targets ?? Math.ceil((declared ?? 2) / 2) }
  const hasClasses = outputs !== undefined && outputs !== 'values'
  return { classes: classes ?? (hasClasses ? declared : undefined), targets }
}

/** An output in the form that `monteCarlo` takes: a buffer on the GPU, or an array. */
function readOutput(tensor: Tensor, name: string, { classes, targets }: LastDim) {
  if (tensor.type !== 'float32') {
    const remedy = 'Pass the name of another output, or end the model with a Cast to float32'
    reject(RangeError, 'output', name, `it holds ${tensor.type}, and statistics need float32`, remedy)
  }
  const last = tensor.dims.at(-1)
  if (classes !== undefined && last !== classes) {
    const rule = `the last dim of the output '${name}', [${tensor.dims.join(', ')}], has another size`
    reject(RangeError, 'classes', classes, rule, 'Pass its size, or leave classes out')
  }
  if (targets !== undefined && last !== 2 * targets) {
    const rule = `the last dim of the output '${name}', [${tensor.dims.join(', ')}], is not twice that`
    reject(RangeError, 'targets', targets, rule, 'Pass half its size')
  }
  return tensor.location === 'gpu-buffer'
    ? { buffer: tensor.gpuBuffer as GPUBuffer, size: tensor.size * float32.bytes }
    : (tensor.data as Float32Array)
}
