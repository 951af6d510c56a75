/** Convolutions of noise with one value per channel, whose parts are computed once, against separate runs of the whole model. */

import { noise } from 'noiseshape/cpu'
import { type MonteCarloSessionOptions, makeStochastic, type PredictOptions } from 'noiseshape/onnx'
import * as ort from 'onnxruntime-web'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { attribute, encode, floats, type GraphInit, info, node } from '../support/onnx-models'
import { useWasm } from '../support/onnx-wasm'

const { open, release } = useWasm()
afterEach(() => void vi.restoreAllMocks())

const size = (dims: number[]) => dims.reduce((a, b) => a * b, 1)
const values = (dims: number[], seed: number) =>
  Array.from({ length: size(dims) }, (_, i) => Math.sin(seed * 12.9 + i * 7.3))
const weights = (name: string, ...dims: number[]) => floats(name, dims, values(dims, name.length))
const images = (...dims: number[]) => new ort.Tensor('float32', Float32Array.from(values(dims, 3)), dims)
const integers = (name: string, ...numbers: number[]) => attribute(name, numbers.map(BigInt))

const RATE = floats('rate', [], [0.4])

/** Channels of x, dropped as wholes, into a convolution. */
const network = (attributes: ReturnType<typeof attribute>[] = [], more: GraphInit = {}): GraphInit => ({
  name: 'network',
  node: [
    node('Relu', ['x'], ['maps']),
    node('Dropout', ['maps', 'rate'], ['dropped']),
    node('Conv', ['dropped', 'K', 'b'], ['y'], { attribute: attributes }),
  ],
  input: [info('x', ['n', 3, 6, 5])],
  output: [info('y')],
  initializer: [weights('K', 4, 3, 3, 2), weights('b', 4), RATE],
  ...more,
})

const PER_CHANNEL: MonteCarloSessionOptions = {
  points: [{ node: 'dropped', noiseShape: [null, null, 1, 1] }],
}
const SHAPE = [2, 3, 1, 1]

/** The outputs of separate runs of the whole model. */
async function separateRuns(
  model: Uint8Array,
  x: ort.Tensor,
  samples: number,
  shape = SHAPE,
  options = PER_CHANNEL,
) {
  const stochastic = makeStochastic(model, { points: options.points })
  const session = release(
    await ort.InferenceSession.create(stochastic.model, {
      executionProviders: ['wasm'],
      logSeverityLevel: 4,
    }),
  )
  const outputs: number[][] = []
  const [{ name, rate, stream }] = stochastic.inputs
  for (let step = 0; step < samples; step++) {
    const drawn = new ort.Tensor('float32', noise({ shape, rate, seed: 5, stream, step }), shape)
    const { y } = await session.run({ x, [name]: drawn })
    outputs.push([...(y.data as Float32Array)])
  }
  return outputs
}

/** Predicts, and compares each sample; returns the dims of what the last run was fed. */
async function expectSamples(
  model: Uint8Array,
  x: ort.Tensor,
  given: Partial<PredictOptions> = {},
  shape = SHAPE,
  options = PER_CHANNEL,
) {
  let fed: readonly (readonly number[])[] = []
  const { create } = ort.InferenceSession
  vi.spyOn(ort.InferenceSession, 'create').mockImplementation((async (bytes: Uint8Array, options: object) => {
    const session = await create.call(ort.InferenceSession, bytes, options)
    const { run } = session
    session.run = ((feeds: Record<string, ort.Tensor>, ...rest: []) => {
      fed = Object.values(feeds).map(({ dims }) => dims)
      return run.call(session, feeds, ...(rest as unknown as [string[]]))
    }) as typeof run
    return session
  }) as typeof create)
  const session = await open(model, options)
  const { keptSamples } = await session.predict({ x }, { samples: 5, seed: 5, keepSamples: true, ...given })
  const dims = fed
  vi.restoreAllMocks()
  const expected = (await separateRuns(model, x, 5, shape, options)).flat()
  expect(keptSamples).toHaveLength(expected.length)
  const wrong = expected.findIndex((value, i) => !(Math.abs((keptSamples?.[i] ?? Number.NaN) - value) < 1e-5))
  expect(wrong, 'place of the first value that differs').toBe(-1)
  return dims
}

describe('a convolution of channels that are dropped as wholes', () => {
  // 4 filters at 4 x 4 places, of each of 3 channels
  const PARTS = [2, 3, 4 * 4 * 4]

  test('sums the parts of its channels, which all samples share', async () => {
    const fed = await expectSamples(encode(network()), images(2, 3, 6, 5))
    expect(fed).toContainEqual(PARTS)
    expect(fed).toContainEqual([5 * 2, 3, 1, 1])
  })

  test.each<[string, Partial<PredictOptions>, number[]?]>([
    ['one sample at a time', { samplesPerRun: 1 }],
    ['some samples at a time', { samplesPerRun: 2 }],
    ['one mask for the batch', { oneMaskForBatch: true }, [1, 3, 1, 1]],
    [
      'one mask for the batch and one sample at a time',
      { oneMaskForBatch: true, samplesPerRun: 1 },
      [1, 3, 1, 1],
    ],
  ])('does so with %s', async (_, options, shape) => {
    expect(await expectSamples(encode(network()), images(2, 3, 6, 5), options, shape)).toContainEqual(PARTS)
  })

  test.each<[string, GraphInit, number[]]>([
    [
      'strides, pads and dilations',
      network([integers('strides', 2, 1), integers('pads', 1, 0, 2, 1), integers('dilations', 1, 2)]),
      [6, 5],
    ],
    [
      'pads like the input',
      network([{ name: 'auto_pad', type: 3, s: new TextEncoder().encode('SAME_UPPER') }]),
      [6, 5],
    ],
    [
      'one dim of places',
      network([], {
        input: [info('x', ['n', 3, 9])],
        initializer: [weights('K', 4, 3, 5), weights('b', 4), RATE],
      }),
      [9],
    ],
    [
      'no bias, and other readers of what is dropped',
      network([], {
        node: [
          ...(network().node ?? []).slice(0, 2),
          node('Conv', ['dropped', 'K'], ['one']),
          node('Conv', ['dropped', 'K2'], ['two']),
          node('GlobalAveragePool', ['dropped'], ['three']),
          ...['one', 'two', 'three'].map((name) => node('Flatten', [name], [`flat ${name}`])),
          node('Concat', ['flat one', 'flat two', 'flat three'], ['y'], {
            attribute: [attribute('axis', 1n)],
          }),
        ],
        initializer: [weights('K', 4, 3, 3, 2), weights('K2', 2, 3, 2, 2), RATE],
      }),
      [6, 5],
    ],
  ])('has its outputs with %s', async (_, graph, places) => {
    const points = [{ node: 'dropped', noiseShape: [null, null, ...places.map(() => 1)] }]
    const shape = [1, 3, ...places.map(() => 1)]
    const fed = await expectSamples(encode(graph), images(1, 3, ...places), {}, shape, { points })
    expect(
      fed.filter(([rows, channels, ...rest]) => rows === 1 && channels === 3 && rest.length === 1),
    ).not.toEqual([])
  })

  test('takes an empty batch', async () => {
    const session = await open(encode(network()), PER_CHANNEL)
    for (const oneMaskForBatch of [false, true]) {
      const { dims } = await session.predict(
        { x: images(0, 3, 6, 5) },
        { samples: 3, seed: 5, oneMaskForBatch },
      )
      expect(dims).toEqual([0, 4, 4, 4])
    }
  })
})

test.each<[string, GraphInit, MonteCarloSessionOptions, number[]]>([
  ['noise of each value', network(), { points: [{ node: 'dropped' }] }, [2, 3, 6, 5]],
  [
    'noise of each example',
    network(),
    { points: [{ node: 'dropped', noiseShape: [null, 1, 1, 1] }] },
    [2, 1, 1, 1],
  ],
  [
    'a convolution in groups',
    network([attribute('group', 3n)], { initializer: [weights('K', 6, 1, 3, 2), weights('b', 6), RATE] }),
    PER_CHANNEL,
    SHAPE,
  ],
  [
    'a window of one place',
    network([], { initializer: [weights('K', 4, 3, 1, 1), weights('b', 4), RATE] }),
    PER_CHANNEL,
    SHAPE,
  ],
  [
    'a convolution whose parts are large', // 3 channels x 11 000 filters x 16 places x 4 bytes: above 2 MiB
    network([], { initializer: [weights('K', 11_000, 3, 3, 2), weights('b', 11_000), RATE] }),
    PER_CHANNEL,
    SHAPE,
  ],
])('%s is left as it is', async (_, graph, options, shape) => {
  const fed = await expectSamples(encode(graph), images(2, 3, 6, 5), {}, shape, options)
  expect(
    fed.map(({ length }) => length),
    'no list of parts',
  ).not.toContain(3)
})
