/** What makeStochastic makes of a model, read back with the schema of ONNX. */

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { makeStochastic, OnnxModelError, type StochasticOptions } from 'noiseshape/onnx'
import { describe, expect, test } from 'vitest'
import { property } from '../support/draws'
import {
  attribute,
  BFLOAT16,
  DOUBLE,
  decode,
  encode,
  FLOAT16,
  floats,
  type GraphInit,
  INT64,
  info,
  node,
  toBytes,
} from '../support/onnx-models'
import { isSound } from '../support/sound-model'

const golden = (name: string) => new Uint8Array(readFileSync(`test/golden/onnx/${name}.onnx`))

/** The main graph of the result: nodes as `Op(inputs) -> outputs`. */
function rewritten(bytes: Uint8Array, options?: StochasticOptions) {
  const { model, inputs } = makeStochastic(bytes, options)
  const proto = decode(model)
  const graph = proto.graph as NonNullable<typeof proto.graph>
  return { model, inputs, proto, graph, nodes: show(graph) }
}

function show(graph: { node: { opType: string; input: string[]; output: string[] }[] }): string[] {
  return graph.node.map(({ opType, input, output }) => `${opType}(${input}) -> ${output}`)
}

/** x -> Relu -> Dropout -> y, of some opset, with the inputs and attributes of the Dropout. */
const chain = (
  opset: number,
  dropout: Parameters<typeof node>[3] & { more?: string[] },
  rest: GraphInit = {},
) => {
  const { more = [], ...own } = dropout
  return encode(
    {
      name: 'chain',
      node: [node('Relu', ['x'], ['h']), node('Dropout', ['h', ...more], ['y'], { name: 'drop', ...own })],
      input: [info('x', ['n', 3])],
      output: [info('y', ['n', 3])],
      ...rest,
    },
    opset,
  )
}

describe('a Dropout node', () => {
  test('becomes a product by a new input, in its place and under its name', () => {
    const { nodes, graph, inputs } = rewritten(golden('opset12'))
    expect(nodes).toEqual([
      'Gemm(x,w1,b1) -> linear',
      'Relu(linear) -> hidden',
      'Mul(hidden,noise_0) -> dropped',
      'Gemm(dropped,w2,b2) -> y',
    ])
    expect(graph.node[2]).toMatchObject({ name: 'drop', attribute: [] })
    expect(graph.input.map(({ name }) => name)).toEqual(['x', 'noise_0'])
    expect(inputs).toEqual([
      {
        name: 'noise_0',
        node: 'drop',
        tensor: 'hidden',
        shape: ['batch', 6],
        rate: 0.3,
        noiseShape: [null, null],
        elementType: 'float32',
        stream: 0,
      },
    ])
  })

  test.each([
    ['an attribute, opset 7', golden('opset7'), 0.25],
    ['no attribute, opset 11', golden('opset11'), 0.5],
    ['an initializer, opset 12', golden('opset12'), 0.3],
    ['a Constant node, opset 13', golden('opset13'), 0.2],
    ['a float16 initializer', golden('float16'), 0.3],
    ['no input, opset 22', chain(22, {}), 0.5],
    ['an input left out, opset 13', chain(13, { more: ['', ''] }), 0.5],
    [
      'a float in float_data',
      chain(12, { more: ['r'] }, { initializer: [floats('r', [], [Math.fround(0.15)])] }),
      0.15,
    ],
    [
      'a double',
      chain(
        13,
        { more: ['r'] },
        { initializer: [{ name: 'r', dataType: DOUBLE, doubleData: [0.1234567890123] }] },
      ),
      0.1234567890123,
    ],
  ])('has its ratio from %s', (_, bytes, rate) => {
    expect(rewritten(bytes).inputs[0].rate).toBe(rate)
  })

  test('whose ratio is an input of the model needs a rate', () => {
    const bytes = chain(13, { more: ['r'] }, { input: [info('x', ['n', 3]), info('r', [])] })
    expect(() => makeStochastic(bytes)).toThrow(/the rate of Dropout node 'drop' is undefined/)
    expect(rewritten(bytes, { rate: 0.4 }).inputs[0].rate).toBe(0.4)
    expect(rewritten(bytes, { points: [{ node: 'drop', rate: 0.6 }], rate: 0.4 }).inputs[0].rate).toBe(0.6)
  })

  test('whose mask is read still outputs a mask of the whole shape', () => {
    expect(rewritten(golden('opset11')).nodes.slice(2, 6)).toEqual([
      'Mul(hidden,noise_0) -> dropped',
      'Cast(noise_0) -> noise_0_kept',
      'Less(hidden,hidden) -> noise_0_none',
      'Or(noise_0_kept,noise_0_none) -> mask',
    ])
    const old = chain(7, { output: ['y', 'm'] }, { output: [info('y', ['n', 3]), info('m', ['n', 3])] })
    expect(rewritten(old).nodes.at(-1)).toBe('Cast(noise_0_mask) -> m')
  })

  test('whose mask is never read outputs none', () => {
    expect(rewritten(chain(13, { output: ['y', 'm'] })).nodes).toEqual([
      'Relu(x) -> h',
      'Mul(h,noise_0) -> y',
    ])
  })

  test('in half precision has its noise converted in the model', () => {
    const { nodes, inputs, graph } = rewritten(golden('float16'))
    expect(nodes.slice(2, 4)).toEqual([
      'Cast(noise_0) -> noise_0_float16',
      'Mul(hidden,noise_0_float16) -> dropped',
    ])
    expect(graph.node[2].attribute[0]).toMatchObject({ name: 'to', i: BigInt(FLOAT16) })
    expect(inputs[0].elementType).toBe('float16')
  })

  test('of another domain is left alone', () => {
    const bytes = chain(13, { domain: 'com.example' })
    expect(() => makeStochastic(bytes)).toThrow(/has no Dropout node/)
  })
})

describe('the noise input', () => {
  const dims = (bytes: Uint8Array, options?: StochasticOptions) => {
    const { type } = rewritten(bytes, options).graph.input.at(-1) ?? {}
    const tensor = type?.value.case === 'tensorType' ? type.value.value : undefined
    return tensor?.shape?.dim.map(({ value }) =>
      typeof value.value === 'bigint' ? Number(value.value) : value.value,
    )
  }

  test('has fixed sizes, except for the first, the batch', () => {
    expect(dims(golden('opset13'))).toEqual(['noise_0_0', 6])
    expect(dims(golden('opset13'), { noiseShape: [1, null] })).toEqual([1, 6])
    expect(dims(golden('opset13'), { noiseShape: [null] })).toEqual([1, 6])
    expect(dims(golden('opset7'))).toEqual(['noise_0_0', 6])
  })

  test('has a name that the model does not have, also not in a subgraph', () => {
    const bytes = chain(13, { name: 'noise_0' }, { initializer: [floats('noise_0_1', [], [1])] })
    expect(rewritten(bytes).inputs[0].name).toBe('noise_0_2')
  })
})

describe('the rank of a tensor', () => {
  const rank = (op: Parameters<typeof node>[], initializer: GraphInit['initializer'] = [], opset = 17) =>
    rewritten(
      encode(
        {
          node: [...op.map((args) => node(...args)), node('Dropout', ['t'], ['y'])],
          input: [info('x', ['n', 3, 'h', 'w'])],
          output: [info('y', undefined)],
          initializer,
        },
        opset,
      ),
    ).inputs[0].noiseShape.length
  const indices = (name: string, count: number) => ({
    name,
    dataType: INT64,
    dims: [BigInt(count)],
    int64Data: new Array<bigint>(count).fill(1n),
  })

  test.each<[string, number, Parameters<typeof rank>]>([
    ['Conv', 4, [[['Conv', ['x', 'k'], ['t']]]]],
    [
      'a chain',
      4,
      [
        [
          ['Conv', ['x', 'k'], ['a']],
          ['BatchNormalization', ['a'], ['b']],
          ['MaxPool', ['b'], ['t']],
        ],
      ],
    ],
    ['Flatten', 2, [[['Flatten', ['x'], ['t']]]]],
    ['Reshape', 3, [[['Reshape', ['x', 's'], ['t']]], [indices('s', 3)]]],
    ['Unsqueeze', 6, [[['Unsqueeze', ['x', 'a'], ['t']]], [indices('a', 2)]]],
    [
      'Squeeze before opset 13',
      3,
      [[['Squeeze', ['x'], ['t'], { attribute: [{ name: 'axes', ints: [0n] }] }]], [], 11],
    ],
    ['MatMul', 4, [[['MatMul', ['x', 'm'], ['t']]], [floats('m', [5, 2], new Array(10).fill(0))]]],
    ['Add', 4, [[['Add', ['b', 'x'], ['t']]], [floats('b', [3], [1, 2, 3])]]],
    ['Gather', 5, [[['Gather', ['x', 'i'], ['t']]], [{ ...indices('i', 4), dims: [2n, 2n] }]]],
    ['Expand to more dims', 5, [[['Expand', ['x', 's'], ['t']]], [indices('s', 5)]]],
    ['Expand to fewer dims', 4, [[['Expand', ['x', 's'], ['t']]], [indices('s', 2)]]],
    ['ReduceMean', 4, [[['ReduceMean', ['x'], ['t']]]]],
    ['LSTM', 4, [[['LSTM', ['x', 'w', 'r'], ['t']]]]],
  ])('is carried through %s', (_, expected, args) => {
    expect(rank(...args)).toBe(expected)
  })

  test('is asked for where the model does not state it', () => {
    expect(() => rank([['Einsum', ['x'], ['t']]])).toThrow(/does not state the rank.*Pass one of its rank/)
  })

  test('may then come from the noise shape', () => {
    const bytes = encode({
      node: [node('Einsum', ['x'], ['t']), node('Dropout', ['t'], ['y'])],
      input: [info('x', ['n', 3])],
      output: [info('y', undefined)],
    })
    expect(rewritten(bytes, { noiseShape: [null, 1] }).inputs[0]).toMatchObject({
      shape: [null, null],
      noiseShape: [null, 1],
    })
  })
})

describe('the type of a further output', () => {
  const second =
    (op: string, input: string[] = ['x']) =>
    () =>
      makeStochastic(
        encode({
          node: [node(op, input, ['first', 'second'])],
          input: [info('x', ['n', 3, 8])],
          output: [info('first', ['n', 3, 4])],
          initializer: [{ name: 'k', dataType: INT64, dims: [1n], int64Data: [2n] }],
        }),
        { points: [{ tensor: 'second', rate: 0.5 }] },
      )

  test.each([
    ['MaxPool', 'int64', ['x']],
    ['TopK', 'int64', ['x', 'k']],
    ['Dropout', 'bool', ['x']],
  ])('of %s is %s, which is not dropped', (op, type, input) => {
    expect(second(op, input)).toThrow(OnnxModelError)
    expect(second(op, input)).toThrow(new RegExp(`tensor 'second' cannot be dropped: it holds ${type},`))
  })

  test('of an operator with outputs of many kinds is not taken for one of these', () => {
    expect(second('Scan', ['x', 'w', 'r'])).toThrow(/does not state the rank/)
  })

  test('of Split is that of the first, and so is its rank', () => {
    const { inputs } = second('Split')()
    expect(inputs[0]).toMatchObject({ tensor: 'second', shape: [null, 3, 8], elementType: 'float32' })
  })
})

describe('a ratio in half precision', () => {
  /** As ONNX stores it, in either of two places: little-endian bytes, or a number of int32_data. */
  const rateOf = (bits: number, packed: boolean, dataType: number = FLOAT16) => {
    const where = packed ? { rawData: Uint8Array.of(bits & 255, bits >> 8) } : { int32Data: [bits] }
    let rate: number | undefined
    makeStochastic(chain(13, { more: ['r'] }, { initializer: [{ name: 'r', dataType, ...where }] }), {
      rate: ({ ratio }) => {
        rate = ratio
        return ratio
      },
    })
    return rate
  }

  test.each([
    ['zero', 0x0000, 0],
    ['2^-16, below the normal numbers', 0x0100, 0.00001526],
    ['2^-15, below the normal numbers', 0x0200, 0.00003052],
    ['2^-14, the smallest normal number', 0x0400, 0.00006104],
    ['0.1', 0x2e66, 0.1],
    ['0.3', 0x34cd, 0.3],
    ['a half', 0x3800, 0.5],
    ['one', 0x3c00, 1],
  ])('of %s is the shortest decimal that means it', (_, bits, expected) => {
    expect(rateOf(bits, true)).toBe(expected)
    expect(rateOf(bits, false)).toBe(expected)
  })

  test.each([
    ['minus a half', 0xb800, /rate is -0.5/],
    ['two', 0x4000, /rate is 2/],
    ['infinity', 0x7c00, /rate is NaN/],
    ['no number', 0x7e00, /rate is NaN/],
  ])('of %s is refused', (_, bits, message) => {
    expect(() => rateOf(bits, true)).toThrow(message)
    expect(() => rateOf(bits, false)).toThrow(message)
  })

  test.each([
    ['0.1', 0x3dcd, 0.1],
    ['0.3', 0x3e9a, 0.3],
    ['a half', 0x3f00, 0.5],
  ])('of %s as bfloat16 is the shortest decimal that means it', (_, bits, expected) => {
    expect(rateOf(bits, true, BFLOAT16)).toBe(expected)
    expect(rateOf(bits, false, BFLOAT16)).toBe(expected)
  })
})

describe('named points', () => {
  test('the output of a node: its readers get the product', () => {
    const { nodes, inputs } = rewritten(golden('inference'), {
      points: [{ tensor: 'maps', rate: 0.3, noiseShape: [null, null, 1, 1] }],
    })
    expect(nodes).toEqual([
      'Conv(x,kernel) -> conv',
      'Relu(conv) -> maps_without_noise',
      'Mul(maps_without_noise,noise_0) -> maps',
      'Flatten(maps) -> features',
      'Gemm(features,w,b) -> y',
    ])
    expect(inputs[0]).toMatchObject({
      node: undefined,
      tensor: 'maps',
      rate: 0.3,
      noiseShape: [null, null, 1, 1],
    })
  })

  test('an input or an initializer: those who read it read the product', () => {
    const { nodes } = rewritten(golden('inference'), {
      points: [{ tensor: 'x' }, { tensor: 'w' }],
      rate: 0.1,
    })
    expect(nodes).toEqual(
      [
        'Mul(w,noise_1) -> w_with_noise',
        'Conv(x_with_noise,kernel) -> conv',
        'Relu(conv) -> maps',
        'Flatten(maps) -> features',
        'Gemm(features,w_with_noise,b) -> y',
      ].toSpliced(0, 0, 'Mul(x,noise_0) -> x_with_noise'),
    )
  })

  test('an output of the model keeps its name', () => {
    const { nodes, graph } = rewritten(golden('inference'), { points: [{ tensor: 'y', rate: 0.1 }] })
    expect(nodes.at(-1)).toBe('Mul(y_without_noise,noise_0) -> y')
    expect(graph.output.map(({ name }) => name)).toEqual(['y'])
  })

  test('the output of a Dropout names that Dropout', () => {
    const byTensor = rewritten(golden('opset13'), { points: [{ tensor: 'dropped' }] })
    expect(byTensor.inputs).toEqual(rewritten(golden('opset13')).inputs)
    expect(byTensor.nodes).toEqual(rewritten(golden('opset13'), { points: [{ node: 'drop' }] }).nodes)
  })

  test('Dropout nodes that are not named become inactive', () => {
    const { nodes } = rewritten(golden('convolutions'), { points: [{ node: 'drop2' }] })
    expect(nodes[2]).toBe('Identity(maps) -> kept')
    expect(nodes[6]).toBe('Mul(features,noise_0) -> dropped')
  })

  test('a Dropout and the tensor that it reads', () => {
    const points = [{ tensor: 'x', rate: 0.1 }, { node: 'drop' }]
    const bytes = encode({
      node: [node('Dropout', ['x'], ['y'], { name: 'drop' })],
      input: [info('x', ['n'])],
      output: [info('y', ['n'])],
    })
    expect(rewritten(bytes, { points }).nodes).toEqual([
      'Mul(x,noise_0) -> x_with_noise',
      'Mul(x_with_noise,noise_1) -> y',
    ])
    expect(rewritten(bytes, { points: points.toReversed() }).nodes).toEqual([
      'Mul(x,noise_1) -> x_with_noise',
      'Mul(x_with_noise,noise_0) -> y',
    ])
  })

  test('rates and noise shapes come from the point, then from a rule, then from the node', () => {
    const { inputs } = rewritten(golden('convolutions'), {
      points: [{ node: 'drop2', rate: 0.9 }, { node: 'drop1' }],
      rate: ({ ratio }) => (ratio === 0.4 ? undefined : 0.1),
      noiseShape: ({ shape }) => (shape?.length === 4 ? [null, null, 1, 1] : undefined),
    })
    expect(inputs.map(({ node, rate, noiseShape }) => [node, rate, noiseShape])).toEqual([
      ['drop2', 0.9, [null, null]],
      ['drop1', 0.4, [null, null, 1, 1]],
    ])
  })
})

describe('subgraphs', () => {
  test('get noise from the main graph', () => {
    const { graph, inputs } = rewritten(golden('subgraphs'))
    const inner = graph.node.flatMap(({ attribute }) => attribute.flatMap(({ g }) => (g ? [show(g)] : [])))
    expect(inner).toEqual([
      ['Mul(hidden,two) -> else_scaled', 'Mul(else_scaled,noise_1) -> else_out'],
      ['Mul(hidden,one) -> then_scaled', 'Mul(then_scaled,noise_2) -> then_out'],
      ['Mul(state,noise_3) -> kept', 'Add(kept,one) -> next_state', 'Identity(condition) -> next_condition'],
    ])
    expect(inputs.map(({ node }) => node)).toEqual(['drop', 'else_drop', 'then_drop', 'loop_drop'])
    expect(graph.input.map(({ name }) => name)).toEqual([
      'x',
      'first',
      'noise_0',
      'noise_1',
      'noise_2',
      'noise_3',
    ])
  })

  test('read the product of a tensor that they capture', () => {
    const { graph } = rewritten(golden('subgraphs'), { points: [{ tensor: 'one', rate: 0.1 }] })
    const bodies = graph.node.flatMap(({ attribute }) => attribute.flatMap(({ g }) => (g ? show(g) : [])))
    expect(bodies).toContain('Mul(hidden,one_with_noise) -> then_scaled')
    expect(bodies).toContain('Add(kept,one_with_noise) -> next_state')
  })
})

describe('the rest of a model', () => {
  test.each(['opset7', 'opset12', 'opset13', 'opset22', 'functions', 'external', 'subgraphs', 'float16'])(
    'stays as it is, byte for byte: %s',
    (name) => {
      const before = decode(golden(name))
      const { proto: after, inputs } = rewritten(golden(name))
      const leaves = ({ graph }: typeof before) =>
        graph?.node.filter(({ attribute }) => attribute.every(({ g }) => g === undefined)) ?? []
      for (const leaf of leaves(before).filter(({ opType }) => opType !== 'Dropout')) {
        expect(leaves(after)).toContainEqual(leaf)
      }
      after.graph?.input.splice(-inputs.length)
      if (after.graph && before.graph) after.graph.node = before.graph.node
      expect(toBytes(after)).toEqual(golden(name))
    },
  )

  test('unknown fields stay, byte for byte', () => {
    const unknown = Uint8Array.of(0xfa, 0x3e, 5, ...new TextEncoder().encode('later')) // field 1007, a string
    const bytes = Uint8Array.of(...chain(13, {}), ...unknown)
    const { model } = makeStochastic(bytes)
    expect(Buffer.from(model).includes(Buffer.from(unknown))).toBe(true)
  })

  test('a field with its default value stays in the file', () => {
    const bytes = chain(
      13,
      {},
      {
        node: [
          node('Softmax', ['x'], ['h'], { attribute: [attribute('axis', 0n)] }),
          node('Dropout', ['h'], ['y']),
        ],
      },
    )
    const [softmax] = rewritten(bytes).graph.node
    expect(softmax.attribute).toEqual(decode(bytes).graph?.node[0].attribute)
    expect(Object.hasOwn(softmax.attribute[0], 'i')).toBe(true)
  })

  test('the bytes passed in are not altered', () => {
    const bytes = golden('opset22')
    makeStochastic(bytes)
    expect(bytes).toEqual(golden('opset22'))
  })

  test('an ArrayBuffer is accepted too', () => {
    const bytes = golden('opset13')
    expect(makeStochastic(bytes.buffer).model).toEqual(makeStochastic(bytes).model)
  })
})

describe('bytes that are no model', () => {
  test.each([
    ['nothing', new Uint8Array()],
    ['text', new TextEncoder().encode('<!doctype html><title>404</title>')],
    ['a zip file', Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 0, 0)],
    ['zeros', new Uint8Array(1000)],
    ['a model without operator sets', encode({ node: [], output: [info('y', [])] }, 13, { opsetImport: [] })],
    ['a model of opset 6', encode({ node: [], output: [info('y', [])] }, 6)],
    ['a model without a graph output', encode({ node: [] })],
  ])('%s is an OnnxModelError', (_, bytes) => {
    expect(() => makeStochastic(bytes)).toThrow(OnnxModelError)
  })

  test.each([[undefined], ['model.onnx'], [[8, 7]], [new Float32Array(4)]])('%s is a TypeError', (value) => {
    expect(() => makeStochastic(value as unknown as Uint8Array)).toThrow(TypeError)
  })

  test('a file cut off anywhere is an OnnxModelError', () => {
    const bytes = golden('opset22') // the operator set, which every model must have, is its last field
    for (let length = 0; length < bytes.length; length++) {
      expect(() => makeStochastic(bytes.subarray(0, length)), `${length} bytes`).toThrow(OnnxModelError)
    }
  })

  test('damaged or random bytes give a model or one of the documented errors', () => {
    const documented = (bytes: Uint8Array) => {
      try {
        const { model } = makeStochastic(bytes, { rate: 0.5 })
        if (isSound(bytes)) decode(model)
      } catch (error) {
        const isDocumented =
          error instanceof OnnxModelError ||
          ((error instanceof RangeError || error instanceof TypeError) &&
            error.message.startsWith('noiseshape: '))
        if (!isDocumented) throw error
      }
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), documented), property(500))
    const names = fc.constantFrom('opset22', 'subgraphs', 'functions', 'float16')
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(names, damage, (name, changes) => {
        const bytes = golden(name)
        for (const [place, value] of changes) bytes[place % bytes.length] = value
        documented(bytes)
      }),
      property(1500),
    )
  })

  test('graphs nested too deeply are refused', () => {
    let graph: GraphInit = { node: [node('Dropout', ['a'], ['b'])] }
    for (let depth = 0; depth < 60; depth++) {
      graph = { node: [node('If', ['c'], ['d'], { attribute: [attribute('then_branch', graph)] })] }
    }
    const bytes = encode({ ...graph, output: [info('y', [])] })
    expect(() => makeStochastic(bytes)).toThrow(OnnxModelError)
  })
})

describe('wrong arguments', () => {
  const point = (given: object) => ({ points: [given] }) as StochasticOptions
  test.each<
    [string, StochasticOptions, typeof TypeError | typeof RangeError | typeof OnnxModelError, RegExp]
  >([
    [
      'a tensor that is not there',
      point({ tensor: 'nope', rate: 0.1 }),
      RangeError,
      /points\[0\]\.tensor is 'nope'.*no tensor of that name.*'maps'/s,
    ],
    [
      'a node that is not there',
      point({ node: 'nope' }),
      RangeError,
      /no Dropout node of that name.*'drop1', 'drop2'/,
    ],
    ['a node that is no Dropout', point({ node: 'relu' }), RangeError, /no Dropout node of that name/],
    ['both names', point({ node: 'drop1', tensor: 'kept' }), TypeError, /not both/],
    ['no name', point({ rate: 0.5 }), TypeError, /a tensor or a node/],
    ['no points', { points: [] }, RangeError, /at least one/],
    [
      'one place twice',
      { points: [{ node: 'drop1' }, { tensor: 'kept' }] },
      RangeError,
      /points\[0\] is the same place/,
    ],
    [
      'a tensor without a rate',
      point({ tensor: 'maps' }),
      TypeError,
      /the rate of tensor 'maps' is undefined/,
    ],
    ['a rate above 1', { rate: 1.5 }, RangeError, /rate is 1.5/],
    ['a rate of NaN from a rule', { rate: () => Number.NaN }, RangeError, /rate is NaN/],
    ['a noise shape that is too long', { noiseShape: [1, 1, 1, 1, 1] }, RangeError, /rank 4/],
    [
      'a noise shape that would grow the output',
      point({ tensor: 'x', rate: 0.1, noiseShape: [null, 2, 1, 1] }),
      RangeError,
      /1 or the tensor's own size/,
    ],
    ['a noise shape of words', { noiseShape: ['n'] as unknown as number[] }, TypeError, /a number or null/],
    ['a tensor of integers', point({ tensor: 'shape', rate: 0.1 }), OnnxModelError, /holds int64/],
  ])('%s', (_, options, Kind, message) => {
    const proto = decode(golden('convolutions'))
    proto.graph?.node.push(...(decode(encode({ node: [node('Shape', ['x'], ['shape'])] })).graph?.node ?? []))
    const bytes = encode(proto.graph as GraphInit)
    expect(() => makeStochastic(bytes, options)).toThrow(Kind)
    expect(() => makeStochastic(bytes, options)).toThrow(message)
  })

  test.each([
    [
      'a list of points in place of the options',
      [{ tensor: 'maps', rate: 0.1 }],
      /options is \[.*\{ points: /,
    ],
    [
      'a list in the list of points',
      { points: [[{ tensor: 'maps' }]] },
      /points\[0\] is \[.*must be an object/,
    ],
  ])('%s is named, also where the model has no Dropout node', (_, options, message) => {
    for (const name of ['convolutions', 'inference']) {
      const make = () => makeStochastic(golden(name), options as StochasticOptions)
      expect(make).toThrow(TypeError)
      expect(make).toThrow(message)
    }
  })

  test('a model without Dropout asks for names', () => {
    expect(() => makeStochastic(golden('inference'))).toThrow(OnnxModelError)
    expect(() => makeStochastic(golden('inference'))).toThrow(/has no Dropout node.*points: \[/)
  })

  test('a Dropout in a function of the model is reported', () => {
    expect(() => makeStochastic(golden('dropout-in-function'))).toThrow(
      /function 'Drop' holds a Dropout node/,
    )
    const points = [{ tensor: 'hidden', rate: 0.5 }]
    expect(rewritten(golden('dropout-in-function'), { points }).nodes).toContain(
      'Mul(hidden_without_noise,noise_0) -> hidden',
    )
  })

  test('a name that stands for several nodes is refused', () => {
    const drop = (output: string) => node('Dropout', ['x'], [output], { name: 'drop' })
    const bytes = encode({
      node: [drop('a'), drop('y')],
      input: [info('x', ['n'])],
      output: [info('y', ['n'])],
    })
    expect(() => makeStochastic(bytes, point({ node: 'drop' }))).toThrow(/2 Dropout nodes of that name/)
  })
})
