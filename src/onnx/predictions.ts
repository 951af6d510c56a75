/** The predictions of a session: samples run in turn, and are repeated on the next provider if the first cannot run. */

import type { Tensor } from 'onnxruntime-web'
import type { MonteCarloOptions, OutputKind, Prediction, SampleDraw } from '../monte-carlo/index.js'
import { predict } from '../monte-carlo/monte-carlo.js'
import { shapeOf } from '../monte-carlo/prediction.js'
import { readOptions, reject } from '../validation.js'
import { OnnxModelError } from './errors.js'
import { type Feeds, readFeeds, readOutput } from './feeds.js'
import type { ModelSplit } from './open-network.js'
import type { DropoutPoint } from './options.js'
import { inTurn, type OrtModule, reasonOf } from './ort.js'
import { PREDICT_NAMES, type PredictOptions, readLastDim, type ShapedPrediction } from './predict-options.js'
import type { Runner } from './runner.js'
import { Sampler } from './sampler.js'
import type { MonteCarloSession } from './session.js'

export interface Parts {
  ort: OrtModule
  runner: Runner
  /** Opens the model on the first provider, from a place in the list on, that accepts it. */
  runnerFrom: (place: number) => Promise<Runner>
  points: readonly DropoutPoint[]
  notes: readonly string[]
  split: ModelSplit
  /** Inputs and outputs that the model did not have. */
  added: ReadonlySet<string | undefined>
  /** The last dim of each output, if the model declares it. */
  lastDims: ReadonlyMap<string, number | undefined>
}

export class Predictions implements MonteCarloSession {
  readonly #ort: OrtModule
  #runner: Runner
  #fallbackReason: string | undefined
  /** Undefined once a prediction has succeeded: then the provider stays, and the bytes of the model can be freed. */
  #runnerFrom: Parts['runnerFrom'] | undefined
  readonly #lastDims: Parts['lastDims']
  readonly points: readonly DropoutPoint[]
  readonly notes: readonly string[]
  readonly split: ModelSplit
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  /** Pending predictions, including cleanup, and the release of a runner that was replaced. */
  readonly #underWay = new Set<Promise<unknown>>()
  /** One replacement of the runner at a time. */
  #replacing: Promise<unknown> = Promise.resolve()
  #released: Promise<void> | undefined

  constructor({ ort, runner, runnerFrom, points, notes, split, added, lastDims }: Parts) {
    this.#ort = ort
    this.#runner = runner
    this.#runnerFrom = runnerFrom
    this.#fallbackReason = runner.opened.fallbackReason
    this.#lastDims = lastDims
    this.points = points
    this.notes = notes
    this.split = split
    this.inputNames = runner.network.inputNames.filter((name) => !added.has(name))
    this.outputNames = runner.network.outputNames.filter((name) => !added.has(name))
  }

  get backend() {
    return this.#runner.engine.backend
  }

  get executionProvider() {
    return this.#runner.opened.provider
  }

  get fallbackReason() {
    return this.#fallbackReason
  }

  predict<Kind extends OutputKind, Keep extends boolean, Quantiles extends readonly number[] | undefined>(
    feeds: Feeds,
    options: PredictOptions<Kind, Keep, Quantiles>,
  ) {
    const run = new Run()
    const prediction = this.#predict(feeds, options as PredictOptions, run) as Promise<
      ShapedPrediction<Kind, Keep, Quantiles>
    >
    // An aborted prediction rejects at once, but its last sample only ends when ONNX Runtime is done with it.
    const end = () => run.settled().then(() => inTurn(this.#ort, async () => run.end()))
    this.#pend(prediction.then(end, end))
    return prediction
  }

  release(): Promise<void> {
    this.#released ??= this.#settled().then(() => this.#runner.release())
    return this.#released
  }

  #pend(ended: Promise<unknown>): void {
    const pending: Promise<unknown> = ended.catch(() => {}).finally(() => this.#underWay.delete(pending))
    this.#underWay.add(pending)
  }

  /** A pending prediction may leave a runner to release. */
  async #settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  async #predict(feeds: Feeds, options: PredictOptions, run: Run): Promise<ShapedPrediction> {
    if (this.#released)
      throw new Error('noiseshape: the session is released. Create another with createMonteCarloSession.')
    readFeeds(feeds, this.inputNames, this.#runner.network.neededNames)
    readOptions(options, PREDICT_NAMES, 'Pass e.g. { samples: 100, seed: 42 }')
    const { output = this.outputNames[0] } = options
    if (!this.outputNames.includes(output)) {
      const remedy = `Pass one of ${this.outputNames.map((name) => `'${name}'`).join(', ')}`
      reject(RangeError, 'output', output, 'the model has no output of that name', remedy)
    }
    const predictOn = (runner: Runner) => this.#predictOn(runner, feeds, { ...options, output }, run)
    const runner = this.#runner
    try {
      const prediction = await predictOn(runner)
      this.#runnerFrom = undefined
      return prediction
    } catch (error) {
      const failure = run.failure
      if (failure === undefined || options.signal?.aborted) throw error
      run.failure = undefined
      const replaced = this.#replacing.then(() =>
        this.#replace(runner, failure, predictOn, run, options.signal),
      )
      this.#replacing = replaced.catch(() => {})
      const prediction = await replaced
      if (!prediction) throw error
      return prediction
    }
  }

  /**
   * Predicts on the next providers in place of one that could not run the model. If none can, the feeds are to blame, and
   * nothing is replaced.
   */
  async #replace(
    runner: Runner,
    failure: unknown,
    predictOn: (runner: Runner) => Promise<ShapedPrediction>,
    run: Run,
    signal: AbortSignal | undefined,
  ): Promise<ShapedPrediction | undefined> {
    if (this.#runner !== runner) return predictOn(this.#runner) // another prediction has replaced it
    const runnerFrom = this.#runnerFrom
    for (let place = runner.opened.place + 1; runnerFrom; ) {
      const next = await runnerFrom(place).catch(() => undefined)
      if (!next) return undefined
      try {
        const prediction = await predictOn(next)
        this.#runner = next
        this.#runnerFrom = undefined
        this.#fallbackReason ??= reasonOf(runner.opened.provider, failure)
        this.#pend(Promise.all(this.#underWay).then(() => runner.release()))
        return prediction
      } catch (error) {
        await run.settled()
        await inTurn(this.#ort, async () => run.end())
        await next.release()
        if (run.failure === undefined || signal?.aborted) throw error
        run.failure = undefined
        place = next.opened.place + 1
      }
    }
    return undefined
  }

  async #predictOn(
    runner: Runner,
    feeds: Feeds,
    options: PredictOptions & { output: string },
    run: Run,
  ): Promise<ShapedPrediction> {
    const { output, onProgress, outputs, ...rest } = options
    const last = readLastDim(options, this.#lastDims.get(output))
    let dims: readonly number[] = []
    let sampler: Sampler | undefined

    const samplesPerRun = async () => {
      options.signal?.throwIfAborted()
      return run.watch(async () => {
        const { seed, firstStep: step = 0, oneMaskForBatch = false, samples, samplesPerRun: asked } = options
        sampler = await Sampler.create(runner, feeds, oneMaskForBatch)
        run.share(sampler)
        const most = typeof samples === 'number' ? samples : samples.max
        return sampler.samplesPerRun({ seed, step, oneMaskForBatch }, output, most, asked)
      })
    }
    const forward = async (draw: SampleDraw, count: number) => {
      options.signal?.throwIfAborted()
      run.free() // the accumulation of the previous output is queued
      const result = await run.watch(
        async () => (sampler as Sampler).run({ ...draw }, count, output), // so the step is read, also if all rates are 0
      )
      run.hold(result)
      const [first, ...rest] = result.dims
      dims = count > 1 ? [first / count, ...rest] : result.dims
      return readOutput(result, dims, output, last)
    }

    const shaped = (prediction: Prediction): ShapedPrediction => ({
      ...prediction,
      dims: shapeOf('mean', dims, { outputs: outputs ?? 'values', samples: prediction.samples }),
    })
    const checked = {
      ...rest,
      outputs,
      ...last,
      forward: (draw: SampleDraw, count: number) => run.start(inTurn(this.#ort, () => forward(draw, count))),
      onProgress:
        typeof onProgress === 'function'
          ? ({ done, samples, read }) => onProgress({ done, samples, read: async () => shaped(await read()) })
          : onProgress,
    } satisfies MonteCarloOptions
    return shaped(await predict(runner.engine, checked, () => run.start(inTurn(this.#ort, samplesPerRun))))
  }
}

/** The samples of one prediction; frees the last output. */
class Run {
  /** What the runtime threw before the first sample was there. */
  failure: unknown
  #hasOutput = false
  #running: Promise<unknown> | undefined
  #held: Tensor | undefined
  #shared: { free(): void } | undefined

  start<T>(sample: Promise<T>): Promise<T> {
    this.#running = sample
    return sample
  }

  async watch<T>(body: () => Promise<T>): Promise<T> {
    try {
      return await body()
    } catch (error) {
      if (!this.#hasOutput && !isAboutArguments(error)) this.failure = error
      throw error
    }
  }

  share(shared: { free(): void }): void {
    this.#shared?.free() // that of a provider that could not run the model
    this.#shared = shared
  }

  hold(output: Tensor): void {
    this.#hasOutput = true
    this.#held = output
  }

  free(): void {
    this.#held?.dispose()
    this.#held = undefined
  }

  end(): void {
    this.free()
    this.#shared?.free()
    this.#shared = undefined
  }

  /** Resolves when the current sample has ended or failed. */
  async settled(): Promise<void> {
    await this.#running?.catch(() => {})
  }
}

/** Whether an error is this library's, about what the caller passed: another provider would throw it as well. */
function isAboutArguments(error: unknown): boolean {
  const isOurs = error instanceof RangeError || error instanceof TypeError
  return error instanceof OnnxModelError || (isOurs && error.message.startsWith('noiseshape: '))
}
