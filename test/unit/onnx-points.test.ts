/** Which points a model has, and what rate and noise shape each of them gets. */

import { makeStochastic, OnnxModelError, type StochasticOptions } from 'noiseshape/onnx'
import { describe, expect, test } from 'vitest'
import {
  attribute,
  BFLOAT16,
  DOUBLE,
  decode,
  encode,
  FLOAT,
  type GraphInit,
  INT64,
  info,
  node,
} from '../support/onnx-models'
import { caught } from '../support/refusals'

/** y = Dropout(x, r), with more in the graph. */
const model = (rest: GraphInit = {}, opset = 13, sizes: (number | string)[] = ['n', 3, 1]) =>
  encode(
    {
      node: [node('Dropout', ['x', 'r'], ['y'], { name: 'drop' })],
      input: [info('x', sizes)],
      output: [info('y', sizes)],
      ...rest,
    },
    opset,
  )

const nodesOf = (bytes: Uint8Array, options?: StochasticOptions) =>
  decode(makeStochastic(bytes, options).model).graph?.node.map(
    ({ opType, input, output }) => `${opType}(${input}) -> ${output}`,
  )

describe('the ratio of a Dropout node', () => {
  type Initializer = NonNullable<GraphInit['initializer']>[number]
  const bytesOf = (write: (view: DataView) => void, length: number) => {
    const bytes = new Uint8Array(length)
    write(new DataView(bytes.buffer))
    return bytes
  }
  const rateOf = (r: Omit<Initializer, '$typeName' | 'name'>, rest: GraphInit = {}) =>
    makeStochastic(model({ initializer: [{ name: 'r', ...r } as Initializer], ...rest })).inputs[0].rate

  test.each<[string, number, Omit<Initializer, '$typeName' | 'name'>]>([
    ['float bytes', 0.3, { dataType: FLOAT, rawData: bytesOf((v) => v.setFloat32(0, 0.3, true), 4) }],
    ['a float', 0.7, { dataType: FLOAT, floatData: [Math.fround(0.7)] }],
    ['a float that takes eight digits', 5.9604645e-8, { dataType: FLOAT, floatData: [2 ** -24] }],
    ['double bytes', 0.3, { dataType: DOUBLE, rawData: bytesOf((v) => v.setFloat64(0, 0.3, true), 8) }],
    ['a double', 1 / 3, { dataType: DOUBLE, doubleData: [1 / 3] }],
    ['bfloat16 bytes', 0.5, { dataType: BFLOAT16, rawData: Uint8Array.of(0x00, 0x3f) }],
    ['a bfloat16', 0.25, { dataType: BFLOAT16, int32Data: [0x3e80] }],
  ])('may be %s', (_, expected, r) => {
    expect(rateOf(r)).toBe(expected)
  })

  test.each<[string, Omit<Initializer, '$typeName' | 'name'>, GraphInit?]>([
    ['two floats', { dataType: FLOAT, floatData: [0.5, 0.5] }],
    ['no float', { dataType: FLOAT }],
    ['too few bytes', { dataType: FLOAT, rawData: new Uint8Array(3) }],
    ['too many bytes', { dataType: DOUBLE, rawData: new Uint8Array(16) }],
    ['an integer', { dataType: INT64, int64Data: [0n] }],
    ['in another file', { dataType: FLOAT, dataLocation: 1, floatData: [0.5] }],
    [
      'an input with a default',
      { dataType: FLOAT, floatData: [0.5] },
      { input: [info('x', ['n']), info('r', [])] },
    ],
  ])('is not known where it is %s', (_, r, rest) => {
    expect(() => rateOf(r, rest)).toThrow(/rate of Dropout node 'drop' is undefined.*the model computes it/)
  })

  const made = (by: NonNullable<GraphInit['node']>[number]) =>
    model({ node: [by, node('Dropout', ['x', 'r'], ['y'], { name: 'drop' })] })

  test('may come from a Constant node, as a tensor or a number', () => {
    const constant = (...value: NonNullable<Parameters<typeof node>[3]>['attribute'] & object) =>
      makeStochastic(made(node('Constant', [], ['r'], { attribute: value }))).inputs[0].rate
    expect(constant({ name: 'value', t: { dataType: FLOAT, floatData: [0.125] } })).toBe(0.125)
    expect(constant(attribute('value_float', Math.fround(0.3)))).toBe(0.3)
    expect(() => constant(attribute('value_int', 0n))).toThrow(/computes it/)
    expect(() => constant({ name: 'value' })).toThrow(/computes it/)
  })

  test('is not known where another node makes it, or nothing', () => {
    expect(() => makeStochastic(made(node('Identity', ['c'], ['r'])))).toThrow(/computes it/)
    expect(() => makeStochastic(model())).toThrow(/computes it/)
  })

  test('is an attribute before operator set 12, among others', () => {
    const old = (...attributes: NonNullable<Parameters<typeof node>[3]>['attribute'] & object) =>
      makeStochastic(model({ node: [node('Dropout', ['x'], ['y'], { attribute: attributes })] }, 11))
        .inputs[0].rate
    expect(old(attribute('seed', 7n), attribute('ratio', Math.fround(0.2)))).toBe(0.2)
    expect(old(attribute('seed', 7n))).toBe(0.5)
  })

  test('is found in the graph around a subgraph', () => {
    const branch: GraphInit = {
      node: [node('Dropout', ['x', 'r'], ['b'], { name: 'inner' })],
      output: [info('b', ['n'])],
    }
    const r = { name: 'r', dataType: FLOAT, floatData: [0.75] }
    const bytes = model({
      node: [node('If', ['c'], ['y'], { attribute: [attribute('then_branch', branch)] })],
      initializer: [r],
    })
    expect(makeStochastic(bytes).inputs[0]).toMatchObject({ node: 'inner', rate: 0.75 })
  })
})

describe('points', () => {
  const named = (count: number) =>
    encode({
      node: Array.from({ length: count }, (_, i) => node('Dropout', ['x'], [`d${i}`], { name: `drop${i}` })),
      input: [info('x', ['n'])],
      output: [info('d0', ['n'])],
    })

  test('are Dropout nodes of the standard domain under either of its names', () => {
    const bytes = model({ node: [node('Dropout', ['x'], ['y'], { domain: 'ai.onnx' })] })
    expect(nodesOf(bytes)).toEqual(['Mul(x,noise_0) -> y'])
  })

  test('are no nodes without an input or an output', () => {
    for (const [input, output] of [
      [[], ['y']],
      [['x'], []],
    ]) {
      const bytes = model({ node: [node('Dropout', input, output)] })
      expect(() => makeStochastic(bytes)).toThrow(/has no Dropout node/)
    }
  })

  test('that are not there get up to eight names to choose from', async () => {
    const missing = (count: number) =>
      caught(() => Promise.resolve().then(() => makeStochastic(named(count), { points: [{ node: 'x' }] })))
    expect(await missing(2)).toBeInstanceOf(RangeError)
    expect((await missing(2)).message).toMatch(
      /points\[0\]\.node is 'x'.*There are e\.g\. 'drop0', 'drop1'\./,
    )
    const eight = Array.from({ length: 8 }, (_, i) => `'drop${i}'`).join(', ')
    expect((await missing(8)).message).toContain(`There are e.g. ${eight}.`)
    expect((await missing(9)).message).toContain(`There are e.g. ${eight}, ...`)
    expect((await missing(0)).message).toContain('The model has none.')
  })

  test('may be tensors of several names, each in its own place', () => {
    const bytes = encode({
      node: [node('Relu', ['x'], ['a']), node('Relu', ['a'], ['b']), node('Relu', ['b'], ['y'])],
      input: [info('x', ['n'])],
      output: [info('y', ['n'])],
    })
    const points = [{ tensor: 'a' }, { tensor: 'b' }]
    expect(nodesOf(bytes, { points, rate: 0.5 })).toEqual([
      'Relu(x) -> a_without_noise',
      'Mul(a_without_noise,noise_0) -> a',
      'Relu(a) -> b_without_noise',
      'Mul(b_without_noise,noise_1) -> b',
      'Relu(b) -> y',
    ])
    const twice = { points: [{ tensor: 'a' }, { tensor: 'b' }, { tensor: 'a' }], rate: 0.5 }
    expect(() => makeStochastic(bytes, twice)).toThrow(/points\[2\] is 'a'.*points\[0\] is the same place/)
    const nodeTwice = { points: [{ node: 'drop1' }, { node: 'drop0' }, { node: 'drop1' }] }
    expect(() => makeStochastic(named(2), nodeTwice)).toThrow(/points\[2\] is 'drop1'.*points\[0\]/)
  })

  test('of one name in several graphs are refused', () => {
    const branch: GraphInit = { node: [node('Relu', ['x'], ['t'])], output: [info('t', ['n'])] }
    const attributes = ['then_branch', 'else_branch'].map((name) => attribute(name, branch))
    const bytes = model({ node: [node('If', ['c'], ['y'], { attribute: attributes })] })
    expect(() => makeStochastic(bytes, { points: [{ tensor: 't', rate: 0.5 }] })).toThrow(
      /the model has 2 tensors of that name/,
    )
  })

  test('of an output without a name are none', () => {
    const bytes = model({ node: [node('Dropout', ['x'], ['y', ''], { name: 'drop' })] })
    expect(() => makeStochastic(bytes, { points: [{ tensor: '' as string, rate: 0.5 }] })).toThrow(
      /points\[0\]\.tensor is ''.*must be a name/,
    )
  })

  test.each<[string, unknown, RegExp]>([
    ['a number as tensor', { tensor: 5 }, /points\[1\]\.tensor is 5.*name of the model/],
    ['no letter as node', { node: '' }, /points\[1\]\.node is ''.*name of the model/],
    ['a name without an object', 'drop0', /points\[1\] is 'drop0'.*object/],
    ['null', null, /points\[1\] is null.*object/],
  ])('%s is refused', (_, second, message) => {
    const points = [{ node: 'drop0' }, second] as StochasticOptions['points']
    expect(() => makeStochastic(named(2), { points })).toThrow(TypeError)
    expect(() => makeStochastic(named(2), { points })).toThrow(message)
  })

  test('that are no list are refused, also if they have a length', () => {
    for (const points of [{ length: 1, 0: { node: 'drop0' } }, 'drop0', null]) {
      const options = { points } as unknown as StochasticOptions
      expect(() => makeStochastic(named(1), options)).toThrow(/points is .*must be an array/)
    }
  })
})

describe('a rate', () => {
  const bytes = model({ node: [node('Dropout', ['x'], ['y'], { name: 'drop' })] })
  test('of a rule that knows none is that of the node', () => {
    expect(makeStochastic(bytes, { rate: () => undefined }).inputs[0].rate).toBe(0.5)
    expect(makeStochastic(bytes, { rate: ({ ratio }) => (ratio ?? 0) / 2 }).inputs[0].rate).toBe(0.25)
  })

  test('of the point goes before that of the rule, also if it is 0', () => {
    const points = [{ node: 'drop', rate: 0.1 }]
    expect(makeStochastic(bytes, { points, rate: 0.9 }).inputs[0].rate).toBe(0.1)
    const none = makeStochastic(bytes, { points: [{ node: 'drop', rate: 0 }], rate: 0.9 })
    expect(none.inputs).toEqual([])
    expect(decode(none.model).graph?.node.map(({ opType }) => opType)).toEqual(['Identity'])
  })

  test('of text is refused before the model is read', () => {
    const options = { rate: '0.5' } as unknown as StochasticOptions
    expect(() => makeStochastic(new Uint8Array(), options)).toThrow(/rate is '0.5'.*number/)
  })
})

describe('a noise shape', () => {
  const bytes = model({ node: [node('Dropout', ['x'], ['y'], { name: 'drop' })] })
  const shapeOf = (noiseShape: unknown, of: Uint8Array = bytes) =>
    makeStochastic(of, { noiseShape } as StochasticOptions).inputs[0].noiseShape

  test.each<[string, unknown, (number | null)[]]>([
    ['left out, has 1 where the tensor has it', undefined, [null, null, 1]],
    ['of null, likewise', null, [null, null, 1]],
    ['of open entries', [null, undefined, -1], [null, null, null]],
    ['of the sizes', [null, 3, 1], [null, 3, 1]],
    ['that says the size of an open dim', [7, 1, 1], [7, 1, 1]],
    ['that is shorter is aligned to the right', [null, 1], [1, null, 1]],
    ['without entries', [], [1, 1, 1]],
    [
      'of a rule',
      ({ shape }: { shape: unknown[] }) => [1, ...shape.slice(1).map(() => null)],
      [1, null, null],
    ],
    ['of a rule that knows none', () => undefined, [null, null, 1]],
  ])('%s', (_, given, expected) => {
    expect(shapeOf(given)).toEqual(expected)
  })

  test.each<[string, unknown, typeof RangeError | typeof TypeError, RegExp]>([
    ['too long', [1, 1, 1, 1], RangeError, /tensor has rank 3.*\[n, 3, 1\]/],
    ['of another size', [null, 2, 1], RangeError, /1 or the tensor's own size/],
    ['of a size where the tensor has 1', [null, 3, 2], RangeError, /1 or the tensor's own size/],
    ['of half a size', [1.5, 3, 1], RangeError, /1 or the tensor's own size/],
    ['of a negative size', [-2, 3, 1], RangeError, /1 or the tensor's own size/],
    ['of text', ['n', 3, 1], TypeError, /a number or null/],
    ['that is text', 'n31', TypeError, /noiseShape is 'n31'.*array or a function/],
    ['that is a number', 1, TypeError, /noiseShape is 1,.*array or a function/],
    [
      'of a rule that gives text',
      () => 'n31',
      TypeError,
      /noise shape of Dropout node 'drop' is 'n31'.*an array/,
    ],
  ])('%s is refused', (_, given, Kind, message) => {
    expect(() => shapeOf(given)).toThrow(Kind)
    expect(() => shapeOf(given)).toThrow(message)
  })

  test('of the point goes before that of the rule', () => {
    const points = [{ node: 'drop', noiseShape: [1, null, 1] }]
    expect(makeStochastic(bytes, { points, noiseShape: [1, 1, 1] }).inputs[0].noiseShape).toEqual([
      1,
      null,
      1,
    ])
  })

  test('of a tensor of unknown rank may have a size of 0 and up to eight dims', () => {
    const unknown = encode({
      node: [node('Dropout', ['x'], ['y'])],
      input: [info('x', undefined)],
      output: [info('y', undefined)],
    })
    const eight = [null, 1, 0, 5, null, 1, 1, 1]
    expect(makeStochastic(unknown, { noiseShape: eight }).inputs[0]).toMatchObject({
      shape: new Array(8).fill(null),
      noiseShape: eight,
    })
    expect(() => shapeOf([1, ...eight], unknown)).toThrow(
      /rank 8 is the highest.*Pass 1 or null for each dim\./,
    )
    expect(() => shapeOf([null, -2], unknown)).toThrow(RangeError)
    expect(() => shapeOf(undefined, unknown)).toThrow(/rank of the tensor/)
  })
})

describe('the rewritten model', () => {
  test('converts the noise to the type of the tensor, and a mask back to it', () => {
    const of = (type: number, opset: number) => {
      const bytes = encode(
        {
          node: [node('Dropout', ['x'], ['y', 'm'])],
          input: [info('x', ['n'], type)],
          output: [info('y', ['n'], type), info('m', ['n'], type)],
        },
        opset,
      )
      const { graph } = decode(makeStochastic(bytes).model)
      return graph?.node.map(({ opType, attribute }) => `${opType} ${attribute.map(({ i }) => i)}`.trim())
    }
    expect(of(BFLOAT16, 13)).toEqual(['Cast 16', 'Mul', 'Cast 9', 'Less', 'Or'])
    expect(of(DOUBLE, 10)).toEqual(['Cast 11', 'Mul', 'Cast 9', 'Less', 'Or'])
    expect(of(DOUBLE, 9)).toEqual(['Cast 11', 'Mul', 'Cast 9', 'Less', 'Or', 'Cast 11'])
    expect(of(FLOAT, 9)).toEqual(['Mul', 'Cast 9', 'Less', 'Or', 'Cast 1'])
  })

  test('keeps the mask that a subgraph reads, and not one that nobody reads', () => {
    const branch: GraphInit = { node: [node('Identity', ['m'], ['b'])], output: [info('b', ['n'])] }
    const read = model({
      node: [
        node('Dropout', ['x'], ['y', 'm']),
        node('If', ['c'], ['z'], { attribute: [attribute('then_branch', branch)] }),
      ],
    })
    expect(nodesOf(read)?.map((line) => line.split('(')[0])).toEqual(['Mul', 'Cast', 'Less', 'Or', 'If'])
    const omitted = model({ node: [node('Dropout', ['x'], ['y', '']), node('Relu', ['y', ''], ['z'])] })
    expect(nodesOf(omitted)).toEqual(['Mul(x,noise_0) -> y', 'Relu(y,) -> z'])
  })

  test('declares of its inputs the sizes that hold in every run', () => {
    const dims = (sizes: (number | string)[], noiseShape?: (number | null)[]) => {
      const bytes = model({ node: [node('Dropout', ['x'], ['y'])] }, 13, sizes)
      const { type } = decode(makeStochastic(bytes, { noiseShape }).model).graph?.input.at(-1) ?? {}
      const shape = type?.value.case === 'tensorType' ? type.value.value.shape : undefined
      return shape?.dim.map(({ value }) => (value.case === 'dimValue' ? Number(value.value) : value.value))
    }
    expect(dims([4, 3, 1])).toEqual(['noise_0_0', 3, 1])
    expect(dims([1, 3])).toEqual([1, 3])
    expect(dims([4, 'm'], [null, null])).toEqual(['noise_0_0', 'noise_0_1'])
    expect(dims([4, 'm'], [4, 6])).toEqual(['noise_0_0', 6])
  })

  test('has no name twice: of nodes, tensors, initializers and sparse ones', () => {
    const taken = ['noise_0', 'noise_0_1', 'noise_0_2', 'noise_0_3', 'noise_0_4']
    const bytes = model({
      node: [node('Dropout', [taken[0]], ['y'], { name: taken[1] }), node('Relu', [taken[2]], ['z'])],
      input: [info(taken[0], ['n'])],
      initializer: [{ name: taken[3], dataType: FLOAT, floatData: [1] }],
      sparseInitializer: [{ values: { name: taken[4], dataType: FLOAT, floatData: [1] } }],
    })
    expect(makeStochastic(bytes).inputs[0].name).toBe('noise_0_5')
  })

  test('multiplies an output of the model that several nodes read, for all of them', () => {
    const bytes = encode({
      node: [node('Split', ['x'], ['a', 'b']), node('Add', ['a', 'b'], ['y'])],
      input: [info('x', ['n'])],
      output: [info('y', ['n']), info('a', ['m'])],
    })
    expect(nodesOf(bytes, { points: [{ tensor: 'a' }, { tensor: 'b' }], rate: 0.5 })).toEqual([
      'Split(x) -> a_without_noise,b_without_noise',
      'Mul(a_without_noise,noise_0) -> a',
      'Mul(b_without_noise,noise_1) -> b',
      'Add(a,b) -> y',
    ])
  })

  test.each([
    [8, /holds string/],
    [99, /holds values of type 99/],
  ])('is not made for a tensor of type %i', (type, message) => {
    const bytes = encode({
      node: [node('Dropout', ['x'], ['y'], { name: 'drop' })],
      input: [info('x', ['n'], type)],
      output: [info('y', ['n'], type)],
    })
    expect(() => makeStochastic(bytes)).toThrow(OnnxModelError)
    expect(() => makeStochastic(bytes)).toThrow(message)
  })
})

describe('bytes', () => {
  test('of a part of a larger memory are read as they are', () => {
    const bytes = model({ node: [node('Dropout', ['x'], ['y'])] })
    const larger = new Uint8Array(bytes.length + 20).fill(255)
    larger.set(bytes, 7)
    const part = larger.subarray(7, 7 + bytes.length)
    expect(makeStochastic(part).model).toEqual(makeStochastic(bytes).model)
  })

  test.each([
    [
      'no IR version',
      model({}, 13),
      (proto: ReturnType<typeof decode>) => Object.assign(proto, { irVersion: 0n }),
    ],
    [
      'no graph',
      model({}, 13),
      (proto: ReturnType<typeof decode>) => Object.assign(proto, { graph: undefined }),
    ],
  ])('with %s are no model', (_, bytes, damage) => {
    const proto = damage(decode(bytes))
    const { irVersion, graph, opsetImport } = proto
    const damaged = encode(graph as GraphInit, 13, { irVersion, opsetImport })
    expect(() => makeStochastic(damaged)).toThrow(/no IR version, no graph or no graph output/)
  })

  test('may import operator sets of other domains before the standard one', () => {
    const sets = [
      { domain: 'com.example', version: 1n },
      { domain: 'ai.onnx', version: 13n },
    ]
    const dropout = {
      node: [node('Dropout', ['x'], ['y'])],
      input: [info('x', ['n'])],
      output: [info('y', ['n'])],
    }
    expect(makeStochastic(encode(dropout, 13, { opsetImport: sets })).inputs).toHaveLength(1)
    const without = encode(dropout, 13, { opsetImport: sets.slice(0, 1) })
    expect(() => makeStochastic(without)).toThrow(/does not say which version/)
  })

  test.each([
    [6, /operator set 6, and 7 is the oldest/],
    [7, undefined],
  ])('of operator set %i', (opset, message) => {
    const bytes = model({ node: [node('Dropout', ['x'], ['y'])] }, opset)
    if (message) expect(() => makeStochastic(bytes)).toThrow(message)
    else expect(makeStochastic(bytes).inputs).toHaveLength(1)
  })
})
