/** The layers of noiseshape/tfjs, on any backend of TensorFlow.js. */

import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import {
  Dropout,
  DropPath,
  FixedDropout,
  registerLayers,
  SpatialDropout1D,
  SpatialDropout2D,
  SpatialDropout3D,
  StochasticDepth,
  seedDropout,
} from 'noiseshape/tfjs'
import { describe, expect, test } from 'vitest'
import { tfjsBackends } from '#tfjs-backends'
import { expectSameBits } from '../support/compare'
import { input } from '../support/inputs'
import { type Draw, judgeDropout, judgeFlags } from '../support/judge'
import { taken, tensorOf, useBackend } from '../support/tfjs-backend'
import { type KerasModel, keras2, load } from '../support/tfjs-keras'

type Layer = tfl.layers.Layer

const ON = { training: true }

/** FNV-1a of the name 'drop', worked out with Python: the stream of a layer of that name. */
const STREAM_OF_DROP = 0xa9a58d8c

describe.each(tfjsBackends)('the layers on the %s backend', (name) => {
  useBackend(name)

  describe('what a layer draws', () => {
    test.each([
      { layer: new Dropout({ rate: 0.3, seed: 7, name: 'drop' }), shape: [4, 9], noiseShape: undefined },
      {
        layer: new Dropout({ rate: 0.3, seed: 7, name: 'drop', noiseShape: [null, 1, null] }),
        shape: [4, 9, 5],
        noiseShape: [4, 1, 5],
      },
      {
        layer: new FixedDropout({ rate: 0.5, seed: 7, name: 'drop', noiseShape: [null, 1, 1, 1] }),
        shape: [9, 2, 2, 3],
        noiseShape: [9, 1, 1, 1],
      },
      {
        layer: new SpatialDropout1D({ rate: 0.3, seed: 7, name: 'drop' }),
        shape: [4, 9, 5],
        noiseShape: [4, 1, 5],
      },
      {
        layer: new SpatialDropout2D({ rate: 0.3, seed: 7, name: 'drop' }),
        shape: [4, 3, 3, 5],
        noiseShape: [4, 1, 1, 5],
      },
      {
        layer: new SpatialDropout2D({ rate: 0.3, seed: 7, name: 'drop', dataFormat: 'channelsFirst' }),
        shape: [4, 5, 3, 3],
        noiseShape: [4, 5, 1, 1],
      },
      {
        layer: new SpatialDropout3D({ rate: 0.3, seed: 7, name: 'drop' }),
        shape: [4, 2, 3, 2, 5],
        noiseShape: [4, 1, 1, 1, 5],
      },
      {
        layer: new DropPath({ rate: 0.3, seed: 7, name: 'drop' }),
        shape: [40, 2, 3],
        noiseShape: [40, 1, 1],
      },
      {
        layer: new StochasticDepth({ dropPathRate: 0.3, seed: 7, name: 'drop' }),
        shape: [40, 2, 3],
        noiseShape: [40, 1, 1],
      },
      {
        layer: new StochasticDepth({ survivalProbability: 0.75, seed: 7, name: 'drop' }),
        shape: [40, 2],
        noiseShape: [40, 1],
      },
    ])(
      '$layer.constructor.className of $shape draws $noiseShape, call after call',
      async ({ layer, shape, noiseShape }) => {
        const x = input(shape, 2)
        for (let step = 0; step < 3; step++) {
          const y = tf.tidy(() => layer.apply(tensorOf(x, shape), ON) as tf.Tensor)
          const draw: Draw = { shape, rate: layer.rate, noiseShape, seed: 7, stream: STREAM_OF_DROP, step }
          expectSameBits(await taken(y), judgeDropout(x, draw), { shape, what: `step ${step}` })
        }
      },
    )

    test('it is off outside of training, and on in all calls with alwaysOn', async () => {
      const x = input([3, 50], 2)
      const run = (layer: Layer) => taken(tf.tidy(() => layer.apply(tensorOf(x, [3, 50])) as tf.Tensor))
      expectSameBits(await run(new Dropout({ rate: 0.5, seed: 1 })), x)
      const draw = { shape: [3, 50], rate: 0.5, seed: 1, stream: STREAM_OF_DROP }
      const layer = new Dropout({ rate: 0.5, seed: 1, alwaysOn: true, name: 'drop' })
      expectSameBits(await run(layer), judgeDropout(x, { ...draw, step: 0 }))
      expectSameBits(await run(layer), judgeDropout(x, { ...draw, step: 1 }))
    })

    test('resetStates begins the sequence of masks anew', async () => {
      const layer = new Dropout({ rate: 0.5, seed: 1, name: 'drop' })
      const run = () => taken(tf.tidy(() => layer.apply(tf.ones([99]), ON) as tf.Tensor))
      const first = [await run(), await run()]
      expect(first[0]).not.toEqual(first[1])
      layer.resetStates()
      expect([await run(), await run()]).toEqual(first)
    })

    test('a rate of 0 gives the input and a rate of 1 zeros, NaN or not', async () => {
      const x = input([99], 1, 'half')
      const run = (rate: number) =>
        taken(tf.tidy(() => new Dropout({ rate }).apply(tensorOf(x, [99]), ON) as tf.Tensor))
      expectSameBits(await run(0), x)
      expectSameBits(await run(1), new Uint32Array(99))
    })

    test('without a seed, two layers and two copies of one layer draw different masks', async () => {
      const a = new Dropout({ rate: 0.5, name: 'drop' })
      const b = tfl.layers.Layer.fromConfig(Dropout, a.getConfig()) as Layer
      const run = (layer: Layer) => taken(tf.tidy(() => layer.apply(tf.ones([99]), ON) as tf.Tensor))
      expect(await run(a)).not.toEqual(await run(b))
    })

    test('a negative seed, which Keras allows, is its two’s complement', async () => {
      const x = input([99], 1)
      const layer = new Dropout({ rate: 0.5, seed: -3, name: 'drop' })
      const y = tf.tidy(() => layer.apply(tensorOf(x, [99]), ON) as tf.Tensor)
      const draw = { shape: [99], rate: 0.5, seed: 2n ** 64n - 3n, stream: STREAM_OF_DROP }
      expectSameBits(await taken(y), judgeDropout(x, draw))
    })

    test('two layers of one seed share no mask, whether TensorFlow.js or the user named them', async () => {
      const config = { rate: 0.5, seed: 42 }
      const all = [
        new Dropout(config),
        new Dropout(config),
        new Dropout({ ...config, name: 'a' }),
        new Dropout({ ...config, name: 'b' }),
        new Dropout({ ...config, stream: 0 }),
        new Dropout({ ...config, stream: 1 }),
      ]
      const masks: string[] = []
      for (const layer of all) {
        masks.push(String(await taken(tf.tidy(() => layer.apply(tf.ones([99]), ON) as tf.Tensor))))
      }
      expect(new Set(masks).size).toBe(all.length)
    })

    test('seedDropout numbers the layers of nested models and wrappers, so that none share a mask and models repeat', async () => {
      const inner = () =>
        tfl.sequential({ layers: [new Dropout({ rate: 0.5, seed: 1, name: 'same', inputShape: [3, 9] })] })
      const build = () =>
        tfl.sequential({
          layers: [
            inner(),
            inner(),
            tfl.layers.timeDistributed({ layer: new Dropout({ rate: 0.5, seed: 1 }) }),
            new Dropout({ rate: 0.5, seed: 1 }),
          ],
        })
      const streams = (model: tfl.LayersModel) =>
        JSON.stringify(model.toJSON(null, false)).match(/"stream":\d+/g)
      const [a, b] = [build(), build()]
      seedDropout(a, 5)
      seedDropout(b, 5)
      expect(streams(a)).toEqual(['"stream":0', '"stream":1', '"stream":2', '"stream":3'])
      const run = (model: Layer) => taken(tf.tidy(() => model.apply(tf.ones([2, 3, 9]), ON) as tf.Tensor))
      expect(await run(a)).toEqual(await run(b))
      for (const model of [a, b]) model.dispose()
    })
  })

  test('the generator is asked for by name, survives a config, and another name is refused', async () => {
    const config = { rate: 0.3, seed: 7, name: 'drop', generator: 'native-1' } as const
    const layer = new Dropout(config)
    expect(layer.getConfig()).toMatchObject({ generator: 'native-1' })
    expect(new Dropout({ rate: 0.3 }).getConfig()).not.toHaveProperty('generator')
    const x = input([4, 9], 1)
    const tensor = tensorOf(x, [4, 9])
    const y = layer.apply(tensor, ON) as tf.Tensor
    expectSameBits(
      await taken(y),
      judgeDropout(x, { shape: [4, 9], rate: 0.3, seed: 7, stream: STREAM_OF_DROP }),
      { shape: [4, 9] },
    )
    tensor.dispose()
    // @ts-expect-error: no such version
    expect(() => new Dropout({ ...config, generator: 'native-9' })).toThrow(/native-9.*native-1/)
  })

  test('without a rate, DropPath and StochasticDepth drop half, as in keras-cv and TensorFlow Addons', () => {
    for (const Class of [DropPath, StochasticDepth]) {
      expect(new Class().rate).toBe(0.5)
      expect(new Class({ name: 'drop' }).getConfig()).toEqual({ name: 'drop', trainable: true, rate: 0.5 })
    }
  })

  describe('seedDropout', () => {
    const theirs = () => tfl.layers.dropout({ rate: 0.5, inputShape: [9] })

    test('refuses a model without a layer to seed, and says which layers it takes', () => {
      const model = tfl.sequential({ name: 'theirs', layers: [theirs()] })
      expect(() => seedDropout(model, 1)).toThrow(
        /dropout layers in 'theirs' is 0, but seedDropout needs at least one\. Call registerLayers\(\) before/,
      )
    })

    test('seeds ours where there are both', () => {
      const ours = new Dropout({ rate: 0.5 })
      seedDropout(tfl.sequential({ layers: [theirs(), ours] }), 3)
      expect(ours.getConfig()).toMatchObject({ seed: 3, stream: 0 })
    })

    test.each([
      ['no seed', undefined],
      ['a seed of null', null],
      ['a bigint', 5n],
      ['a fraction', 0.5],
    ])('refuses %s, and leaves the layers as they are', (_, seed) => {
      const ours = new Dropout({ rate: 0.5, seed: 7, inputShape: [9] })
      const model = tfl.sequential({ layers: [ours] })
      expect(() => seedDropout(model, seed as never)).toThrow(
        /seed is .*, but it must be an integer from .*\. Pass a number, e\.g\. seedDropout\(model, 42\)/,
      )
      expect(ours.getConfig()).toMatchObject({ seed: 7 })
    })

    test.each([
      ['a Promise', Promise.resolve(), /model is an object \(Promise\).*await tf\.loadLayersModel/],
      ['nothing', undefined, /model is undefined, but it must be a LayersModel or a layer/],
    ])('refuses %s for a model', (_, model, message) => {
      expect(() => seedDropout(model as never, 1)).toThrow(message)
    })
  })

  describe('a config', () => {
    const classes = [
      Dropout,
      FixedDropout,
      SpatialDropout1D,
      SpatialDropout2D,
      SpatialDropout3D,
      DropPath,
      StochasticDepth,
    ]

    test.each([
      [Dropout, { noise_shape: [null, 1] }, /config\.noise_shape is \[null, 1\].*Pass it as noiseShape\.$/],
      [FixedDropout, { noiseshape: [null, 1] }, /Pass it as noiseShape\.$/],
      [SpatialDropout2D, { data_format: 'channelsFirst' }, /Pass it as dataFormat\.$/],
      [SpatialDropout1D, { noiseShape: [null, 1, null] }, /config\.noiseShape is .*follows from dataFormat/],
      [DropPath, { drop_path_rate: 0.3 }, /Pass it as dropPathRate\.$/],
      [StochasticDepth, { noiseShape: [null, 1] }, /config\.noiseShape is .*the names are/],
      [Dropout, { input_shape: [4] }, /Pass it as inputShape\.$/],
      [Dropout, { always_on: true }, /Pass it as alwaysOn\.$/],
    ])('of %o with %o is refused', (Class, wrong, message) => {
      const make = () => new Class({ rate: 0.5, ...wrong } as never)
      expect(make).toThrow(RangeError)
      expect(make).toThrow(message)
    })

    test.each(classes)('%o refuses no config and a rate alone, with an example', (Class) => {
      for (const wrong of [null, 0.5]) {
        const make = () => new Class(wrong as never)
        expect(make).toThrow(TypeError)
        expect(make).toThrow(/config is (null|0\.5).*Pass e\.g\. \{ rate: 0\.5 \}\.$/)
      }
    })

    test.each(classes)('%o takes all that TensorFlow.js writes', (Class) => {
      const layer = new Class({
        rate: 0.5,
        seed: 1,
        stream: 2,
        alwaysOn: true,
        generator: 'native-1',
        name: 'drop',
        trainable: true,
        dtype: 'float32',
        weights: [],
        batchSize: 2,
        inputShape: [4, 4, 4, 4],
      })
      const config = layer.getConfig()
      const copy = tfl.layers.Layer.fromConfig(Class as never, config) as Layer
      expect(copy.getConfig()).toEqual(config)
    })

    test.each(['SpatialDropout1D', 'SpatialDropout2D', 'SpatialDropout3D'])(
      'of %s as Keras 2 writes it, with the noise shape of its base class, loads',
      async (className) => {
        registerLayers()
        const shape = [2, 2, 2, 2].slice(3 - Number(className.at(-2)))
        const config = {
          rate: 0.25,
          noise_shape: null,
          seed: null,
          dynamic: true,
          activity_regularizer: null,
          batch_input_shape: [null, ...shape],
        }
        const model = await load(keras2(shape, className, config))
        expect(model.layers[1].getConfig()).toMatchObject({ rate: 0.25 })
      },
    )

    test('with a name that no layer has does not load, because it would say nothing', async () => {
      registerLayers()
      const loading = load(keras2([4], 'Dropout', { rate: 0.5, keep_rows: true }))
      await expect(loading).rejects.toThrow(/config\.keepRows is true/)
    })
  })

  test.each([
    { name: 'a tensor', list: false },
    { name: 'a list of one tensor', list: true },
  ])('StochasticDepth of $name is DropPath in training, and nothing otherwise', async ({ list }) => {
    const shape = [40, 3]
    const x = input(shape, 2)
    const run = (kwargs: object) =>
      tf.tidy(() => {
        const given = tensorOf(x, shape)
        const layer = new StochasticDepth({ rate: 0.5, seed: 7, name: 'drop' })
        return tf.clone(layer.apply(list ? [given] : given, kwargs) as tf.Tensor)
      })
    const draw = { shape, noiseShape: [40, 1], rate: 0.5, seed: 7, stream: STREAM_OF_DROP }
    expectSameBits(await taken(run(ON)), judgeDropout(x, draw), { shape })
    expectSameBits(await taken(run({})), x, { shape })
  })

  test('StochasticDepth of one tensor keeps its shape in a model', () => {
    const layer = new StochasticDepth({ rate: 0.5 })
    expect((layer.apply(tfl.input({ shape: [4, 5] })) as tfl.SymbolicTensor).shape).toEqual([null, 4, 5])
  })

  describe('two branches of StochasticDepth', () => {
    const layer = () => new StochasticDepth({ rate: 0.5, seed: 3, name: 'drop' })
    const run = async (layer: Layer, kwargs = {}) =>
      Array.from(
        new Float32Array(
          (
            await taken(
              tf.tidy(() => layer.apply([tf.ones([2, 2]), tf.fill([2, 2], 4)], kwargs) as tf.Tensor),
            )
          ).buffer,
        ).slice(0, 4),
      )

    test('are added outside of training, the residual times 1 - rate', async () => {
      expect(await run(layer())).toEqual([3, 3, 3, 3])
    })

    test('are added in training with the residual whole or not at all, for the whole batch', async () => {
      const drop = layer()
      for (let step = 0; step < 20; step++) {
        const [kept] = judgeFlags({ shape: [], rate: 0.5, seed: 3, stream: STREAM_OF_DROP, step })
        expect(await run(drop, ON), `step ${step}`).toEqual(new Array(4).fill(kept ? 5 : 1))
      }
    })

    test('give a dropped residual a gradient of zero rather than none', async () => {
      const drop = new StochasticDepth({ rate: 1 })
      const f = (a: tf.Tensor, b: tf.Tensor) => tf.sum(drop.apply([a, b], ON) as tf.Tensor)
      const [da, db] = tf.tidy(() => tf.grads(f)([tf.ones([3]), tf.ones([3])]))
      expect(await da.array()).toEqual([1, 1, 1])
      expect(await db.array()).toEqual([0, 0, 0])
      tf.dispose([da, db])
    })

    test('in a model have the shape of one', () => {
      const inputs = [tfl.input({ shape: [4] }), tfl.input({ shape: [4] })]
      expect((layer().apply(inputs) as tfl.SymbolicTensor).shape).toEqual([null, 4])
    })
  })

  describe('a Keras model', () => {
    test.each([
      ['Dropout', { rate: 0.5, noise_shape: [null, 1, 1, 4], seed: 3 }, Dropout],
      ['FixedDropout', { rate: 0.2, noise_shape: [null, 1, 1, 1], seed: null }, FixedDropout],
      ['SpatialDropout2D', { rate: 0.25, seed: 7, data_format: 'channels_last' }, SpatialDropout2D],
      ['SpatialDropout1D', { rate: 0.25, seed: null }, SpatialDropout1D, [8, 4]],
      ['StochasticDepth', { drop_path_rate: 0.1 }, StochasticDepth],
      ['keras_cv>DropPath', { rate: 0.1 }, DropPath],
      ['Addons>StochasticDepth', { survival_probability: 0.9 }, StochasticDepth],
      ['Custom>FixedDropout', { rate: 0.2, noise_shape: [null, 1, 1, 1], seed: null }, FixedDropout],
    ])(
      'with %s %o loads, and is written as it was read',
      async (className, config, Class, shape = [8, 8, 4]) => {
        registerLayers()
        registerLayers()
        const model = await load(keras2(shape, className, config))
        const layer = model.layers[1]
        expect(layer).toBeInstanceOf(Class)
        const written = (model.toJSON(null, false) as unknown as KerasModel).config.layers[1]
        expect(written.class_name).toBe(className.split('>').at(-1))
        expect(written.config).toMatchObject(config)
        const again = await load(model.toJSON(null, false) as object)
        expect(again.layers[1].getConfig()).toEqual(layer.getConfig())
      },
    )

    test.each([
      ['SpatialDropout1D', [6, 4], { rate: 0.25, seed: 7 }, [5, 1, 4]],
      ['SpatialDropout2D', [4, 6, 6], { rate: 0.25, seed: 7, data_format: 'channels_first' }, [5, 4, 1, 1]],
      ['SpatialDropout3D', [2, 3, 2, 4], { rate: 0.25, seed: 7, data_format: null }, [5, 1, 1, 1, 4]],
    ])('with %s of %o trains with the noise shape of Keras', async (className, shape, config, noiseShape) => {
      registerLayers()
      const model = await load(keras2(shape, className, config))
      const whole = [5, ...shape]
      const x = input(whole, 3)
      const y = tf.tidy(() => model.apply(tensorOf(x, whole), ON) as tf.Tensor)
      const draw = { shape: whole, rate: 0.25, noiseShape, seed: 7, stream: STREAM_OF_DROP }
      expectSameBits(await taken(y), judgeDropout(x, draw), { shape: whole })
    })

    test('written by Keras 3 loads, given an InputLayer that TensorFlow.js accepts', async () => {
      registerLayers()
      const dtype = {
        module: 'keras',
        class_name: 'DTypePolicy',
        config: { name: 'float32' },
        registered_name: null,
      }
      const topology = keras2(
        [8, 8, 4],
        'SpatialDropout2D',
        { seed: 7, data_format: 'channels_last', rate: 0.25 },
        [
          {
            module: 'keras.layers',
            class_name: 'Dropout',
            config: { name: 'd', trainable: true, dtype, rate: 0.5, seed: 3, noise_shape: [null, 1, 1, 4] },
            registered_name: null,
            build_config: { input_shape: [null, 8, 8, 4] },
          },
        ],
      )
      const model = await load({ module: 'keras', registered_name: null, ...topology })
      expect(model.layers[1]).toBeInstanceOf(SpatialDropout2D)
      expect(model.layers[2].getConfig()).toMatchObject({ rate: 0.5, seed: 3, noiseShape: [null, 1, 1, 4] })
    })

    test('whose dropout was called with training=True drops in predict, as in Keras', async () => {
      registerLayers()
      const x = input([3, 30], 3)
      const run = async (kwargs: object) => {
        const model = await load({
          class_name: 'Functional',
          config: {
            name: 'model',
            layers: [
              {
                class_name: 'InputLayer',
                name: 'in',
                inbound_nodes: [],
                config: { batch_input_shape: [null, 30], dtype: 'float32', name: 'in' },
              },
              {
                class_name: 'Dropout',
                name: 'drop',
                inbound_nodes: [[['in', 0, 0, kwargs]]],
                config: { name: 'drop', rate: 0.5, seed: 7, noise_shape: null },
              },
            ],
            input_layers: [['in', 0, 0]],
            output_layers: [['drop', 0, 0]],
          },
        })
        return taken(tf.tidy(() => model.predict(tensorOf(x, [3, 30])) as tf.Tensor))
      }
      const draw = { shape: [3, 30], rate: 0.5, seed: 7, stream: STREAM_OF_DROP }
      expectSameBits(await run({ training: true }), judgeDropout(x, draw))
      expectSameBits(await run({}), x)
      expectSameBits(await run({ training: false }), x)
    })

    test('loads weights too, with tf.loadLayersModel', async () => {
      registerLayers()
      const kernel = new Float32Array(12).fill(0.5)
      const handler: tf.io.IOHandler = {
        load: async () => ({
          modelTopology: keras2([4], 'Dropout', { rate: 0.5, noise_shape: null, seed: null }, [
            { class_name: 'Dense', config: { name: 'dense', units: 3, use_bias: false } },
          ]),
          weightSpecs: [{ name: 'dense/kernel', shape: [4, 3], dtype: 'float32' }],
          weightData: kernel.buffer,
        }),
      }
      const model = await tfl.loadLayersModel(handler)
      const y = tf.tidy(() => model.predict(tf.ones([1, 4])) as tf.Tensor)
      expect(await y.array()).toEqual([[2, 2, 2]])
      y.dispose()
      model.dispose()
    })

    test('alwaysOn and stream are in the config only where they were asked for', () => {
      expect(Object.keys(new Dropout({ rate: 0.5 }).getConfig()).sort()).toEqual(
        ['name', 'noiseShape', 'rate', 'seed', 'trainable'].sort(),
      )
      expect(Object.keys(new StochasticDepth({ dropPathRate: 0.5 }).getConfig()).sort()).toEqual([
        'dropPathRate',
        'name',
        'trainable',
      ])
      const config = { rate: 0.5, seed: 2, stream: 9, alwaysOn: true, name: 'x' }
      expect(new Dropout(config).getConfig()).toMatchObject(config)
    })
  })

  test.each([
    ['a rate of 1.7', () => new Dropout({ rate: 1.7 }), /rate is 1.7, but it must lie in \[0, 1\]/],
    ['no rate', () => new Dropout({} as never), /rate is undefined/],
    ['a rate of null', () => new DropPath({ rate: null as never }), /rate is null/],
    ['a fraction as seed', () => new Dropout({ rate: 0.5, seed: 0.5 }), /seed is 0.5/],
    [
      'a word as noise shape',
      () => new Dropout({ rate: 0.5, noiseShape: 'Invalid' as never }),
      /noiseShape is 'Invalid', but it must be an array\. Leave it out .*\[null, 1, null\]/,
    ],
    [
      'a number as noise shape',
      () => new Dropout({ rate: 0.5, noiseShape: 5 as never }),
      /noiseShape is 5, but it must be an array/,
    ],
    [
      'a fraction in a noise shape',
      () => new Dropout({ rate: 0.5, noiseShape: [20, 1.5, 10] }),
      /noiseShape\[1\] is 1.5, but it must be an integer from 1.*Pass 1 .* or null/,
    ],
    [
      'a 0 in a noise shape',
      () => new FixedDropout({ rate: 0.5, noiseShape: [20, 0, 10] }),
      /noiseShape\[1\] is 0, but it must be an integer from 1/,
    ],
    [
      'a word in a noise shape',
      () => new Dropout({ rate: 0.5, noiseShape: [null, '1'] as never }),
      /noiseShape\[1\] is '1', but it must be an integer from 1/,
    ],
    [
      'a bigint as seed, which has no place in JSON',
      () => new Dropout({ rate: 0.5, seed: 5n as never }),
      /seed is 5n/,
    ],
    [
      'a data format',
      () => new SpatialDropout2D({ rate: 0.5, dataFormat: 'nhwc' as never }),
      /dataFormat is 'nhwc'/,
    ],
    [
      'a rank',
      () => new SpatialDropout2D({ rate: 0.5 }).apply(tf.zeros([2, 3])),
      /expected ndim=4, found ndim=2/,
    ],
    [
      'three branches',
      () => new StochasticDepth({ rate: 0.5 }).apply([1, 2, 3].map((n) => tf.scalar(n))),
      /number of inputs is 3/,
    ],
  ])('%s is refused', (_, run, message) => {
    expect(() => tf.tidy(run as () => void)).toThrow(message)
  })
})
