/** mcPredict of noiseshape/tfjs, on any backend of TensorFlow.js. */

import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { Dropout, DropPath, mcPredict, registerLayers } from 'noiseshape/tfjs'
import { describe, expect, test } from 'vitest'
import { tfjsBackends } from '#tfjs-backends'
import { expectSameBits, floats } from '../support/compare'
import { input } from '../support/inputs'
import { judgeDropout } from '../support/judge'
import { caught, expectRefusal } from '../support/refusals'
import { taken, tensorOf, useBackend } from '../support/tfjs-backend'
import { type KerasModel, load } from '../support/tfjs-keras'

type Layer = tfl.layers.Layer

const ON = { training: true }

describe.each(tfjsBackends)('mcPredict on the %s backend', (name) => {
  useBackend(name)

  const SAMPLES = 8

  /** Dropout before and behind a batch normalisation whose moving statistics are not those of any batch. */
  function network(): tfl.LayersModel {
    const model = tfl.sequential({
      layers: [
        tfl.layers.dense({
          inputShape: [5],
          units: 16,
          activation: 'relu',
          kernelInitializer: tfl.initializers.glorotUniform({ seed: 1 }),
        }),
        new Dropout({ rate: 0.4 }),
        tfl.layers.batchNormalization({
          movingMeanInitializer: tfl.initializers.constant({ value: 0.3 }),
          movingVarianceInitializer: tfl.initializers.constant({ value: 2 }),
        }),
        new DropPath({ rate: 0.1 }),
        tfl.layers.dense({
          units: 3,
          activation: 'softmax',
          kernelInitializer: tfl.initializers.glorotUniform({ seed: 2 }),
        }),
      ],
    })
    return model
  }

  const data = (rows = 7) => tf.tidy(() => tf.sin(tf.reshape(tf.range(0, rows * 5), [rows, 5])))
  const options = { samples: SAMPLES, seed: 11 }

  test('agrees with samples made by hand from noise of the same seed, step and streams', async () => {
    const model = network()
    const x = data()
    const [dense, , norm, , last] = model.layers
    const passes: Float32Array[] = []
    for (let step = 0; step < SAMPLES; step++) {
      const noise = (shape: number[], noiseShape: number[], rate: number, stream: number) =>
        tensorOf(
          judgeDropout(new Uint32Array(shape[0] * shape[1]).fill(0x3f800000), {
            shape,
            noiseShape,
            rate,
            seed: 11,
            stream,
            step,
          }),
          shape,
        )
      const y = tf.tidy(() => {
        const a = tf.mul(dense.apply(x) as tf.Tensor, noise([7, 16], [7, 16], 0.4, 0))
        const b = tf.mul(norm.apply(a) as tf.Tensor, noise([7, 16], [7, 1], 0.1, 1))
        return last.apply(b) as tf.Tensor
      })
      passes.push((await y.data()) as Float32Array)
      y.dispose()
    }
    const mean = passes[0].map((_, i) => passes.reduce((sum, y) => sum + y[i], 0) / SAMPLES)
    const prediction = await mcPredict(model, x, options)
    expect(prediction.samples).toBe(SAMPLES)
    expect(prediction.mean.shape).toEqual([7, 3])
    const [gotMean, gotVariance] = [await prediction.mean.data(), await prediction.variance.data()]
    mean.forEach((m, i) => {
      const variance = passes.reduce((sum, y) => sum + (y[i] - m) ** 2, 0) / SAMPLES
      expect(gotMean[i], `mean of ${i}`).toBeCloseTo(m, 5)
      expect(gotVariance[i], `variance of ${i}`).toBeCloseTo(variance, 5)
      expect(gotVariance[i]).toBeGreaterThan(0)
    })
    tf.dispose([x, prediction])
    model.dispose()
  })

  test('is a pure function: twice the same bits, in batches of any size, with training in between', async () => {
    const model = network()
    const x = data()
    const run = async (more: object) => {
      const prediction = await mcPredict(model, x, { ...options, ...more })
      const bits = [await taken(prediction.mean), await taken(prediction.variance)]
      prediction.std.dispose()
      return bits
    }
    const whole = await run({})
    tf.tidy(() => void model.layers[1].apply(tf.ones([2, 16]), ON))
    expect(await run({})).toEqual(whole)
    expect(await run({ seed: 12 })).not.toEqual(whole)
    for (const batchSize of [1, 3]) {
      const [mean] = await run({ batchSize })
      // A backend may sum a product of matrices in another order for another number of rows.
      new Float32Array(mean.buffer).forEach((value, i) => {
        expect(value).toBeCloseTo(new Float32Array(whole[0].buffer)[i], 5)
      })
    }
    x.dispose()
    model.dispose()
  })

  test.each([
    [
      [null, null],
      [5, 40],
    ],
    [
      [1, null],
      [1, 40],
    ],
    [[null], [1, 40]],
    [
      [null, 1],
      [5, 1],
    ],
  ])('over %o in batches draws the masks that the whole input has', async (noiseShape, full) => {
    const model = tfl.sequential({ layers: [new Dropout({ rate: 0.5, noiseShape, inputShape: [40] })] })
    const x = input([5, 40], 8)
    const tensor = tensorOf(x, [5, 40])
    for (const batchSize of [1, 2, 5]) {
      const { mean, ...spreads } = await mcPredict(model, tensor, {
        samples: 1,
        seed: 6,
        firstStep: 3,
        batchSize,
      })
      tf.dispose(spreads)
      const draw = { shape: [5, 40], rate: 0.5, noiseShape: full, seed: 6, stream: 0, step: 3 }
      // A mean may lose the sign of a zero.
      const judged = Array.from(floats(judgeDropout(x, draw)), (v) => v + 0)
      expect(Array.from(floats(await taken(mean)), (v) => v + 0)).toEqual(judged)
    }
    tensor.dispose()
  })

  test('with oneMaskForBatch equal rows have equal predictions; without it they differ', async () => {
    const model = network()
    const x = tf.ones([6, 5])
    for (const [oneMaskForBatch, distinct] of [
      [true, 1],
      [false, 6],
    ] as const) {
      const prediction = await mcPredict(model, x, { ...options, oneMaskForBatch, batchSize: 4 })
      const rows = (await prediction.variance.array()) as number[][]
      expect(new Set(rows.map((row) => row.map((v) => v.toFixed(6)).join())).size).toBe(distinct)
      tf.dispose(prediction)
    }
    x.dispose()
    model.dispose()
  })

  test('reports entropies of classes: they add up, and lie between 0 and ln 3', async () => {
    const model = network()
    const x = data()
    const prediction = await mcPredict(model, x, { ...options, outputs: 'probabilities' })
    const { predictiveEntropy, expectedEntropy, mutualInformation } = prediction
    const [total, expected, mutual] = await Promise.all(
      [predictiveEntropy, expectedEntropy, mutualInformation].map(async (t) =>
        Array.from(await (t as tf.Tensor).data()),
      ),
    )
    expect(predictiveEntropy?.shape).toEqual([7])
    total.forEach((entropy, row) => {
      expect(entropy).toBeLessThanOrEqual(Math.log(3) + 1e-6)
      expect(mutual[row]).toBeGreaterThan(0)
      expect(expected[row] + mutual[row]).toBeCloseTo(entropy, 5)
    })
    tf.dispose([x, prediction])
    model.dispose()
  })

  test('gives everything in its shape: kept samples and quantiles, votes, standard deviations', async () => {
    const model = network()
    const x = data()
    const more = { outputs: 'probabilities', keepSamples: true, quantiles: [0.05, 0.95] } as const
    const prediction = await mcPredict(model, x, { ...options, ...more })
    const shapes = Object.entries(prediction).map(([key, value]) => [
      key,
      value instanceof tf.Tensor ? value.shape : value,
    ])
    expect(Object.fromEntries(shapes)).toEqual({
      samples: SAMPLES,
      mean: [7, 3],
      variance: [7, 3],
      std: [7, 3],
      predictiveEntropy: [7],
      expectedEntropy: [7],
      mutualInformation: [7],
      variationRatio: [7],
      keptSamples: [SAMPLES, 7, 3],
      quantiles: [2, 7, 3],
    })
    const kept = (await prediction.keptSamples?.array()) as number[][][]
    const [std, ratio] = [await prediction.std.array(), await prediction.variationRatio.array()]
    for (let row = 0; row < 7; row++) {
      const votes = [0, 0, 0]
      for (const sample of kept) votes[sample[row].indexOf(Math.max(...sample[row]))]++
      expect((ratio as number[])[row]).toBeCloseTo(1 - Math.max(...votes) / SAMPLES, 5)
      for (let i = 0; i < 3; i++) {
        const column = kept.map((sample) => sample[row][i])
        const mean = column.reduce((sum, value) => sum + value, 0) / SAMPLES
        const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / SAMPLES
        expect((std as number[][])[row][i]).toBeCloseTo(Math.sqrt(variance), 5)
      }
    }
    tf.dispose([x, prediction])
    model.dispose()
  })

  test('of gaussian heads has half the last dim, and stops when settled', async () => {
    const model = tfl.sequential({ layers: [new Dropout({ rate: 0.5, inputShape: [4] })] })
    const x = tf.tensor2d([[1, 0, 0, 0]])
    const samples = { max: 300, tolerance: 0.2 }
    const prediction = await mcPredict(model, x, { seed: 1, samples, outputs: 'gaussian' })
    expect(prediction.settled).toBe(true)
    expect([32, 64]).toContain(prediction.samples) // the variance is near 1: sqrt(1 / 31) is 0.18
    expect(prediction.mean.shape).toEqual([1, 2])
    const of = async (tensor: tf.Tensor) => Array.from(await tensor.data())
    const [epistemic, none] = await of(prediction.epistemicVariance)
    expect(none).toBe(0)
    expect(epistemic).toBeGreaterThan(0.5)
    expect(await of(prediction.aleatoricVariance)).toEqual([1, 1])
    expect((await of(prediction.variance))[0]).toBeCloseTo(1 + epistemic, 5)
    tf.dispose([x, prediction])
    const odd = tfl.sequential({ layers: [new Dropout({ rate: 0.5, inputShape: [3] })] })
    const three = tf.zeros([1, 3])
    const refused = mcPredict(odd, three, { seed: 1, samples: 2, outputs: 'gaussian' })
    await expect(refused).rejects.toThrow(/output's shape is \[null, 3\].*must be even.*'gaussian'/)
    three.dispose()
    model.dispose()
    odd.dispose()
  })

  test('leaves weights and batch normalisation alone, and the layers off, also after an abort', async () => {
    const model = network()
    const x = data()
    const bitsOf = async () => {
      const bits: Uint32Array[] = []
      for (const weight of model.getWeights()) bits.push(await taken(tf.clone(weight)))
      bits.push(await taken(model.predict(x) as tf.Tensor))
      return bits
    }
    const before = await bitsOf()
    tf.dispose(await mcPredict(model, x, options))
    expect(await bitsOf()).toEqual(before)
    const controller = new AbortController()
    const done: number[] = []
    const aborted = mcPredict(model, x, {
      ...options,
      signal: controller.signal,
      onProgress(progress) {
        done.push(progress.done)
        if (progress.done === 3) controller.abort(new Error('enough'))
      },
    })
    await expect(aborted).rejects.toThrow('enough')
    expect(done).toEqual([1, 2, 3])
    expect(await bitsOf()).toEqual(before)
    const failing = mcPredict(model, x, { ...options, onProgress: () => Promise.reject(new Error('mine')) })
    await expect(failing).rejects.toThrow('mine')
    expect(await bitsOf()).toEqual(before)
    x.dispose()
    model.dispose()
  })

  test('reports what is known so far, and two predictions at a time do not disturb each other', async () => {
    const model = network()
    const x = data()
    const means = async (samples: number, read = 0) => {
      let early: Uint32Array | undefined
      const prediction = await mcPredict(model, x, {
        samples,
        seed: 3,
        async onProgress(progress) {
          if (progress.done !== read) return
          const { mean, ...spreads } = await progress.read()
          tf.dispose(spreads)
          early = await taken(mean)
        },
      })
      tf.dispose([prediction.variance, prediction.std])
      return { early, mean: await taken(prediction.mean) }
    }
    const alone = (await means(5)).mean
    const [a, b] = await Promise.all([means(9, 5), means(5)])
    expectSameBits(a.early as Uint32Array, alone)
    expectSameBits(b.mean, alone)
    x.dispose()
    model.dispose()
  })

  test('turns on what was loaded from Keras, and every use of a shared layer with its own mask', async () => {
    registerLayers()
    const shared = new Dropout({ rate: 0.5 })
    const inputs = tfl.input({ shape: [64] })
    const outputs = tfl.layers
      .concatenate()
      .apply([shared.apply(inputs) as tfl.SymbolicTensor, shared.apply(inputs) as tfl.SymbolicTensor])
    const model = await load(
      tfl
        .model({ inputs, outputs: outputs as tfl.SymbolicTensor })
        .toJSON(null, false) as unknown as KerasModel,
    )
    const x = tf.ones([1, 64])
    const { mean, ...spreads } = await mcPredict(model, x, { samples: 1, seed: 5 })
    const values = await taken(mean)
    const halves = [values.slice(0, 64), values.slice(64)].map(String)
    const ones = new Uint32Array(64).fill(0x3f800000)
    const judged = [0, 1].map((stream) =>
      String(judgeDropout(ones, { shape: [1, 64], rate: 0.5, seed: 5, stream })),
    )
    expect(halves.sort()).toEqual(judged.sort()) // TensorFlow.js decides which of them runs first
    tf.dispose([x, spreads])
  })

  test.each([undefined, 100])('%s as options is refused with an example', async (wrong) => {
    const model = network()
    const x = tf.zeros([1, 5])
    const example = /Pass e\.g\. \{ samples: 100, seed: 42 \}\.$/
    await expect(mcPredict(model, x, wrong as never)).rejects.toThrow(example)
    x.dispose()
    model.dispose()
  })

  test('a model without a dropout layer gives an error that says what to do', async () => {
    const model = tfl.sequential({ layers: [tfl.layers.activation({ activation: 'relu', inputShape: [4] })] })
    const x = tf.ones([2, 4])
    await expect(mcPredict(model, x, options)).rejects.toThrow(/no dropout layer.*registerLayers\(\) before/)
    x.dispose()
  })

  const theirs = tfl.layers
  test.each([
    ['Dropout', theirs.dropout, /Call registerLayers\(\) before/],
    ['SpatialDropout1D', theirs.spatialDropout1d, /Call registerLayers\(\) before/],
    ['GaussianDropout', theirs.gaussianDropout, /Use Dropout of noiseshape\/tfjs in its place/],
    ['AlphaDropout', theirs.alphaDropout, /Use Dropout of noiseshape\/tfjs in its place/],
  ] as const)("TensorFlow.js' own %s is refused, unless its rate is 0", async (className, make, remedy) => {
    const build = (rate: number) =>
      tfl.sequential({
        layers: [
          new Dropout({ rate: 0.5, inputShape: [3, 4] }),
          tfl.sequential({ layers: [make({ rate, name: 'theirs', inputShape: [3, 4] }) as Layer] }),
        ],
      })
    const x = tf.ones([2, 3, 4])
    const refused = mcPredict(build(0.5), x, options)
    await expect(refused).rejects.toThrow(
      `the class of layer 'theirs' is '${className}', but this layer is TensorFlow.js' own`,
    )
    await expect(refused).rejects.toThrow(remedy)
    tf.dispose([x, await mcPredict(build(0), x, options)])
  })

  test.each([
    [
      'arrays for x',
      () => [network(), [[1, 2, 3, 4, 5]]],
      /x is \[\[1, 2, 3, 4, 5\]\].*Pass e\.g\. tf\.tensor/,
    ],
    ['a typed array for x', () => [network(), new Float32Array(5)], /x is an object \(Float32Array\)/],
    ['nothing for x', () => [network(), undefined], /x is undefined, but it must be a tensor/],
    [
      'a Promise for a model',
      () => [Promise.resolve(network()), undefined],
      /model is an object \(Promise\), but it must be a LayersModel\. .*await tf\.loadLayersModel/,
    ],
    ['a model without layers', () => [{ predict() {}, dispose() {} }, undefined], /model is an object/],
    ['nothing for a model', () => [undefined, undefined], /model is undefined/],
  ])('%s is refused', async (_, make, message) => {
    const [model, x] = make() as [tfl.LayersModel | Promise<tfl.LayersModel>, tf.Tensor]
    const error = await caught(() => mcPredict(model as tfl.LayersModel, x, options))
    expectRefusal(error, TypeError, [message])
    ;(await model)?.dispose()
  })

  test('classes that the model does not have, or of unknown number, are refused where they are needed', async () => {
    for (const size of [0, null]) {
      const inputs = tfl.input({ shape: [size] })
      const model = tfl.model({
        inputs,
        outputs: new Dropout({ rate: 0.5 }).apply(inputs) as tfl.SymbolicTensor,
      })
      const x = tf.zeros([2, size ?? 3])
      const logits = mcPredict(model, x, { ...options, outputs: 'logits' })
      await expect(logits).rejects.toThrow(
        new RegExp(`output's shape is \\[null, ${size}\\].*last dim must be known.*'logits'`),
      )
      x.dispose()
    }
  })

  test.each([
    ['no rows', () => tf.zeros([0, 5]), {}, /first dim/],
    ['a batch size of 0', () => tf.zeros([1, 5]), { batchSize: 0 }, /batchSize is 0/],
    ['no samples', () => tf.zeros([1, 5]), { samples: 0 }, /samples is 0/],
    ['no seed', () => tf.zeros([1, 5]), { seed: undefined as never }, /seed/],
    ['a misspelt name', () => tf.zeros([1, 5]), { batch_size: 4 } as object, /Pass it as batchSize\.$/],
    ['output', () => tf.zeros([1, 5]), { output: 'logits' } as object, /Pass it as outputs\.$/],
    [
      'classes, which the model has',
      () => tf.zeros([1, 5]),
      { classes: 3 } as object,
      /options\.classes is 3/,
    ],
  ])('%s is refused', async (_, make, wrong, message) => {
    const model = network()
    const x = make()
    await expect(mcPredict(model, x, { ...options, ...wrong })).rejects.toThrow(message)
    x.dispose()
    model.dispose()
  })
})
