/** Models as exporters write them: what a session makes of their types, ranks, names, branches and batches. */

import { describeModel, makeStochastic, OnnxModelError } from 'noiseshape/onnx'
import * as ort from 'onnxruntime-web'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { expectSameBits, floats } from '../support/compare'
import { type Draw, judgeDropout } from '../support/judge'
import {
  attribute,
  BFLOAT16,
  BOOL,
  floats as constant,
  DOUBLE,
  decode,
  encode,
  FLOAT,
  FLOAT16,
  type GraphInit,
  INT64,
  info,
  node,
} from '../support/onnx-models'
import { useWasm } from '../support/onnx-wasm'
import { caught, expectRefusal } from '../support/refusals'

const { open } = useWasm()
afterEach(() => void vi.restoreAllMocks())

/** The noise by definition: dropout of ones. */
const noise = (draw: Draw) =>
  floats(judgeDropout(new Uint32Array(draw.shape.reduce((a, b) => a * b, 1)).fill(0x3f800000), draw))

const filled = (value: number, ...dims: number[]) =>
  new ort.Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(value), dims)
const ones = (...dims: number[]) => filled(1, ...dims)
const list = (name: string, ...values: number[]) => ({
  ...{ name, dataType: INT64, dims: [BigInt(values.length)] },
  int64Data: values.map(BigInt),
})
const cast = (from: string, to: string, type: number) =>
  node('Cast', [from], [to], { attribute: [attribute('to', BigInt(type))] })

describe('a point of rate 0', () => {
  test('draws nothing: there is no input for it, and no run for its size', async () => {
    const model = encode({
      node: [
        node('Reshape', ['x', 's'], ['h']),
        node('Dropout', ['h', 'none'], ['d']),
        node('Dropout', ['x', 'half'], ['e']),
      ],
      input: [info('x', ['n', 4])],
      output: [info('d', undefined), info('e', ['n', 4])],
      initializer: [list('s', -1, 8), constant('none', [], [0]), constant('half', [], [0.5])],
    })
    const { inputs, model: made } = makeStochastic(model)
    expect(inputs).toMatchObject([{ tensor: 'x', stream: 1 }])
    expect(decode(made).graph?.node.map(({ opType }) => opType)).toEqual(['Reshape', 'Identity', 'Mul'])
    const session = await open(model)
    expect(session.points.map(({ rate, stream, name }) => [rate, stream, name])).toEqual([
      [0, 0, undefined],
      [0.5, 1, 'noise_1'],
    ])
    const { mean } = await session.predict({ x: ones(2, 4) }, { samples: 1, seed: 6, output: 'e' })
    expectSameBits(mean, noise({ shape: [2, 4], rate: 0.5, seed: 6, stream: 1 }))
  })

  test('on every place gives the same output each time, and no warning of a draw that is not used', async () => {
    const warn = vi.spyOn(console, 'warn')
    const session = await open(
      encode({
        node: [node('Dropout', ['x'], ['y'])],
        input: [info('x', ['n'])],
        output: [info('y', ['n'])],
      }),
      { rate: 0 },
    )
    const { mean, variance } = await session.predict({ x: filled(3, 5) }, { samples: 4, seed: 1 })
    expect([[...mean], [...variance]]).toEqual([
      [3, 3, 3, 3, 3],
      [0, 0, 0, 0, 0],
    ])
    expect(warn).not.toHaveBeenCalled()
  })
})

describe('inputs that only Dropout read', () => {
  const model = (rest: GraphInit = {}) =>
    encode({
      node: [
        node('Dropout', ['x', 'ratio', 'training'], ['a'], { name: 'one' }),
        node('Dropout', ['a', 'other', 'training'], ['y'], { name: 'two' }),
      ],
      input: [info('x', ['n']), info('ratio', []), info('other', []), info('training', [], BOOL)],
      output: [info('y', ['n'])],
      ...rest,
    })

  test('are no longer asked for', async () => {
    const session = await open(model(), { rate: 0.5 })
    expect(session.inputNames).toEqual(['x'])
    expect((await session.predict({ x: ones(50) }, { samples: 9, seed: 1 })).dims).toEqual([50])
  })

  test('stay where something else reads them, in a branch too', () => {
    const branch = (from: string): GraphInit => ({
      node: [node('Identity', [from], [`${from}_b`])],
      output: [info(`${from}_b`, [])],
    })
    const bytes = model({
      node: [
        node('Dropout', ['x', 'ratio', 'training'], ['y']),
        node('Not', ['training'], ['n']),
        node('If', ['c'], ['z'], {
          attribute: [attribute('then_branch', branch('ratio')), attribute('else_branch', branch('w'))],
        }),
      ],
      output: [info('y', ['n']), info('n', [], BOOL), info('z', [])],
    })
    const names = decode(makeStochastic(bytes, { rate: 0.5 }).model).graph?.input.map(({ name }) => name)
    expect(names).toEqual(['x', 'ratio', 'other', 'training', 'noise_0'])
  })
})

describe('outputs of other floating-point types', () => {
  test.each([
    ['half precision', FLOAT16],
    ['double precision', DOUBLE],
  ])('are converted in the model: %s', async (_, type) => {
    const model = encode({
      node: [
        node('Dropout', ['x'], ['d']),
        cast('d', 'h', type),
        node('Identity', ['h'], ['y']),
        node('Identity', ['y'], ['again']),
      ],
      input: [info('x', ['n', 4])],
      output: [info('y', ['n', 4], type), info('again', ['n', 4], type)],
    })
    const session = await open(model)
    expect(session.outputNames).toEqual(['y', 'again'])
    const expected = noise({ shape: [3, 4], rate: 0.5, seed: 2 })
    for (const output of session.outputNames) {
      const { mean } = await session.predict({ x: ones(3, 4) }, { samples: 1, seed: 2, output })
      expectSameBits(mean, expected)
    }
    // makeStochastic is for any runtime, and leaves the types of a model as they are.
    const types = decode(makeStochastic(model).model).graph?.output.map(({ type }) =>
      type?.value.case === 'tensorType' ? type.value.value.elemType : undefined,
    )
    expect(types).toEqual([type, type])
  })

  test('but integers are refused by name', async () => {
    const session = await open(
      encode({
        node: [node('Dropout', ['x'], ['d']), node('ArgMax', ['d'], ['y'])],
        input: [info('x', ['n', 4])],
        output: [info('y', [1, 4], INT64)],
      }),
    )
    const error = await caught(() => session.predict({ x: ones(3, 4) }, { samples: 1, seed: 2 }))
    expectRefusal(error, RangeError, ["output is 'y'", 'int64', 'floating-point'])
  })
})

describe('tensors of integers', () => {
  const quantized = (op: string, input: string[], output: string[], domain = '') =>
    encode(
      {
        node: [node(op, input, output, { domain }), node('Identity', [output[0]], ['y'])],
        input: [info('x', ['n', 4]), info('byte', ['n', 4], 2), info('weight', [4, 3], 3)],
        output: [info('y', undefined, 0)],
        initializer: [constant('scale', [], [0.5]), { name: 'zero', dataType: 3, dims: [], int32Data: [0] }],
      },
      17,
      {
        opsetImport: [
          { domain: '', version: 17n },
          { domain: 'com.microsoft', version: 1n },
        ],
      },
    )

  test.each<[string, string, string, string[], string[], string?]>([
    ['QuantizeLinear', 'int8', 't', ['x', 'scale', 'zero'], ['t']],
    ['QuantizeLinear', 'uint8', 't', ['x', 'scale'], ['t']],
    ['DynamicQuantizeLinear', 'uint8', 't', ['x'], ['t', 's', 'z']],
    ['DynamicQuantizeLinear', 'uint8', 'z', ['x'], ['t', 's', 'z']],
    ['MatMulInteger', 'int32', 't', ['byte', 'weight'], ['t']],
    [
      'QLinearMatMul',
      'int8',
      't',
      ['byte', 'scale', 'zero', 'weight', 'scale', 'zero', 'scale', 'zero'],
      ['t'],
    ],
    [
      'QGemm',
      'int8',
      't',
      ['byte', 'scale', 'zero', 'weight', 'scale', 'zero', '', 'scale', 'zero'],
      ['t'],
      'com.microsoft',
    ],
  ])('are refused before the runtime sees them: %s of %s, %s', (op, held, tensor, input, output, domain) => {
    const make = () =>
      makeStochastic(quantized(op, input, output, domain), {
        points: [{ tensor, rate: 0.5, noiseShape: [] }],
      })
    expect(make).toThrow(OnnxModelError)
    expect(make).toThrow(new RegExp(`tensor '${tensor}' cannot be dropped: it holds ${held},`))
  })

  test('are told from a result that is not quantized', () => {
    const input = ['byte', 'scale', 'zero', 'weight', 'scale', 'zero', '']
    const bytes = quantized('QGemm', input, ['t'], 'com.microsoft')
    expect(makeStochastic(bytes, { points: [{ tensor: 't', rate: 0.5 }] }).inputs).toMatchObject([
      { elementType: 'float32', shape: ['n', 3] },
    ])
  })
})

describe('a noise shape of too high a rank', () => {
  /** The rank of t is that of the branch taken. */
  const branch = (of: Parameters<typeof node>): GraphInit => ({
    name: of[2][0],
    node: [node(...of)],
    output: [info(of[2][0], undefined)],
  })
  const model = encode({
    node: [
      node('If', ['c'], ['t'], {
        attribute: [
          attribute('then_branch', branch(['Unsqueeze', ['x', 'axis'], ['a']])),
          attribute('else_branch', branch(['Identity', ['x'], ['b']])),
        ],
      }),
      node('Relu', ['t'], ['u']),
      node('Flatten', ['u'], ['f']),
      node('Gemm', ['f', 'w'], ['y']),
    ],
    input: [info('x', ['n', 4]), info('c', [], BOOL)],
    output: [info('y', ['n', 2])],
    initializer: [constant('w', [4, 2], new Array(8).fill(1)), list('axis', 1)],
  })
  const feeds = (c: boolean) => ({ x: ones(2, 4), c: new ort.Tensor('bool', [c], []) })

  test('gets this error, not one of the runtime, where only a run can tell the rank', async () => {
    const session = await open(model, {
      points: [
        { tensor: 't', rate: 0.5, noiseShape: [null, null, null] },
        { tensor: 'f', rate: 0.5 },
      ],
    })
    const options = { samples: 2, seed: 1 }
    expect((await session.predict(feeds(true), options)).dims).toEqual([2, 2])
    const error = await caught(() => session.predict(feeds(false), options))
    expectRefusal(error, RangeError, ["the noise shape of tensor 't' is [null, null, null]", 'rank 2'])
  })

  test('is refused at once where the graph tells it', () => {
    const reshaped = encode({
      node: [
        node('Shape', ['x'], ['shape'], { attribute: [attribute('end', 1n)] }),
        node('Concat', ['shape', 'rest'], ['sizes'], { attribute: [attribute('axis', 0n)] }),
        node('Reshape', ['x', 'sizes'], ['t']),
        node('Relu', ['t'], ['y']),
      ],
      input: [info('x', ['n', 4])],
      output: [info('y', undefined)],
      initializer: [list('rest', 2, 2)],
    })
    const point = { tensor: 't', rate: 0.5 }
    const { inputs } = makeStochastic(reshaped, { points: [point] })
    expect(inputs[0].shape).toEqual(['n', 2, 2])
    const tooLong = () => makeStochastic(reshaped, { points: [{ ...point, noiseShape: [1, 1, 1, 1] }] })
    expect(tooLong).toThrow(RangeError)
    expect(tooLong).toThrow(/rank 3/)
  })
})

describe('a wrong name', () => {
  const model = encode({
    node: [
      node('Constant', [], ['relu_constant'], { attribute: [attribute('value_float', 1)] }),
      node('Conv', ['x', 'relu_weight', 'relu_bias'], ['conv_1']),
      node('Relu', ['conv_1'], ['relu_1']),
      node('Shape', ['relu_1'], ['relu_shape']),
      node('Flatten', ['relu_1'], ['flat']),
      node('Gemm', ['flat', 'w'], ['y']),
    ],
    input: [info('x', ['n', 1, 4, 4])],
    output: [info('y', ['n', 2])],
    initializer: [
      constant('relu_weight', [1, 1, 1, 1], [1]),
      constant('relu_bias', [1], [0]),
      constant('w', [16, 2], new Array(32).fill(1)),
    ],
  })
  const offered = async (tensor: string) => {
    const error = await caught(async () => makeStochastic(model, { points: [{ tensor, rate: 0.5 }] }))
    expect(error).toBeInstanceOf(RangeError)
    return /There are e\.g\. (.*)\./.exec(error.message)?.[1]
  }

  test('is answered with the nearest activations first, and without weights, constants and shapes', async () => {
    expect(await offered('flatt')).toBe("'flat', 'conv_1', 'relu_1', 'y'")
    expect(await offered('Relu1')).toBe("'relu_1', 'conv_1', 'flat', 'y'")
    expect(await offered('/net/relu_1')).toBe("'relu_1', 'conv_1', 'flat', 'y'")
    expect(await offered('something else')).toBe("'conv_1', 'relu_1', 'flat', 'y'")
  })
})

describe('describeModel', () => {
  test('lists tensors with kind, type, shape and producer, those of branches too', () => {
    const branch = (name: string): GraphInit => ({
      node: [node('Relu', ['h'], [name])],
      output: [info(name, ['n', 3], FLOAT16)],
    })
    const bytes = encode(
      {
        node: [
          node('Gemm', ['x', 'w'], ['h'], { name: 'fc' }),
          node('Dropout', ['h'], ['d', 'mask']),
          node('ArgMax', ['d'], ['best']),
          node('If', ['c'], ['y'], {
            attribute: [attribute('then_branch', branch('a')), attribute('else_branch', branch('b'))],
          }),
        ],
        input: [info('x', ['n', 4], FLOAT16), info('c', [], BOOL), info('w', [4, 3], FLOAT16)],
        output: [info('y', ['n', 3], FLOAT16), info('best', [1, 3], INT64)],
        initializer: [{ name: 'w', dataType: FLOAT16, dims: [4n, 3n], rawData: new Uint8Array(24) }],
      },
      13,
    )
    const { operatorSet, inputNames, outputNames, tensors } = describeModel(bytes)
    expect([operatorSet, inputNames, outputNames]).toEqual([13, ['x', 'c'], ['y', 'best']])
    expect(tensors.map(({ name, kind, elementType, shape }) => [name, kind, elementType, shape])).toEqual([
      ['x', 'input', 'float16', ['n', 4]],
      ['c', 'input', 'bool', []],
      ['w', 'weight', 'float16', [4, 3]],
      ['h', 'activation', 'float16', ['n', 3]],
      ['d', 'activation', 'float16', ['n', 3]],
      ['mask', 'other', 'bool', ['n', 3]],
      ['best', 'other', 'int64', [1, 3]],
      ['y', 'activation', 'float16', ['n', 3]],
      ['a', 'activation', 'float16', ['n', 3]],
      ['b', 'activation', 'float16', ['n', 3]],
    ])
    const find = (wanted: string) => tensors.find(({ name }) => name === wanted)
    expect(find('h')).toMatchObject({
      producer: { operator: 'Gemm', name: 'fc' },
      isOutput: false,
      isDropout: false,
    })
    expect(find('d')).toMatchObject({ producer: { operator: 'Dropout', name: 'd' }, isDropout: true })
    expect(find('y')).toMatchObject({ isOutput: true })
    expect(find('w')?.producer).toBeUndefined()
  })

  test('takes what makeStochastic takes, and refuses the rest', () => {
    expect(() => describeModel(new Uint8Array(7))).toThrow(OnnxModelError)
    expect(() => describeModel('model.onnx' as unknown as Uint8Array)).toThrow(TypeError)
  })
})

describe('points in the branches of an If', () => {
  /** In a branch of a branch, with sizes that only a run can tell: half of them. */
  const halved = (name: string): GraphInit => ({
    name,
    node: [
      node('Reshape', ['x', 'shape'], [`${name}_r`]),
      node('Dropout', [`${name}_r`], [`${name}_d`], { name: `drop ${name}` }),
      node('ReduceSum', [`${name}_d`], [name], { attribute: [attribute('keepdims', 0n)] }),
    ],
    output: [info(name, [])],
  })
  const either = (condition: string, yes: GraphInit, no: GraphInit, out: string) =>
    node('If', [condition], [out], {
      attribute: [attribute('then_branch', yes), attribute('else_branch', no)],
    })
  const model = encode({
    node: [
      either(
        'c',
        halved('one'),
        {
          name: 'else',
          node: [either('d', halved('two'), halved('three'), 'inner')],
          output: [info('inner', [])],
        },
        'y',
      ),
    ],
    input: [info('x', ['n', 'm']), info('c', [], BOOL), info('d', [], BOOL), info('shape', [2], INT64)],
    output: [info('y', [])],
  })
  const truth = (value: boolean) => new ort.Tensor('bool', [value], [])
  const feeds = (c: boolean, d: boolean) => ({
    ...{ x: ones(4, 6), c: truth(c), d: truth(d) },
    shape: new ort.Tensor('int64', BigInt64Array.of(-1n, 2n), [2]),
  })

  test('get their sizes from the branch that is taken, in each prediction', async () => {
    const session = await open(model)
    expect(session.outputNames).toEqual(['y'])
    const total = async (c: boolean, d: boolean) =>
      (await session.predict(feeds(c, d), { samples: 1, seed: 4 })).mean[0]
    const drawn = (stream: number) =>
      noise({ shape: [12, 2], rate: 0.5, seed: 4, stream }).reduce((sum, value) => sum + value, 0)
    expect(session.points.map(({ node }) => node)).toEqual(['drop one', 'drop two', 'drop three'])
    expect(await total(true, true)).toBe(drawn(0))
    expect(await total(false, true)).toBe(drawn(1))
    expect(await total(false, false)).toBe(drawn(2))
    expect(await total(true, false)).toBe(drawn(0))
  })
})

describe('oneMaskForBatch', () => {
  const one = { samples: 1, seed: 5, oneMaskForBatch: true }
  const transposed = (rest: GraphInit = {}) =>
    encode({
      node: [
        node('Transpose', ['x'], ['t'], { attribute: [attribute('perm', [1n, 0n, 2n])] }),
        node('Dropout', ['t'], ['y']),
      ],
      input: [info('x', ['batch', 'steps', 4])],
      output: [info('y', ['steps', 'batch', 4])],
      ...rest,
    })

  test('shares the noise along the dim of the batch, also where that is not the first', async () => {
    const session = await open(transposed())
    const { mean } = await session.predict({ x: ones(3, 2, 4) }, one)
    const step = noise({ shape: [2, 1, 4], rate: 0.5, seed: 5 })
    const expected = Array.from({ length: 24 }, (_, i) => step[Math.floor(i / 12) * 4 + (i % 4)])
    expectSameBits(mean, Float32Array.from(expected))
    const fixed = await open(transposed({ input: [info('x', [3, 2, 4])], output: [info('y', [2, 3, 4])] }))
    expectSameBits((await fixed.predict({ x: ones(3, 2, 4) }, one)).mean, mean)
  })

  const merged = encode({
    node: [node('Reshape', ['x', 'flat'], ['t']), node('Dropout', ['t'], ['y'], { name: 'drop' })],
    input: [info('x', ['batch', 'steps', 4])],
    output: [info('y', ['rows', 4])],
    initializer: [list('flat', -1, 4)],
  })

  test('is refused where the batch is merged with another dim, unless there is one row', async () => {
    const session = await open(merged)
    const error = await caught(() => session.predict({ x: ones(3, 2, 4) }, one))
    expectRefusal(error, RangeError, [
      'oneMaskForBatch is true',
      "Dropout node 'drop'",
      '[6, 4]',
      /batch of 3/,
    ])
    expectSameBits(
      (await session.predict({ x: ones(1, 2, 4) }, one)).mean,
      noise({ shape: [2, 4], rate: 0.5, seed: 5 }),
    )
    const apart = { samples: 1, seed: 5 }
    expectSameBits(
      (await session.predict({ x: ones(3, 2, 4) }, apart)).mean,
      noise({ shape: [6, 4], rate: 0.5, seed: 5 }),
    )
  })

  test('leaves a tensor without a batch alone', async () => {
    const session = await open(
      encode({
        node: [node('Dropout', ['table'], ['t']), node('Add', ['x', 't'], ['y'])],
        input: [info('x', ['batch', 2, 4]), info('table', [2, 4])],
        output: [info('y', ['batch', 2, 4])],
      }),
    )
    const { mean } = await session.predict({ x: filled(0, 3, 2, 4), table: ones(2, 4) }, one)
    const table = noise({ shape: [2, 4], rate: 0.5, seed: 5 })
    expectSameBits(mean, Float32Array.of(...table, ...table, ...table))
  })

  test('goes by the sizes of a run where the graph tells nothing', async () => {
    const opaque = (perm: bigint[]) =>
      encode({
        node: [
          node('Transpose', ['x'], ['p'], { attribute: [attribute('perm', perm)] }),
          node('Reshape', ['p', 'shape'], ['t']),
          node('Dropout', ['t'], ['y']),
        ],
        input: [info('x', ['batch', 'steps', 4]), info('shape', [3], INT64)],
        output: [info('y', undefined)],
      })
    const shape = (...sizes: number[]) => new ort.Tensor('int64', BigInt64Array.from(sizes, BigInt), [3])
    const session = await open(opaque([0n, 1n, 2n]))
    const { mean } = await session.predict({ x: ones(3, 2, 4), shape: shape(3, 2, 4) }, one)
    const row = noise({ shape: [1, 2, 4], rate: 0.5, seed: 5 })
    expectSameBits(mean, Float32Array.of(...row, ...row, ...row))
    const moved = await open(opaque([1n, 0n, 2n]))
    const error = await caught(() => moved.predict({ x: ones(3, 2, 4), shape: shape(2, 3, 4) }, one))
    expectRefusal(error, RangeError, ['oneMaskForBatch', '[2, 3, 4]'])
  })
})

test('types that hold no more than float32 are casts of the noise', async () => {
  const bytes = encode({
    node: [cast('x', 'h', BFLOAT16), node('Dropout', ['h'], ['d']), cast('d', 'y', FLOAT)],
    input: [info('x', ['n'])],
    output: [info('y', ['n'])],
  })
  expect(makeStochastic(bytes).inputs[0].elementType).toBe('bfloat16')
})
