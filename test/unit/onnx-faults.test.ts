/** Small models that were once opened wrongly, each with what is right by the definition of its operators. */

import {
  createMonteCarloSession,
  describeModel,
  makeStochastic,
  OnnxModelError,
  type OrtModule,
  pointsFrom,
  suggestPoints,
} from 'noiseshape/onnx'
import * as ort from 'onnxruntime-web'
import { describe, expect, test } from 'vitest'
import { dataIn } from '../../src/onnx/data-flow'
import { readModel } from '../../src/onnx/model'
import { scopesOf } from '../../src/onnx/scope'
import { stackAgrees } from '../../src/onnx/stack-check'
import { attribute, BOOL, encode, FLOAT16, floats, type GraphInit, info, node } from '../support/onnx-models'
import { useWasm } from '../support/onnx-wasm'
import { caught } from '../support/refusals'

const { open } = useWasm()

const tensor = (values: number[], ...dims: number[]) =>
  new ort.Tensor('float32', Float32Array.from(values), dims)
const active = { name: 'on', dataType: BOOL, dims: [], int32Data: [1] }
const microsoft = { domain: 'com.microsoft' }
const graph = (nodes: GraphInit['node'], rest: GraphInit = {}) =>
  encode({ node: nodes, input: [info('x', ['n', 4])], output: [info('y')], ...rest })
const described = (bytes: Uint8Array, name: string) =>
  describeModel(bytes).tensors.find((each) => each.name === name)

test('noise gets the sizes that follow from the values of the feeds, in each prediction', async () => {
  // As many rows as x has positive entries.
  const bytes = graph(
    [
      node('Relu', ['x'], ['p']),
      node('NonZero', ['p'], ['places']),
      node('Transpose', ['places'], ['rows']),
      node('GatherND', ['p', 'rows'], ['values']),
      node('ReduceSum', ['values'], ['y'], { attribute: [attribute('keepdims', 1n)] }),
    ],
    { input: [info('x', ['n', 2])] },
  )
  const predict = async (...feeds: number[][]) => {
    const session = await open(bytes, { points: [{ tensor: 'values', rate: 0.5, noiseShape: [null] }] })
    let last: number[] = []
    for (const values of feeds) {
      const options = { samples: 8, seed: 1, samplesPerRun: 1 }
      last = [...(await session.predict({ x: tensor(values, 2, 2) }, options)).variance]
    }
    return last
  }
  expect(await predict([1, -1, -1, -1], [1, 1, 1, -1])).toEqual(await predict([1, 1, 1, -1]))
})

test('an infinite difference between samples does not hide that stacked ones are mixed', async () => {
  const single = [
    [Number.NEGATIVE_INFINITY, 1],
    [0.3, 2],
    [0.5, 3],
  ]
  const run = async (first: number, count: number) =>
    count === 1
      ? { dims: [1, 2], values: Float32Array.from(single[first]) }
      : { dims: [count, 2], values: Float32Array.from({ length: 2 * count }, (_, i) => 9 - i) }
  expect(await stackAgrees(run, 3)).toBe(false)
})

test('a fused embedding is of the type of its words, a sequence of none', () => {
  const bytes = graph(
    [
      node('EmbedLayerNormalization', ['ids', '', 'words', 'places', '', 'g', 'b'], ['e'], microsoft),
      node('SequenceConstruct', ['e'], ['s']),
      node('Relu', ['e'], ['y']),
    ],
    {
      input: [info('ids', ['n', 's'], 6)],
      initializer: ['words', 'places', 'g', 'b'].map((name) => floats(name, [1, 4], [1, 1, 1, 1])),
    },
  )
  expect(described(bytes, 'e')?.elementType).toBe('float32')
  expect(described(bytes, 's')?.elementType).toBeUndefined()
})

test.each([
  ['BiasSplitGelu', ['x', 'b'], ['n', 5, 8], ['n', 5, null]],
  ['GroupQueryAttention', ['x', '', '', 'b'], ['n', 5, 96], ['n', 5, null]],
  ['MultiHeadAttention', ['x'], ['n', 5, 4, 3, 8], ['n', 5, null]],
])('%s does not keep the shape of what it reads', (operator, reads, given, shape) => {
  const bytes = graph([node(operator, reads, ['t'], microsoft), node('Relu', ['t'], ['y'])], {
    input: [info('x', given), info('b', [8])],
  })
  expect(described(bytes, 't')?.shape).toEqual(shape)
})

test('two points on one tensor of unknown rank', async () => {
  const bytes = graph([node('Relu', ['x'], ['h']), node('Relu', ['h'], ['y'])], { input: [info('x')] })
  const points = [
    [null, 1],
    [null, null],
  ].map((noiseShape) => ({ tensor: 'h', rate: 0.5, noiseShape }))
  const session = await open(bytes, { points })
  const { mean } = await session.predict({ x: tensor([1, 2], 1, 2) }, { samples: 4, seed: 1 })
  expect(mean.length).toBe(2)
})

describe('pointsFrom and suggestPoints', () => {
  const drop = (nodes: GraphInit['node'], ratio: number) =>
    graph([node('Relu', ['x'], ['a']), ...(nodes ?? [])], {
      initializer: [floats('r', [], [ratio]), active],
    })

  test('a chain of dropouts is one point, which keeps what all keep', () => {
    const chain = [node('Dropout', ['a', 'r', 'on'], ['d']), node('Dropout', ['d', 'r', 'on'], ['y'])]
    expect(pointsFrom(drop(chain, 0.5))).toEqual([{ tensor: 'a', rate: 0.75, noiseShape: undefined }])
  })

  test('dropouts side by side are one point', () => {
    const pair = [node('Dropout', ['a', 'r', 'on'], ['d']), node('Dropout', ['a', 'r', 'on'], ['e'])]
    const bytes = drop([...pair, node('Add', ['d', 'e'], ['y'])], 0.5)
    expect(pointsFrom(bytes)).toEqual([{ tensor: 'a', rate: 0.5, noiseShape: undefined }])
  })

  test('a Dropout node of ratio 0 is not selected', () => {
    const places = suggestPoints(
      drop([node('Dropout', ['a', 'r', 'on'], ['d']), node('Relu', ['d'], ['y'])], 0),
    )
    expect(places.filter(({ selected, rate }) => selected && rate === 0)).toEqual([])
  })
})

test('random numbers of half precision are replaced by their mean', () => {
  const bytes = graph([node('RandomNormalLike', ['x'], ['r']), node('Add', ['x', 'r'], ['y'])], {
    input: [info('x', ['n', 4], FLOAT16)],
  })
  expect(makeStochastic(bytes, { points: [{ tensor: 'y', rate: 0.1 }] }).notes.join()).toMatch(/mean, 0\./)
})

test('a missing feed is named before the model runs', async () => {
  const bytes = graph([node('Add', ['x', 'k'], ['y'])], { input: [info('x', ['n', 4]), info('k', [1])] })
  const session = await open(bytes, { points: [{ tensor: 'y', rate: 0.5 }] })
  const error = await caught(() =>
    session.predict({ x: tensor([1, 2, 3, 4], 1, 4) }, { samples: 2, seed: 1 }),
  )
  expect(error).toBeInstanceOf(RangeError)
  expect(error.message).toMatch(/feeds\.k .*each of its inputs/)
})

test('an error of the caller on the next provider is thrown', async () => {
  const create = async (
    _: unknown,
    { executionProviders: [provider] }: { executionProviders: string[] },
  ) => ({
    ...{ inputNames: ['x', 'noise_0'], outputNames: ['y'], release: async () => {} },
    run: async () => {
      if (provider === 'wasm') throw new Error('wasm cannot run it')
      return { y: tensor([1, 2, 3, 4], 1, 4) }
    },
  })
  const runtime = { InferenceSession: { create }, Tensor: ort.Tensor, env: {} } as unknown as OrtModule
  const session = await createMonteCarloSession(runtime, graph([node('Relu', ['x'], ['y'])]), {
    ...{ points: [{ tensor: 'y', rate: 0.5 }], executionProviders: ['wasm', 'cpu'] },
  })
  const onProgress = () => {
    throw new Error('mine')
  }
  const options = { samples: 2, seed: 1, onProgress }
  expect((await caught(() => session.predict({ x: tensor([1, 2, 3, 4], 1, 4) }, options))).message).toBe(
    'mine',
  )
})

test('an output that is left out is no data, and neither is an input that is left out', () => {
  const bytes = graph([node('LSTM', ['x', 'w', 'r'], ['', 'h']), node('Clip', ['h', '', 'most'], ['y'])])
  const [scope] = scopesOf(readModel(bytes).graph)
  expect(['x', 'h', 'y', 'w', ''].map(dataIn(scope))).toEqual([true, true, true, false, false])
})

describe('names', () => {
  const named = (name: string) => graph([node('Relu', ['x'], [name]), node('Relu', [name], ['y'])])

  test('keep a byte order mark', () => {
    const names = describeModel(named('\ufeff/layer.0/MatMul')).tensors.map(({ name }) => name)
    expect(names).toContain('\ufeff/layer.0/MatMul')
  })

  test('that are not UTF-8 are refused: two of them might become one', () => {
    const bytes = named('Gr~e').map((byte) => (byte === '~'.charCodeAt(0) ? 0xf6 : byte)) // Größe in Latin-1
    expect(() => describeModel(bytes)).toThrow(OnnxModelError)
  })
})
