/** Monte Carlo dropout of a TensorFlow.js model: its passes, and what they say together, as tensors. */

import { backend, concat, slice, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { createEngine } from '../engine.js'
import {
  type MonteCarloCall,
  type MonteCarloOptions,
  type MonteCarloResult,
  monteCarlo,
  type OutputKind,
} from '../monte-carlo/index.js'
import { readInteger, readOptions, reject } from '../options.js'
import { asFloats, isWebGPUBackend, valuesOnWebGPU } from './on-webgpu.js'
import { inPass } from './pass.js'

/** The statistics of the passes, to be disposed by the caller; `tf.dispose(prediction)` does it for all. */
export type McPrediction = {
  /** Passes that are in it. */
  samples: number
  /** Of each output over the passes, in the output's shape; with `'logits'` of the probabilities. */
  mean: Tensor
  /** Of each output over the passes, divided by `samples`; with `'logits'` of the probabilities. */
  variance: Tensor
  /** H(mean p) of each row, in nats, in the output's shape without its last dim. With classes only. */
  predictiveEntropy?: Tensor
  /** Mean of H(p) of each row. */
  expectedEntropy?: Tensor
  /** Their difference: how far the passes disagree. */
  mutualInformation?: Tensor
}

/** How far a prediction is. */
export interface McProgress {
  /** Passes done, 1 to `samples`. */
  done: number
  samples: number
  /** The statistics so far, as they are when it is called; tensors of the caller's. */
  read(): Promise<McPrediction>
}

export interface McPredictOptions
  extends Pick<
    MonteCarloOptions,
    'samples' | 'seed' | 'firstCall' | 'oneMaskForBatch' | 'outputs' | 'signal'
  > {
  /** Rows that go through the model at a time, as in `model.predict`. Default 32. It changes no mask. */
  batchSize?: number | undefined
  /** Told after each pass; the next one begins when what it returns has settled. */
  onProgress?: ((progress: McProgress) => void | Promise<void>) | undefined
}

/**
 * Predicts `samples` times with the dropout layers of this package on and all else as in `model.predict`: batch
 * normalisation stays in inference mode, and so does dropout inside TensorFlow.js' recurrent layers. Layers need no
 * `alwaysOn`, and none is altered. Pass s draws with call s, and the n-th dropout layer that runs in it with stream n,
 * whatever its own seed: the result depends on the weights, x and the options alone.
 *
 * @param model with one output, and at least one dropout layer of this package
 * @param x one batch, or one for each input of the model
 * @throws RangeError or TypeError for an argument outside its documented range; Error where no dropout layer ran;
 *   `signal.reason` when aborted
 */
export async function mcPredict(
  model: LayersModel,
  x: Tensor | Tensor[],
  options: McPredictOptions,
): Promise<McPrediction> {
  const { batchSize = 32, onProgress, outputs, ...rest } = readOptions(options)
  const inputs = Array.isArray(x) ? x : [x]
  const rows = readRows(inputs)
  const step = readInteger('batchSize', batchSize, Number.MAX_SAFE_INTEGER, '2^53 - 1', 'Pass e.g. 32', 1)
  const classes = readClasses(model, outputs)
  const used = backend()
  const onGPU = isWebGPUBackend(used)
  const engine = await createEngine(onGPU ? { device: used.device } : { backend: 'cpu' })
  let output: Tensor | undefined
  let shape: number[] = []

  const toPrediction = ({ samples, mean, variance, ...ofRows }: MonteCarloResult): McPrediction => ({
    samples,
    mean: tensor(mean, shape),
    variance: tensor(variance, shape),
    ...Object.fromEntries(
      Object.entries(ofRows).map(([name, values]) => [name, tensor(values, shape.slice(0, -1))]),
    ),
  })

  try {
    const result = await monteCarlo(engine, {
      ...rest,
      outputs,
      classes,
      forward(call) {
        if (backend() !== used)
          throw new Error('noiseshape: the backend was changed in the middle of mcPredict.')
        output?.dispose()
        output = tidy(() => forward(model, inputs, rows, step, call))
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
    engine.destroy()
  }
}

/** One pass over all rows, `step` of them at a time. */
function forward(
  model: LayersModel,
  inputs: Tensor[],
  rows: number,
  step: number,
  call: MonteCarloCall,
): Tensor {
  const parts: Tensor[] = []
  for (let firstRow = 0; firstRow < rows; firstRow += step) {
    const size = Math.min(step, rows - firstRow)
    const part = size === rows ? inputs : inputs.map((input) => slice(input, firstRow, size))
    const pass = { ...call, firstRow, layers: 0 }
    parts.push(inPass(pass, () => model.predict(part, { batchSize: size })) as Tensor)
    if (pass.layers === 0) {
      throw new Error(
        `noiseshape: mcPredict ran no dropout layer of noiseshape in the model '${model.name}'. Call registerLayers() before the model is loaded, or build it with layers of noiseshape/tfjs; those of tf.layers.dropout cannot be turned on.`,
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

/** The size of the output's last dim, where the outputs are of classes. */
function readClasses(model: LayersModel, outputs: OutputKind | undefined): number | undefined {
  if (model.outputs.length !== 1) {
    const rule = 'mcPredict takes one'
    const remedy =
      'Make a model of the one you want: tf.model({ inputs: model.inputs, outputs: model.outputs[0] })'
    reject(RangeError, 'the number of outputs', model.outputs.length, rule, remedy)
  }
  if (outputs === undefined || outputs === 'values') return undefined
  const classes = model.outputs[0].shape.at(-1)
  if (!classes) {
    const rule = `its last dim must be known where outputs is '${outputs}'`
    reject(RangeError, "the output's shape", model.outputs[0].shape, rule, "Leave outputs out for 'values'")
  }
  return classes
}
