/** Options objects: a name that an entry does not know is refused, and each entry says what to pass to it. */

import { describe, expect, test } from 'vitest'
import * as cpu from '../../src/cpu/index.js'
import { createEngine } from '../../src/index.js'
import { type MonteCarloOptions, monteCarlo } from '../../src/monte-carlo/index.js'
import { createMonteCarloSession, makeStochastic, type OrtModule } from '../../src/onnx/index.js'
import { dropoutOnly } from '../support/onnx-models'
import { caught, expectRefusal } from '../support/refusals'

const engine = await createEngine({ backend: 'cpu' })
const model = dropoutOnly([6, 16], 0.5)
const ort = { InferenceSession: {}, Tensor: {}, env: {} } as unknown as OrtModule
const six = () => new Float32Array(6)
const draw = { shape: [2, 3], rate: 0.5, seed: 1 }
const image = { shape: [1, 1, 2, 3], rate: 0.5, seed: 1 }
const samples = { samples: 2, seed: 1, forward: six }

type Entry = (options: unknown) => unknown

const DROPOUTS: Record<string, Entry> = {
  'noiseshape/cpu dropout': (options) => cpu.dropout(six(), options as never),
  'noiseshape/cpu mask': (options) => cpu.mask(options as never),
  'noiseshape/cpu noise': (options) => cpu.noise(options as never),
  'engine.dropout': (options) => engine.dropout(six(), options as never),
  'engine.mask': (options) => engine.mask(options as never),
  'engine.noise': (options) => engine.noise(options as never),
}

const onCpu = { ...cpu }
const SPATIAL = ([1, 2, 3] as const).flatMap((dims) => {
  const name = `spatialDropout${dims}D` as const
  const shape = [...new Array(dims + 1).fill(1), 6]
  return [
    { name: `noiseshape/cpu ${name}`, dims, shape, call: (o: unknown) => onCpu[name](six(), o as never) },
    { name: `engine.${name}`, dims, shape, call: (o: unknown) => engine[name](six(), o as never) },
  ]
})

async function refusal(call: Entry, options: unknown): Promise<Error> {
  return caught(async () => call(options))
}

describe.each(Object.entries(DROPOUTS))('%s', (_, call) => {
  test.each(['noise_shape', 'noiseshape', 'NoiseShape', 'noiseShapes', 'noisShape'])(
    '%s is refused, and noiseShape named',
    async (name) => {
      const error = await refusal(call, { ...draw, [name]: [null, 1] })
      expectRefusal(error, RangeError, [`options.${name} is [null, 1]`, /Pass it as noiseShape\.$/])
    },
  )

  test('a name that is near to none is refused, and all names listed', async () => {
    const error = await refusal(call, { ...draw, dataFormat: 'channelsLast' })
    expectRefusal(error, RangeError, [
      "options.dataFormat is 'channelsLast'",
      'shape, rate, noiseShape, oneMaskForBatch, generator, seed, stream, step, cellOffset',
    ])
  })

  test('an unknown name is refused with the value undefined too', async () => {
    const error = await refusal(call, { ...draw, noise_shape: undefined })
    expectRefusal(error, RangeError, ['options.noise_shape is undefined', 'noiseShape'])
  })

  test('names of a prototype and symbols are no options', async () => {
    class Options {
      shape = [2, 3]
      rate = 0.5
      seed = 1
      get noise_shape() {
        return this.shape
      }
    }
    await call(new Options())
    await call(Object.assign(Object.create({ noise_shape: [null, 1] }), draw))
    await call({ ...draw, [Symbol('noise_shape')]: [null, 1] })
  })
})

describe.each(SPATIAL)('$name', ({ dims, shape, call }) => {
  const layer = { shape, rate: 0.5, seed: 1 }

  test('the control passes', async () => {
    expect(await call({ ...layer, dataFormat: 'channelsLast' })).toHaveLength(6)
  })

  test('noiseShape is refused: the names are dataFormat and others', async () => {
    const error = await refusal(call, { ...layer, noiseShape: [null, 1, null] })
    expectRefusal(error, RangeError, ['options.noiseShape is [null, 1, null]', 'shape, rate, dataFormat'])
  })

  test('data_format is refused, and dataFormat named', async () => {
    const error = await refusal(call, { ...layer, data_format: 'channels_first' })
    expectRefusal(error, RangeError, ["options.data_format is 'channels_first'", /Pass it as dataFormat\.$/])
  })

  test('an example of its own rank is what no options are answered with', async () => {
    const { message } = await refusal(call, undefined)
    const [, example] = message.match(/Pass e\.g\. \{ shape: \[(.*)\], rate: 0\.5, seed: 42 \}/) ?? []
    expect(example?.split(', '), message).toHaveLength(dims + 2)
  })
})

test('output is an option where values are written to it, and nowhere else', async () => {
  const output = six()
  expect(cpu.dropout(six(), { ...draw, output })).toBe(output)
  expect(cpu.spatialDropout2D(six(), { ...image, output })).toBe(output)
  for (const call of [
    () => engine.dropout(six(), { ...draw, output } as never),
    () => engine.spatialDropout2D(six(), { ...image, output } as never),
    async () => cpu.mask({ ...draw, output } as never),
    async () => cpu.noise({ ...draw, output } as never),
  ]) {
    expectRefusal(await caught(call), RangeError, ['options.output is an object (Float32Array)', 'seed'])
  }
})

describe('other entries', () => {
  test.each<[string, Entry, object, (string | RegExp)[]]>([
    [
      'createEngine',
      (o) => createEngine(o as never),
      { backends: 'cpu' },
      ["options.backends is 'cpu'", /backend\./],
    ],
    [
      'createEngine',
      (o) => createEngine(o as never),
      { powerPreference: 'low-power' },
      [/are backend, device\./],
    ],
    ['monteCarlo', (o) => monteCarlo(engine, o as never), { ...samples, first_step: 1 }, ['firstStep']],
    ['monteCarlo', (o) => monteCarlo(engine, o as never), { ...samples, output: 'logits' }, [/as outputs\./]],
    ['makeStochastic', (o) => makeStochastic(model, o as never), { noise_shape: [1] }, ['noiseShape']],
    ['makeStochastic', (o) => makeStochastic(model, o as never), { seed: 1 }, ['points, rate, noiseShape']],
    [
      'a point',
      (o) => makeStochastic(model, { points: [o as never] }),
      { node: 'a', noise_shape: [1] },
      ['points[0].noise_shape is [1]', /Pass it as noiseShape\./],
    ],
    [
      'createMonteCarloSession',
      (o) => createMonteCarloSession(ort, model, o as never),
      { executionProvider: ['wasm'] },
      ["options.executionProvider is ['wasm']", /as executionProviders\./],
    ],
    [
      'createMonteCarloSession',
      (o) => createMonteCarloSession(ort, model, o as never),
      { noise_shape: [1] },
      ['noiseShape'],
    ],
  ])('%s refuses an unknown name: %#', async (_, call, options, says) => {
    expectRefusal(await refusal(call, options), RangeError, says)
  })

  test.each<[string, Entry, string]>([
    [
      'noiseshape/cpu dropout',
      (o) => cpu.dropout(six(), o as never),
      '{ shape: [2, 3], rate: 0.5, seed: 42 }',
    ],
    ['engine.dropout', (o) => engine.dropout(six(), o as never), '{ shape: [2, 3], rate: 0.5, seed: 42 }'],
    ['engine.mask', (o) => engine.mask(o as never), '{ shape: [2, 3], rate: 0.5, seed: 42 }'],
    ['createEngine', (o) => createEngine(o as never), "{ backend: 'webgpu' }"],
    ['monteCarlo', (o) => monteCarlo(engine, o as MonteCarloOptions), '{ samples: 100, seed: 42, forward:'],
    [
      'makeStochastic',
      (o) => makeStochastic(model, o as never),
      "{ points: [{ tensor: 'relu_1', rate: 0.2 }] }",
    ],
    ['a point', (o) => makeStochastic(model, { points: [o as never] }), "[{ tensor: 'relu_1', rate: 0.2 }]"],
    [
      'createMonteCarloSession',
      (o) => createMonteCarloSession(ort, model, o as never),
      "{ points: [{ tensor: 'relu_1', rate: 0.2 }] }",
    ],
  ])('%s says what it takes', async (_, call, example) => {
    for (const wrong of [null, 'webgpu', 0.5, [0.5], six()]) {
      expectRefusal(await refusal(call, wrong), TypeError, ['object', 'Pass e.g.', example])
    }
  })
})
