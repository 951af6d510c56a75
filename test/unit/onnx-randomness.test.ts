/** A model comes out with no randomness but the noise: what PyTorch exports for dropout, and what else is random. */

import { makeStochastic, OnnxModelError, pointsFrom, type StochasticOptions } from 'noiseshape/onnx'
import * as ort from 'onnxruntime-web'
import { describe, expect, test } from 'vitest'
import { expectSameBits, floats } from '../support/compare'
import { type Draw, judgeDropout } from '../support/judge'
import {
  attribute,
  BOOL,
  floats as constant,
  decode,
  encode,
  FLOAT,
  type GraphInit,
  INT64,
  info,
  node,
} from '../support/onnx-models'
import { useWasm } from '../support/onnx-wasm'

const { open, release } = useWasm()

/** The noise by definition: dropout of ones. */
const noise = (draw: Draw) =>
  floats(judgeDropout(new Uint32Array(draw.shape.reduce((a, b) => a * b, 1)).fill(0x3f800000), draw))

const ones = (...dims: number[]) =>
  new ort.Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(1), dims)

const cast = (from: string, to: string, type: number = FLOAT) =>
  node('Cast', [from], [to], { attribute: [attribute('to', BigInt(type))] })
const list = (name: string, ...values: number[]) => ({
  ...{ name, dataType: INT64, dims: [BigInt(values.length)] },
  int64Data: values.map(BigInt),
})

type Nodes = NonNullable<GraphInit['node']>

const SIZES = ['n', 3, 4]

/** y = x after the nodes; with lists and numbers that they read. */
const model = (nodes: Nodes, rest: GraphInit = {}, opset = 18) =>
  encode(
    {
      node: nodes,
      input: [info('x', SIZES)],
      output: [info('y', SIZES)],
      initializer: [
        constant('keep', [], [Math.fround(0.7)]),
        constant('drop', [], [Math.fround(0.3)]),
        constant('inverse', [], [Math.fround(1 / 0.7)]),
        constant('zero', [], [0]),
        constant('seven', [1], [Math.fround(0.7)]),
        list('one', 1),
        list('ones', 1, 1),
        list('three', 3),
      ],
      ...rest,
    },
    opset,
  )

const ops = (bytes: Uint8Array, options?: StochasticOptions) =>
  decode(makeStochastic(bytes, options).model).graph?.node.map(({ opType }) => opType)

/** [n, 1, 1], computed as exporters do: the batch of x, and ones. */
const rowShape = (): Nodes => [
  node('Shape', ['x'], ['batch'], { attribute: [attribute('start', 0n), attribute('end', 1n)] }),
  node('Concat', ['batch', 'ones'], ['cells'], { attribute: [attribute('axis', 0n)] }),
]
const empty = (): Nodes => [...rowShape(), node('ConstantOfShape', ['cells'], ['e'])]

const PATTERNS: { name: string; nodes: Nodes; noiseShape?: (number | null)[] }[] = [
  {
    name: 'dropout in place, by the dynamo exporter',
    nodes: [
      node('RandomUniformLike', ['x'], ['u']),
      node('Less', ['u', 'keep'], ['b']),
      cast('b', 'f'),
      node('Div', ['f', 'keep'], ['m']),
      node('Mul', ['x', 'm'], ['y']),
    ],
  },
  {
    name: 'StochasticDepth, by the dynamo exporter',
    nodes: [
      ...empty(),
      node('RandomUniformLike', ['e'], ['u']),
      node('Less', ['u', 'keep'], ['b']),
      cast('b', 'f'),
      node('Div', ['f', 'keep'], ['m']),
      node('Mul', ['x', 'm'], ['y']),
    ],
    noiseShape: [null, 1, 1],
  },
  {
    name: 'SpatialDropout1D, drawn by Bernoulli from a full tensor',
    nodes: [
      node('Shape', ['x'], ['rows'], { attribute: [attribute('end', 2n)] }),
      node('Concat', ['rows', 'one'], ['cells'], { attribute: [attribute('axis', 0n)] }),
      node('Expand', ['keep', 'cells'], ['p']),
      node('Bernoulli', ['p'], ['f']),
      node('Div', ['f', 'keep'], ['m']),
      node('Mul', ['m', 'x'], ['y']),
    ],
    noiseShape: [null, null, 1],
  },
  {
    name: 'the tensor divided first, and the numbers floored, as in older timm and TensorFlow',
    nodes: [
      ...empty(),
      node('RandomUniformLike', ['e'], ['u']),
      node('Add', ['keep', 'u'], ['k']),
      node('Floor', ['k'], ['f']),
      node('Div', ['x', 'keep'], ['d']),
      node('Mul', ['d', 'f'], ['y']),
    ],
    noiseShape: [null, 1, 1],
  },
  {
    name: 'a mask of what is dropped, negated, and a product with the scale',
    nodes: [
      node('RandomUniformLike', ['x'], ['u']),
      node('Greater', ['drop', 'u'], ['b']),
      node('Not', ['b'], ['k']),
      cast('k', 'f'),
      node('Mul', ['inverse', 'f'], ['m']),
      node('Mul', ['x', 'm'], ['y']),
    ],
  },
  {
    name: 'a choice between the scaled tensor and zero, in the shape of a reshaped draw',
    nodes: [
      node('RandomUniform', [], ['u'], { attribute: [attribute('shape', [3n])] }),
      node('GreaterOrEqual', ['u', 'drop'], ['b']),
      node('Unsqueeze', ['b', 'one'], ['k']),
      node('Mul', ['x', 'inverse'], ['d']),
      node('Where', ['k', 'd', 'zero'], ['y']),
    ],
    noiseShape: [null, 1],
  },
]

describe('random nodes that are dropout', () => {
  test.each(PATTERNS)('are a point with rate and noise shape: $name', async ({ nodes, noiseShape }) => {
    const session = await open(model(nodes))
    const stated = noiseShape ?? [null, null, null]
    expect(session.points).toMatchObject([{ node: 'y', tensor: 'x', rate: 0.3 }])
    expect(session.points[0].noiseShape.slice(-stated.length)).toEqual(stated)
    const { mean } = await session.predict({ x: ones(5, 3, 4) }, { samples: 1, seed: 9 })
    const drawn = [5, 3, 4].map((size, axis) => (stated[axis - 3 + stated.length] === null ? size : 1))
    const cells = noise({ shape: drawn, rate: 0.3, seed: 9 })
    const strides = drawn.map((size, axis) =>
      size === 1 ? 0 : drawn.slice(axis + 1).reduce((a, b) => a * b, 1),
    )
    const expected = Float32Array.from({ length: 60 }, (_, i) => {
      const place = [Math.floor(i / 12), Math.floor(i / 4) % 3, i % 4]
      return cells[place.reduce((sum, at, axis) => sum + at * strides[axis], 0)]
    })
    expectSameBits(mean, expected)
  })

  test.each(PATTERNS)('leave nothing random behind: $name', ({ nodes }) => {
    const operators = ops(model(nodes)) ?? []
    expect(operators.filter((name) => /Random|Bernoulli/.test(name))).toEqual([])
    expect(operators.at(-1)).toBe('Mul')
    // What only they read is gone; the model's own nodes stay.
    expect(
      operators.filter((name) => /Less|Greater|Floor|Not|Where|Expand|ConstantOfShape/.test(name)),
    ).toEqual([])
  })

  test('keep what something else reads', () => {
    const [drawing, ...others] = PATTERNS[1].nodes
    const bytes = model([drawing, ...others, node('Relu', ['e'], ['z'])], {
      output: [info('y', SIZES), info('z', ['n', 1, 1])],
    })
    expect(ops(bytes)).toEqual(['Shape', 'Concat', 'ConstantOfShape', 'Mul', 'Relu'])
  })

  test('may be named by the last node, or by its output, and take another rate', () => {
    const bytes = model(PATTERNS[1].nodes)
    for (const point of [{ node: 'y' }, { tensor: 'y' }]) {
      const { inputs } = makeStochastic(bytes, { points: [{ ...point, rate: 0.5 }] })
      expect(inputs).toMatchObject([{ tensor: 'x', rate: 0.5, noiseShape: [null, 1, 1] }])
    }
  })

  test('whose shape only a run can tell need a noise shape', () => {
    const bytes = model([node('RandomUniformLike', ['shaped'], ['u']), ...PATTERNS[0].nodes.slice(1)], {
      input: [info('x', SIZES), info('shaped', ['a', '', 1])],
    })
    expect(() => makeStochastic(bytes)).toThrow(/noise shape of Dropout node 'y' is undefined.*computes it/)
    expect(makeStochastic(bytes, { noiseShape: [null, 1, 1] }).inputs).toHaveLength(1)
  })

  test('have the size of the tensor where both are computed from one that nobody knows', () => {
    const bytes = model(PATTERNS[1].nodes, { input: [info('x', ['', 3, 4])] })
    expect(makeStochastic(bytes).inputs[0].noiseShape).toEqual([null, 1, 1])
  })

  test('that do not scale what they keep are no inverted dropout: their numbers are replaced', () => {
    const [random, less, flags] = PATTERNS[0].nodes
    const bytes = model([random, less, flags, node('Mul', ['x', 'f'], ['y'])])
    const { model: made, notes } = makeStochastic(bytes, { points: [{ tensor: 'x', rate: 0.1 }] })
    expect(decode(made).graph?.node.map(({ opType }) => opType)).not.toContain('RandomUniformLike')
    expect(notes).toEqual([expect.stringMatching(/RandomUniformLike node 'u'.*mean, 0\.5/)])
  })
})

describe('dropout that is not among the points', () => {
  test.each(PATTERNS)('is made inactive: $name', async ({ nodes }) => {
    const bytes = model([...nodes, node('Dropout', ['y', 'drop', 'training'], ['z', 'mask'])], {
      input: [info('x', SIZES), info('training', [], BOOL)],
      output: [info('z', SIZES), info('mask', SIZES, BOOL)],
    })
    const session = await open(bytes, {
      points: [{ tensor: 'x', rate: 0.5, noiseShape: [1, 1, 4] }],
    })
    expect(session.notes).toEqual([
      expect.stringMatching(/2 dropouts of the model's own are not among the points/),
    ])
    expect(session.inputNames).toEqual(['x'])
    const { mean } = await session.predict({ x: ones(2, 3, 4) }, { samples: 1, seed: 3 })
    const row = noise({ shape: [1, 1, 4], rate: 0.5, seed: 3 })
    expectSameBits(
      mean,
      Float32Array.from({ length: 24 }, (_, i) => row[i % 4]),
    )
  })

  test('still outputs its mask: all true', async () => {
    const bytes = model([node('Dropout', ['x'], ['y', 'mask'])], {
      output: [info('y', SIZES), info('mask', SIZES, BOOL)],
    })
    const { model: made } = makeStochastic(bytes, { rate: 0 })
    const session = await ort.InferenceSession.create(made, { executionProviders: ['wasm'] })
    release(session)
    const { mask } = await session.run({ x: ones(1, 3, 4) })
    expect([...(mask.data as Uint8Array)]).toEqual(new Array(12).fill(1))
  })

  test('in a function of the model is quiet, and random nodes there are refused', () => {
    const points = [{ tensor: 'x', rate: 0.5 }]
    const withFunction = (inner: Nodes[number]) =>
      encode(
        {
          node: [node('F', ['x'], ['y'], { domain: 'own' })],
          input: [info('x', [3])],
          output: [info('y', [3])],
        },
        18,
        {
          opsetImport: [
            { domain: '', version: 18n },
            { domain: 'own', version: 1n },
          ],
          functions: [{ name: 'F', domain: 'own', input: ['a'], output: ['b'], node: [inner] }],
        },
      )
    const quiet = decode(
      makeStochastic(withFunction(node('Dropout', ['a', 'r', 't'], ['b'])), { points }).model,
    )
    expect(quiet.functions[0].node[0].input).toEqual(['a'])
    const random = () => makeStochastic(withFunction(node('RandomUniformLike', ['a'], ['b'])), { points })
    expect(random).toThrow(OnnxModelError)
    expect(random).toThrow(/function 'F' holds the node RandomUniformLike/)
  })
})

describe('other random numbers', () => {
  const added = (random: Nodes[number]) =>
    model([random, node('Add', ['x', 'r'], ['h']), node('Dropout', ['h', 'drop'], ['y'])])

  test.each<[string, number, Nodes[number]]>([
    ['normal numbers', 0, node('RandomNormalLike', ['x'], ['r'])],
    [
      'normal numbers of a mean',
      3,
      node('RandomNormalLike', ['x'], ['r'], { attribute: [attribute('mean', 3)] }),
    ],
    ['uniform numbers', 0.5, node('RandomUniformLike', ['x'], ['r'])],
    [
      'uniform numbers of a range and a shape',
      2,
      node('RandomUniform', [], ['r'], {
        attribute: [attribute('low', 1), attribute('high', 3), attribute('shape', [3n, 4n])],
      }),
    ],
    [
      'normal numbers of a shape',
      0,
      node('RandomNormal', [], ['r'], { attribute: [attribute('shape', [4n])] }),
    ],
  ])('%s are replaced by their mean, %s, and noted', async (_, mean, random) => {
    const session = await open(added(random), {
      rate: 0,
    })
    expect(session.notes).toEqual([expect.stringMatching(new RegExp(`node 'r' draws .* mean, ${mean}\\.`))])
    const result = await session.predict({ x: ones(2, 3, 4) }, { samples: 2, seed: 1 })
    expect([...result.mean]).toEqual(new Array(24).fill(1 + mean))
    expect(Math.max(...result.variance)).toBe(0)
  })

  test('of classes have no mean, and are refused', () => {
    const bytes = model([node('Multinomial', ['x'], ['c']), node('Dropout', ['x', 'drop'], ['y'])])
    expect(() => makeStochastic(bytes)).toThrow(OnnxModelError)
    expect(() => makeStochastic(bytes)).toThrow(
      /Multinomial node 'c' draws random numbers.*nobody can repeat/,
    )
  })
})

describe('batch normalisation of a training-mode export', () => {
  const statistics = [
    constant('scale', [3], [1, 2, 3]),
    constant('bias', [3], [0, 1, 0]),
    constant('mean', [3], [0.5, 0, -1]),
    constant('var', [3], [1, 4, 0.25]),
    constant('drop', [], [0.5]),
  ]
  const normalised = (opset: number, training: boolean, more: string[] = []) =>
    encode(
      {
        node: [
          node('BatchNormalization', ['x', 'scale', 'bias', 'mean', 'var'], ['h', ...more], {
            attribute: training && opset >= 14 ? [attribute('training_mode', 1n)] : [],
          }),
          opset >= 12 ? node('Dropout', ['h', 'drop'], ['y']) : node('Dropout', ['h'], ['y']),
        ],
        input: [info('x', ['n', 3])],
        output: [info('y', ['n', 3])],
        initializer: statistics,
      },
      opset,
    )
  const predict = async (bytes: Uint8Array) => {
    const session = await open(bytes, { rate: 0 })
    const x = new ort.Tensor('float32', Float32Array.of(1, 2, 3, -5, 4, 0.5), [2, 3])
    return { notes: session.notes, mean: (await session.predict({ x }, { samples: 1, seed: 1 })).mean }
  }

  test.each([
    { opset: 17, more: ['m', 'v'] },
    { opset: 9, more: ['m', 'v', 'sm', 'sv'] },
  ])('uses the stored statistics, and a note says so: operator set $opset', async ({ opset, more }) => {
    const inference = await predict(normalised(opset, false))
    const training = await predict(normalised(opset, true, more))
    expectSameBits(training.mean, inference.mean)
    expect(inference.notes).toEqual([])
    expect(training.notes).toEqual([expect.stringMatching(/^1 BatchNormalization node .*set to inference/)])
  })

  test('gives the stored statistics to those who read the running ones', () => {
    const bytes = encode({
      node: [
        node('BatchNormalization', ['x', 'scale', 'bias', 'mean', 'var'], ['h', 'm', 'v'], {
          attribute: [attribute('training_mode', 1n)],
        }),
        node('Dropout', ['h', 'drop'], ['y']),
      ],
      input: [info('x', ['n', 3])],
      output: [info('y', ['n', 3]), info('m', [3]), info('v', [3])],
      initializer: statistics,
    })
    const nodes = decode(makeStochastic(bytes).model).graph?.node ?? []
    expect(nodes.map(({ opType, input, output }) => `${opType}(${input}) -> ${output}`)).toEqual([
      'BatchNormalization(x,scale,bias,mean,var) -> h',
      'Identity(mean) -> m',
      'Identity(var) -> v',
      'Mul(h,noise_0) -> y',
    ])
    expect(nodes[0].attribute).toEqual([])
  })
})

describe('pointsFrom', () => {
  test('gives tensor, rate and noise shape, which hold in the export for inference', () => {
    const training = model([
      node('Relu', ['x'], ['h']),
      node('Dropout', ['h', 'drop'], ['d']),
      ...rowShape(),
      node('ConstantOfShape', ['cells'], ['e']),
      node('RandomUniformLike', ['e'], ['u']),
      node('Less', ['u', 'keep'], ['b']),
      cast('b', 'f'),
      node('Div', ['f', 'keep'], ['m']),
      node('Sigmoid', ['d'], ['s']),
      node('Mul', ['s', 'm'], ['y']),
    ])
    const points = pointsFrom(training)
    expect(points).toEqual([
      { tensor: 'h', rate: 0.3, noiseShape: undefined },
      { tensor: 's', rate: 0.3, noiseShape: [null, 1, 1] },
    ])
    const inference = model([
      node('Relu', ['x'], ['h']),
      node('Sigmoid', ['h'], ['s']),
      node('Neg', ['s'], ['y']),
    ])
    expect(makeStochastic(inference, { points }).inputs).toMatchObject(
      points.map((point, stream) => ({
        ...point,
        noiseShape: point.noiseShape ?? [null, null, null],
        stream,
      })),
    )
  })

  test('names the tensor before a chain of dropouts, because the outputs of these are gone', () => {
    const training = model([
      node('Relu', ['x'], ['h']),
      node('Dropout', ['h', 'drop'], ['d']),
      ...empty(),
      node('RandomUniformLike', ['e'], ['u']),
      node('Less', ['u', 'keep'], ['b']),
      cast('b', 'f'),
      node('Div', ['f', 'keep'], ['m']),
      node('Mul', ['d', 'm'], ['y']),
    ])
    const points = pointsFrom(training)
    expect(points.map(({ tensor }) => tensor)).toEqual(['h', 'h'])
    const inference = model([node('Relu', ['x'], ['h']), node('Neg', ['h'], ['y'])])
    const { inputs, model: made } = makeStochastic(inference, { points })
    expect(inputs.map(({ noiseShape }) => noiseShape)).toEqual([
      [null, null, null],
      [null, 1, 1],
    ])
    expect(decode(made).graph?.node.map(({ opType }) => opType)).toEqual(['Relu', 'Mul', 'Mul', 'Neg'])
  })

  const statistics = ['w', 'b', 'm', 'v'].map((name) => constant(`bn.${name}`, [3], [1, 1, 1]))
  const pictures = { input: [info('x', ['n', 3, 4])], output: [info('y', ['n', 3, 4])] }
  const kernels = [
    constant('a.weight', [3, 3, 1], new Array(9).fill(1)),
    constant('b.weight', [3, 3, 1], new Array(9).fill(2)),
  ]
  const rates = [constant('half', [], [0.5]), constant('most', [], [0.75])]

  test('with the export for inference: a normalisation that was folded into a convolution, and the last tensor', () => {
    const training = model(
      [
        node('Conv', ['x', 'a.weight'], ['/conv/Conv_output_0']),
        node(
          'BatchNormalization',
          ['/conv/Conv_output_0', 'bn.w', 'bn.b', 'bn.m', 'bn.v'],
          ['/bn/BatchNormalization_output_0'],
        ),
        node('Dropout', ['/bn/BatchNormalization_output_0', 'half'], ['/d/Dropout_output_0']),
        node('Add', ['x', '/d/Dropout_output_0'], ['/Add_output_0'], { name: '/Add' }),
        node('Relu', ['/Add_output_0'], ['/act/Relu_output_0']),
        node('Dropout', ['/act/Relu_output_0', 'most'], ['y']),
      ],
      { ...pictures, initializer: [...kernels, ...rates, ...statistics] },
    )
    const inference = model(
      [
        node('Conv', ['x', 'onnx::Conv_7'], ['/conv/Conv_output_0']),
        node('Add', ['x', '/conv/Conv_output_0'], ['/Add_output_0'], { name: '/Add' }),
        node('Relu', ['/Add_output_0'], ['y']),
      ],
      { ...pictures, initializer: [constant('onnx::Conv_7', [3, 3, 1], new Array(9).fill(1))] },
    )
    expect(pointsFrom(training).map(({ tensor }) => tensor)).toEqual([
      '/bn/BatchNormalization_output_0',
      '/act/Relu_output_0',
    ])
    const points = pointsFrom(training, inference)
    expect(points.map(({ tensor, rate }) => [tensor, rate])).toEqual([
      ['/conv/Conv_output_0', 0.5],
      ['y', 0.75],
    ])
    expect(makeStochastic(inference, { points }).inputs).toHaveLength(2)
  })

  test('with the export for inference: names that are numbers stand for other tensors there', () => {
    const training = model(
      [
        node('Conv', ['x', 'a.weight'], ['getitem_3']),
        node('Dropout', ['getitem_3', 'half'], ['getitem_5']),
        node('Relu', ['getitem_5'], ['relu']),
        node('Conv', ['relu', 'b.weight'], ['getitem_8']),
        node('Dropout', ['getitem_8', 'most'], ['y']),
      ],
      { ...pictures, initializer: [...kernels, ...rates] },
    )
    const inference = model(
      [
        node('Conv', ['x', 'a.weight'], ['getitem']),
        node('Relu', ['getitem'], ['relu']),
        node('Conv', ['relu', 'b.weight'], ['getitem_3']),
        node('Neg', ['getitem_3'], ['y']),
      ],
      { ...pictures, initializer: kernels },
    )
    expect(pointsFrom(training, inference).map(({ tensor, rate }) => [tensor, rate])).toEqual([
      ['getitem', 0.5],
      ['getitem_3', 0.75],
    ])
  })

  test('with another network: the place that it does not have is named', () => {
    const training = model([node('Relu', ['x'], ['h']), node('Dropout', ['h', 'half'], ['y'])], {
      initializer: rates,
    })
    const other = model([node('Sigmoid', ['x'], ['h']), node('Neg', ['h'], ['y'])])
    expect(() => pointsFrom(training, other)).toThrow(OnnxModelError)
    expect(() => pointsFrom(training, other)).toThrow(/no tensor that stands where training drops 'h'/)
  })

  test('of a model without dropout says how to export one', () => {
    expect(() => pointsFrom(model([node('Relu', ['x'], ['y'])]))).toThrow(OnnxModelError)
    expect(() => pointsFrom(model([node('Relu', ['x'], ['y'])]))).toThrow(/TrainingMode\.PRESERVE/)
  })
})
