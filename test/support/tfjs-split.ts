/** Models of TensorFlow.js of which mcPredict runs a part once, and how often their layers should run. */

import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { Dropout, DropPath, type McPredictOptions, mcPredict } from 'noiseshape/tfjs'
import { expect, vi } from 'vitest'
import { expectSameBits } from './compare'
import { taken } from './tfjs-backend'

type Layer = tfl.layers.Layer
type Symbol = tfl.SymbolicTensor

const { layers } = tfl
const SAMPLES = 3

/** Every call of a layer is another random number, which no framework layer reports. */
class OwnNoise extends layers.Layer {
  static className = 'OwnNoise'
  calls = 0
  override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.add(Array.isArray(x) ? x[0] : x, ++this.calls)
  }
}

/** Reads the mask where TensorFlow.js' MultiHeadAttention reads it. */
class OwnMasking extends layers.Layer {
  static className = 'OwnMasking'
  override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const input = (Array.isArray(x) ? x[0] : x) as tf.Tensor & { kerasMask: tf.Tensor }
    return tf.tidy(() => tf.mul(input, tf.expandDims(tf.cast(input.kerasMask, 'float32'), -1)))
  }
}

/** Its output belongs to it. */
class OwnState extends layers.Layer {
  static className = 'OwnState'
  #state: tf.Tensor | undefined
  override get stateful() {
    return true
  }
  override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const input = Array.isArray(x) ? x[0] : x
    const state = tf.keep(this.#state ? tf.add(this.#state, input) : tf.clone(input))
    this.#state?.dispose()
    this.#state = state
    return state
  }
  override resetStates() {}
  getStates() {
    return this.#state
  }
}

let seed = 0
const init = () => ({ kernelInitializer: tfl.initializers.glorotUniform({ seed: ++seed }) })
const dense = (units: number, name: string) => layers.dense({ units, name, activation: 'tanh', ...init() })
const lstm = (units: number, name: string, more = {}) =>
  layers.lstm({ units, name, ...init(), recurrentInitializer: init().kernelInitializer, ...more })
const embedding = (more: object) =>
  layers.embedding({
    inputDim: 9,
    outputDim: 4,
    maskZero: true,
    embeddingsInitializer: init().kernelInitializer,
    ...more,
  })
const drop = (rate = 0.5) => new Dropout({ rate })
const on = (layer: Layer, ...x: Symbol[]) => layer.apply(x.length === 1 ? x[0] : x) as Symbol
const data = (shape: number[]) =>
  tf.tidy(() => tf.sin(tf.reshape(tf.range(1, 1 + tf.util.sizeFromShape(shape)), shape)))

/** 5 words a row, padded with zeros behind the first `row + 1`. */
const words = () =>
  tf.tensor([0, 1, 2, 3].map((row) => [1, 2, 3, 4, 5].map((word, i) => (i <= row ? word : 0))))

/** Frees what dispose() leaves: weights of a layer that is applied twice, and the state of an RNN. */
export function free(model: tfl.LayersModel): void {
  for (const weight of new Set(model.weights)) weight.dispose()
  for (const layer of model.layers) {
    if (!layer.stateful) continue
    layer.resetStates()
    tf.dispose((layer as tfl.RNN).getStates())
  }
}

export interface SplitCase {
  model: tfl.LayersModel
  x: tf.Tensor[]
  /** How often each named layer runs in 3 samples of all 4 rows at once. */
  runs: Record<string, number>
}

export const splitCases: Record<string, () => SplitCase> = {
  'a sequential model': () => ({
    model: tfl.sequential({
      layers: [
        layers.conv2d({ inputShape: [6, 6, 2], filters: 3, kernelSize: 3, name: 'conv', ...init() }),
        layers.batchNormalization({
          name: 'norm',
          movingMeanInitializer: tfl.initializers.constant({ value: 0.3 }),
        }),
        layers.flatten({ name: 'flat' }),
        drop(),
        dense(3, 'head'),
      ],
    }),
    x: [data([4, 6, 6, 2])],
    runs: { conv: 1, norm: 1, flat: 1, head: 3 },
  }),

  'a residual model with a layer shared by both parts': () => {
    const input = tfl.input({ shape: [4] })
    const shared = dense(4, 'shared')
    const a = on(shared, input)
    const b = on(layers.add(), a, on(dense(4, 'first'), a))
    const c = on(layers.add({ name: 'sum' }), b, on(new DropPath({ rate: 0.5 }), on(dense(4, 'branch'), b)))
    const sum = on(layers.add(), c, on(dense(4, 'last'), c))
    return {
      model: tfl.model({ inputs: input, outputs: on(shared, on(drop(), sum)) }),
      x: [data([4, 4])],
      runs: { shared: 1 + 3, first: 1, branch: 1, sum: 3, last: 3 },
    }
  },

  'several inputs, one of them integers, and one that meets noise at once': () => {
    const pixels = tfl.input({ shape: [3] })
    const clean = tfl.input({ shape: [4] })
    const noisy = tfl.input({ shape: [4] })
    const parts = [on(dense(3, 'pixels'), pixels), on(drop(), noisy), on(dense(3, 'clean'), clean)]
    return {
      model: tfl.model({
        inputs: [pixels, clean, noisy],
        outputs: on(dense(2, 'head'), on(layers.concatenate(), ...parts, noisy)),
      }),
      x: [tf.tensor([...Array(12).keys()], [4, 3], 'int32'), data([4, 4]), data([4, 4])],
      runs: { pixels: 1, clean: 1, head: 3 },
    }
  },

  'two masks that cross': () => {
    const [short, long] = [tfl.input({ shape: [5] }), tfl.input({ shape: [5] })]
    const text = (input: Symbol, name: string) => {
      const words = on(embedding({ name: `${name}_words` }), input)
      const read = on(lstm(3, `${name}_before`, { returnSequences: true }), words)
      return on(lstm(3, `${name}_behind`), on(drop(), read))
    }
    const both = on(layers.concatenate(), text(short, 'short'), text(long, 'long'))
    return {
      model: tfl.model({ inputs: [short, long], outputs: on(dense(2, 'head'), both) }),
      x: [words(), tf.ones([4, 5])],
      runs: { short_before: 1, long_before: 1, short_behind: 3, long_behind: 3 },
    }
  },

  'a mask of the part before, left to an RNN without one': () => {
    const input = tfl.input({ shape: [5] })
    const other = tfl.input({ shape: [5, 2] })
    const text = on(lstm(3, 'text'), on(embedding({}), input))
    const series = on(lstm(3, 'series'), on(drop(), other))
    return {
      model: tfl.model({ inputs: [input, other], outputs: on(layers.concatenate(), series, text) }),
      x: [words(), data([4, 5, 2])],
      runs: { text: 1, series: 3 },
    }
  },

  'a mask made from noise, left to an RNN without one': () => {
    const input = tfl.input({ shape: [5, 2] })
    const other = tfl.input({ shape: [5, 2] })
    const noisy = on(
      layers.masking({ maskValue: 0 }),
      on(new Dropout({ rate: 0.5, noiseShape: [null, null, 1] }), input),
    )
    return {
      model: tfl.model({
        inputs: [input, other],
        outputs: on(layers.concatenate(), on(lstm(3, 'clean'), other), on(lstm(3, 'noisy'), noisy)),
      }),
      x: [data([4, 5, 2]), data([4, 5, 2])],
      runs: { clean: 3, noisy: 3 },
    }
  },

  'a mask that ends, and one that begins, around an RNN without one': () => {
    const [short, long, other] = [[5], [5], [5, 2]].map((shape) => tfl.input({ shape }))
    const [shortWords, longWords] = [short, long].map((input) => on(embedding({}), input))
    const read = on(lstm(3, 'read', { returnSequences: true }), longWords)
    const product = on(layers.dot({ axes: 1 }), other, shortWords)
    const series = on(lstm(3, 'series'), on(drop(), other))
    const behind = on(lstm(3, 'behind'), on(drop(), read))
    const parts = [behind, series, on(lstm(3, 'short'), shortWords), on(layers.flatten(), read)]
    const ended = [on(lstm(3, 'ended'), on(drop(), other)), on(layers.flatten(), product)]
    return {
      model: tfl.model({
        inputs: [short, long, other],
        outputs: on(layers.concatenate(), ...ended, ...parts),
      }),
      x: [words(), tf.tidy(() => tf.reverse(words(), 0)), data([4, 5, 2])],
      runs: { read: 1, short: 1, series: 3, behind: 3, ended: 3 },
    }
  },

  'layers with several outputs': () => {
    const input = tfl.input({ shape: [5, 2] })
    const many = { returnSequences: true, returnState: true }
    const [sequence, ...state] = lstm(3, 'encoder', many).apply(input) as Symbol[]
    const [, last] = lstm(3, 'decoder', many).apply([on(drop(), sequence), ...state]) as Symbol[]
    return {
      model: tfl.model({ inputs: input, outputs: last }),
      x: [data([4, 5, 2])],
      runs: { encoder: 3, decoder: 3 }, // TensorFlow.js runs a layer once for each output that is used
    }
  },

  'a nested model with noise and two outputs': () => {
    const inner = tfl.input({ shape: [4] })
    const dropped = on(drop(), inner)
    const nested = tfl.model({
      inputs: inner,
      outputs: [dropped, on(dense(4, 'inner'), dropped)],
      name: 'nested',
    })
    const input = tfl.input({ shape: [4] })
    const both = nested.apply(on(dense(4, 'before'), input)) as Symbol[]
    return {
      model: tfl.model({ inputs: input, outputs: on(dense(2, 'head'), on(layers.concatenate(), ...both)) }),
      x: [data([4, 4])],
      runs: { before: 1, nested: 2 * 3, head: 3 },
    }
  },

  'a model with noise as the first layer of another': () => {
    const body = tfl.sequential({
      layers: [layers.dense({ inputShape: [4], units: 4, name: 'body', ...init() }), drop()],
    })
    return {
      model: tfl.sequential({ layers: [body, dense(2, 'head')] }),
      x: [data([4, 4])],
      runs: { body: 1, head: 3 },
    }
  },

  'nested models, one of them with noise': () => {
    const base = tfl.sequential({
      layers: [layers.dense({ inputShape: [4], units: 4, name: 'base', ...init() })],
    })
    const body = tfl.sequential({
      layers: [layers.dense({ inputShape: [4], units: 4, name: 'body', ...init() }), drop()],
    })
    const input = tfl.input({ shape: [4] })
    const wrapped = layers.timeDistributed({ layer: dense(2, 'inner'), name: 'wrapper' })
    const steps = on(layers.reshape({ targetShape: [2, 2] }), on(base, input))
    const flat = on(layers.flatten(), on(wrapped, steps))
    return {
      model: tfl.model({ inputs: input, outputs: on(body, flat) }),
      x: [data([4, 4])],
      runs: { wrapper: 1 },
    }
  },

  'gaussian noise, which is off, and another batch size than the model names': () => ({
    model: tfl.sequential({
      layers: [
        layers.gaussianNoise({ stddev: 1, batchInputShape: [2, 4], name: 'noise' }),
        dense(3, 'middle'),
        drop(),
        dense(2, 'head'),
      ],
    }),
    x: [data([4, 4])],
    runs: { noise: 1, middle: 1, head: 3 },
  }),

  'a random layer of the user': () => ({
    model: tfl.sequential({
      layers: [
        layers.dense({ inputShape: [4], units: 4, name: 'before', ...init() }),
        new OwnNoise({}),
        dense(3, 'behind'),
        drop(),
      ],
    }),
    x: [data([4, 4])],
    runs: { before: 1, behind: 3 },
  }),

  'a layer with state': () => ({
    model: tfl.sequential({
      layers: [
        layers.dense({ batchInputShape: [4, 5, 2], units: 2, name: 'before', ...init() }),
        lstm(3, 'memory', { stateful: true }),
        dense(3, 'behind'),
        drop(),
      ],
    }),
    x: [data([4, 5, 2])],
    runs: { before: 1, memory: 3, behind: 3 },
  }),

  'a layer of the user that reads a mask': () => ({
    model: tfl.sequential({
      layers: [embedding({ inputLength: 5, name: 'words' }), new OwnMasking({}), layers.flatten(), drop()],
    }),
    x: [words()],
    runs: { words: 1 },
  }),

  'a layer of the user that keeps what it returns': () => ({
    model: tfl.sequential({
      layers: [
        layers.dense({ inputShape: [4], units: 4, name: 'before', ...init() }),
        new OwnState({}),
        dense(3, 'behind'),
        drop(),
      ],
    }),
    x: [data([4, 4])],
    runs: { before: 1, behind: 3 },
  }),

  'a layer that the user runs in training mode': () => {
    const noise = layers.gaussianNoise({ stddev: 0, inputShape: [4] })
    const { call } = noise
    let calls = 0
    noise.call = (x, kwargs) => tf.tidy(() => tf.add(call.call(noise, x, kwargs) as tf.Tensor, ++calls))
    return {
      model: tfl.sequential({ layers: [noise, dense(3, 'behind'), drop()] }),
      x: [data([4, 4])],
      runs: { behind: 3 },
    }
  },

  'dropout first': () => ({
    model: tfl.sequential({ layers: [new Dropout({ rate: 0.5, inputShape: [4] }), dense(3, 'head')] }),
    x: [data([4, 4])],
    runs: { head: 3 },
  }),
}

/** A model with a `predict` of its own is not split: each sample is a whole run of TensorFlow.js. */
export function runWhole(model: tfl.LayersModel): void {
  model.predict = (...args) => Object.getPrototypeOf(model).predict.apply(model, args)
}

/** The samples of a model, which is freed, and how often each layer ran. */
async function samplesOf({ model, x, runs }: SplitCase, more: Partial<McPredictOptions>) {
  const apply = vi.spyOn(layers.Layer.prototype, 'apply')
  const prediction = await mcPredict(model, x, { samples: SAMPLES, seed: 7, keepSamples: true, ...more })
  const ran = apply.mock.contexts.map((layer) => (layer as Layer).name)
  apply.mockRestore()
  const counts = Object.keys(runs).map((name) => [name, ran.filter((layer) => layer === name).length])
  const samples = await taken(prediction.keptSamples as tf.Tensor)
  expect(x.map((tensor) => tensor.isDisposed)).toEqual(x.map(() => false))
  tf.dispose([x, prediction])
  free(model)
  return { samples, counts: Object.fromEntries(counts) }
}

/** Expects the samples of whole runs, and that each layer runs as often as it should. */
export async function expectSplit(
  make: () => SplitCase,
  options: Partial<McPredictOptions> = {},
  batches = 1,
) {
  seed = 0
  const split = make()
  const { samples, counts } = await samplesOf(split, options)
  seed = 0
  const whole = make()
  runWhole(whole.model)
  expectSameBits(samples, (await samplesOf(whole, options)).samples)
  const runs = Object.entries(split.runs).map(([name, times]) => [name, times * batches])
  expect(counts).toEqual(Object.fromEntries(runs))
}
