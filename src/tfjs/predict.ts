/** Monte Carlo dropout for TensorFlow.js models, with the statistics as tensors. */

import { backend, concat, slice, Tensor, tensor, tidy } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { createEngine } from '../engine.js'
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
import { type Names, readInteger, readOptions, reject } from '../validation.js'
import { readModel, USE_OURS } from './model.js'
import { asFloats, isWebGPUBackend, valuesOnWebGPU } from './on-webgpu.js'
import { inSample } from './sample.js'
import { Sampler } from './sampler.js'

/**
 * @typeParam Kind what the outputs are, as `outputs` says it: the result has the statistics of that kind
 * @typeParam Keep as `keepSamples` says it: if true, the result has the samples
 * @typeParam Quantiles as `quantiles` says it: if given, the result has them
 */
export interface McPredictOptions<
  Kind extends OutputKind = OutputKind,
  Keep extends boolean = boolean,
  Quantiles extends readonly number[] | undefined = readonly number[] | undefined,
> extends Omit<
    MonteCarloOptions<Kind, Keep, Quantiles>,
    'forward' | 'samplesPerRun' | 'classes' | 'targets' | 'onProgress'
  > {
  /** Rows per run of the model, as in `model.predict`. Default 32. Does not affect the masks. */
  batchSize?: number | undefined
  /** Called after each sample; the next sample waits for the promise it returns. */
  onProgress?:
    | ((progress: PredictionProgress<PredictionOf<Kind, Tensor, Keep, Quantiles>>) => void | Promise<void>)
    | undefined
}

const NAMES = {
  samples: true,
  seed: true,
  firstStep: true,
  oneMaskForBatch: true,
  outputs: true,
  keepSamples: true,
  quantiles: true,
  maxSampleBytes: true,
  signal: true,
  batchSize: true,
  onProgress: true,
} satisfies Names<McPredictOptions>

/**
 * Predicts `samples` times with the dropout layers of this package on and everything else as in `model.predict`: batch
 * normalisation stays in inference mode, and so does the dropout inside TensorFlow.js' recurrent layers. A model with
 * its own Dropout, SpatialDropout1D, GaussianDropout or AlphaDropout, at a rate above 0, is refused. Layers do not need
 * `alwaysOn`, and are not modified. Sample s draws with step `firstStep` + s, and the n-th dropout layer to run
 * with stream n, whatever its own seed: the result depends only on the weights, x and the options.
 *
 * The layers that no dropout layer precedes run once, not once per sample, and the samples are those of whole runs: 20
 * samples of MobileNetV2 with dropout before the classifier take less time than two runs. The tensors behind these
 * layers are kept until the end, up to 256 MiB. Layers with a state, layers of your own classes, and whole nested models with a
 * dropout layer run in every sample, and so does what follows them.
 *
 * @param model a model with one output and at least one dropout layer, all of them of this package
 * @param x one batch, or one per input of the model
 * @returns tensors owned by the caller: `mean`, `variance` and `std` in the output's shape, or with half its last dim
 *   for `'gaussian'`; the entropies, `mutualInformation` and `variationRatio` without its last dim; `tf.dispose(prediction)`
 *   frees them all
 * @throws RangeError or TypeError for an argument outside its documented range or an unknown option name; Error if
 *   no dropout layer ran; `signal.reason` when aborted
 */
export async function mcPredict<
  Kind extends OutputKind = 'values',
  Keep extends boolean = boolean,
  Quantiles extends readonly number[] | undefined = readonly number[] | undefined,
>(
  model: LayersModel,
  x: Tensor | Tensor[],
  options: McPredictOptions<Kind, Keep, Quantiles>,
): Promise<PredictionOf<Kind, Tensor, Keep, Quantiles>> {
  const prediction = await predict(model, x, options as McPredictOptions)
  return prediction as PredictionOf<Kind, Tensor, Keep, Quantiles>
}

async function predict(
  model: LayersModel,
  x: Tensor | Tensor[],
  options: McPredictOptions,
): Promise<Prediction<Tensor>> {
  readOptions(options, NAMES, 'Pass e.g. { samples: 100, seed: 42 }')
  const { batchSize = 32, onProgress, outputs, ...rest } = options
  readModel(model)
  const inputs = Array.isArray(x) ? x : [x]
  if (!inputs.every((input) => input instanceof Tensor)) {
    const rule = 'it must be a tensor, or an array with one for each input of the model'
    reject(TypeError, 'x', x, rule, 'Pass e.g. tf.tensor([[1, 2, 3]]) for one row of three values')
  }
  const rows = readRows(inputs)
  const size = readInteger('batchSize', batchSize, Number.MAX_SAFE_INTEGER, '2^53 - 1', 'Pass e.g. 32', 1)
  const last = readLastDim(model, outputs)
  const sampler = new Sampler(model, inputs)
  const used = backend()
  const onGPU = isWebGPUBackend(used)
  const engine = await createEngine(onGPU ? { device: used.device } : { backend: 'cpu' })
  let output: Tensor | undefined
  let shape: number[] = []

  const toPrediction = (prediction: Prediction): Prediction<Tensor> => {
    const lengths = {
      outputs: outputs ?? 'values',
      samples: prediction.samples,
      quantiles: rest.quantiles?.length,
    }
    const entries = Object.entries(prediction).map(([name, value]) => [
      name,
      value instanceof Float32Array ? tensor(value, shapeOf(name, shape, lengths)) : value,
    ])
    return Object.fromEntries(entries)
  }

  try {
    const result = await monteCarlo(engine, {
      ...rest,
      outputs,
      ...last,
      forward(draw) {
        if (backend() !== used) throw new Error('noiseshape: the backend was changed during mcPredict.')
        output?.dispose()
        output = tidy(() => forward(model, sampler, inputs, rows, size, draw))
        shape = output.shape
        return onGPU ? valuesOnWebGPU(used, output) : (output.data() as Promise<Float32Array>)
      },
      onProgress:
        onProgress &&
        (({ done, samples, read }) =>
          onProgress({ done, samples, read: async () => toPrediction(await read()) })),
    })
    return toPrediction(result)
  } finally {
    output?.dispose()
    sampler.dispose()
    engine.destroy()
  }
}

/** Runs one sample over all rows, `batchSize` at a time. */
function forward(
  model: LayersModel,
  sampler: Sampler,
  inputs: Tensor[],
  rows: number,
  batchSize: number,
  draw: SampleDraw,
): Tensor {
  const parts: Tensor[] = []
  for (let firstRow = 0; firstRow < rows; firstRow += batchSize) {
    const size = Math.min(batchSize, rows - firstRow)
    const part = () => (size === rows ? inputs : inputs.map((input) => slice(input, firstRow, size)))
    const sample = { ...draw, firstRow, layers: 0 }
    parts.push(inSample(sample, () => sampler.run(firstRow, size, part)))
    if (sample.layers === 0) {
      throw new Error(
        `noiseshape: mcPredict ran no dropout layer of noiseshape in the model '${model.name}'. ${USE_OURS}.`,
      )
    }
  }
  const used = backend()
  const whole = parts.length === 1 ? parts[0] : concat(parts)
  return isWebGPUBackend(used) ? asFloats(used, whole) : whole
}

function readRows(inputs: readonly Tensor[]): number {
  const rows = inputs[0]?.shape[0]
  if (!rows || inputs.some((input) => input.shape[0] !== rows)) {
    const sizes = inputs.map((input) => input.shape[0])
    const rule = 'every input must have the same number of rows, at least one'
    reject(
      RangeError,
      "the inputs' first dim",
      sizes,
      rule,
      'Pass x of shape [rows, ...], or one for each input',
    )
  }
  return rows
}

/** What the output's last dim says: the classes, or the targets of `'gaussian'`; nothing for values. */
function readLastDim(
  model: LayersModel,
  outputs: OutputKind | undefined,
): Pick<MonteCarloOptions, 'classes' | 'targets'> {
  if (model.outputs.length !== 1) {
    const rule = 'mcPredict takes one'
    const remedy =
      'Make a model of the one you want: tf.model({ inputs: model.inputs, outputs: model.outputs[0] })'
    reject(RangeError, 'the number of outputs', model.outputs.length, rule, remedy)
  }
  if (outputs === undefined || outputs === 'values') return {}
  const { shape } = model.outputs[0]
  const last = shape.at(-1)
  if (!last) {
    const rule = `its last dim must be known where outputs is '${outputs}'`
    reject(RangeError, "the output's shape", shape, rule, "Leave outputs out for 'values'")
  }
  if (outputs !== 'gaussian') return { classes: last }
  if (last % 2 !== 0) {
    const rule = "its last dim must be even where outputs is 'gaussian': means, and as many log variances"
    reject(RangeError, "the output's shape", shape, rule, "Leave outputs out for 'values'")
  }
  return { targets: last / 2 }
}
