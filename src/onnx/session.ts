/** A Monte Carlo session: ONNX Runtime runs the model; noiseshape draws the noise and summarises the outputs. */

import type { InferenceSession, Tensor } from 'onnxruntime-web'
import { readGenerator } from '../generators/index.js'
import type { OutputKind } from '../monte-carlo/index.js'
import type { GeneratorName } from '../options.js'
import { type Names, readOptions } from '../validation.js'
import { castOutputs } from './cast-outputs.js'
import { type ModelSplit, openingOf } from './open-network.js'
import { type DropoutPoint, PASS_POINTS, STOCHASTIC_NAMES, type StochasticOptions } from './options.js'
import { type ExecutionProvider, inTurn, type OrtModule, opener, readOrt, readProviders } from './ort.js'
import type { PredictOptions, ShapedPrediction } from './predict-options.js'
import { Predictions } from './predictions.js'
import { type RunInput, rewrite } from './rewrite.js'
import { createRunner } from './runner.js'
import { addShapeOutputs, symbolsOf } from './runtime-sizes.js'
import { sizesFollowValues } from './value-sizes.js'

export type { PredictOptions, ShapedPrediction } from './predict-options.js'

export interface MonteCarloSessionOptions extends StochasticOptions {
  /**
   * Tried in this order, until the first prediction has succeeded; `'webgpu'` takes any adapter, including a software
   * one. Default: `'webgpu'` on a hardware GPU if available, else `'wasm'`; with `onnxruntime-node`, `'cpu'`.
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

export interface MonteCarloSession {
  /** Where noise and statistics are computed: on the GPU, together with the model, or on the CPU. */
  readonly backend: 'webgpu' | 'cpu'
  /** The provider that runs the model. It may change in the first prediction. */
  readonly executionProvider: 'webgpu' | 'wasm' | 'webnn' | 'cpu'
  /** Why the first execution provider was not used, e.g. because the only GPU is software; undefined if it was. */
  readonly fallbackReason: string | undefined
  /** The dropout points, in the order of their streams. */
  readonly points: readonly DropoutPoint[]
  /** What else was changed in the model, so that all randomness is the noise; a sentence each. */
  readonly notes: readonly string[]
  /** Where the model is cut: what comes before all noise runs once per prediction, the rest for each sample. */
  readonly split: ModelSplit
  /** Names of the model's inputs, without the noise, and of its outputs. */
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  /**
   * Runs the model `samples` times on the same feeds, with new noise each time, and summarises one output. On the GPU,
   * noise, outputs and sums stay on the device, and there is one read-back at the end. Predictions may overlap,
   * including those of other Monte Carlo sessions: they take turns run by run. Do not run ordinary ONNX Runtime
   * sessions at the same time: ONNX Runtime Web supports one call at a time.
   *
   * If the provider opens the model but cannot run it, the first prediction goes on with the next provider, and
   * `fallbackReason` says why.
   *
   * With `oneMaskForBatch` all rows share their noise. The batch is the first dim of the model's first input; in each
   * dropped tensor it is found by its size. Weights have no batch.
   *
   * @param feeds by input name, as for `InferenceSession.run`
   * @throws RangeError or TypeError for an option outside its documented range or an unknown option name, a feed or an
   *   output that the model does not have, an output that is not of floating-point numbers, a noise shape that does not
   *   fit its tensor, or `oneMaskForBatch` where the model merges the batch with another dim; errors of ONNX Runtime;
   *   `signal.reason` when aborted
   */
  predict<
    Kind extends OutputKind = 'values',
    Keep extends boolean = boolean,
    Quantiles extends readonly number[] | undefined = readonly number[] | undefined,
  >(
    feeds: Readonly<Record<string, Tensor>>,
    options: PredictOptions<Kind, Keep, Quantiles>,
  ): Promise<ShapedPrediction<Kind, Keep, Quantiles>>
  /** Waits for pending predictions, then frees the session and everything created for it. */
  release(): Promise<void>
}

/**
 * Opens a model in ONNX Runtime with its dropout on. Outputs of float16, bfloat16 or float64 are converted to float32.
 *
 * @param ort the module, e.g. `import * as ort from 'onnxruntime-web/webgpu'`, or `'onnxruntime-node'`; this library does
 *   not import it
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
  castOutputs(rewritten)
  const symbols = symbolsOf(rewritten)
  const shapeOutputs = addShapeOutputs(rewritten, symbols)
  const { inputs, points, notes, outputs } = rewritten

  const stated = {
    inputs: inputs.map(
      ({ scope, plain: _, ...input }): RunInput => ({ ...input, isInside: scope.parent !== undefined }),
    ),
    symbols,
    shapeOutputs,
    followsValues: sizesFollowValues(rewritten),
  }
  const { openOn, split } = openingOf(ort, rewritten, new Set(shapeOutputs), sessionOptions)
  const open = opener(ort, providers, openOn)
  const runnerFrom = async (place: number) => {
    const opened = await inTurn(ort, () => open(place))
    return createRunner(ort, opened, stated, generator)
  }
  return new Predictions({
    ort,
    runner: await runnerFrom(0),
    runnerFrom,
    points,
    notes,
    split,
    added: new Set([...inputs.map(({ name }) => name), ...shapeOutputs]),
    lastDims: new Map(
      [...outputs].map(([name, { shape }]) => {
        const last = shape?.at(-1)
        return [name, typeof last === 'number' ? last : undefined]
      }),
    ),
  })
}
