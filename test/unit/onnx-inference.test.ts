/** Types and ranks of tensors that a model does not declare, by the definitions of the ONNX operators. */

import { makeStochastic, OnnxModelError } from 'noiseshape/onnx'
import { describe, expect, test } from 'vitest'
import {
  attribute,
  BFLOAT16,
  BOOL,
  DOUBLE,
  encode,
  FLOAT,
  FLOAT16,
  floats,
  type GraphInit,
  INT64,
  info,
  node,
} from '../support/onnx-models'

type Nodes = GraphInit['node']
type Ints = { name: string; ints: bigint[] }

const ints = (name: string, count: number) => ({
  ...{ name, dataType: INT64, dims: [BigInt(count)] },
  int64Data: new Array<bigint>(count).fill(1n),
})

/** Inputs of ranks 0 to 4 and of several types, and lists of sizes or axes. */
const INPUTS = [
  info('r0', []),
  info('r1', [3]),
  info('r2', ['n', 3]),
  info('r3', ['n', 3, 5]),
  info('r4', ['n', 3, 'h', 'w']),
  info('unknown', undefined),
  info('half', ['n', 3], FLOAT16),
  info('double', ['n', 3], DOUBLE),
  info('truth', ['n', 3], BOOL),
  info('index', ['n', 3], INT64),
  info('axes', ['k'], INT64), // as many as a run says
]
const LISTS = [
  ints('list1', 1),
  ints('list2', 2),
  ints('list5', 5),
  floats('weights', [2, 3, 4], new Array(24).fill(1)),
]

/** What is known of a tensor, t unless named: its point, or the message of the refusal. */
function known(nodes: Nodes, tensor = 't', noiseShape?: null[]) {
  const bytes = encode({
    node: [...(nodes ?? []), node('Identity', [tensor], ['y'])],
    input: INPUTS,
    output: [info('y', undefined)],
    initializer: LISTS,
  })
  return makeStochastic(bytes, { points: [{ tensor, rate: 0.5, noiseShape }] }).inputs[0]
}

/** By the rank of a Cast, which has that of its input, and floating-point numbers. */
function rankOf(nodes: Nodes, tensor = 't'): number | undefined {
  const cast = node('Cast', [tensor], ['cast'], { attribute: [attribute('to', BigInt(FLOAT))] })
  try {
    return known([...(nodes ?? []), cast], 'cast').shape.length
  } catch (error) {
    if (error instanceof TypeError && /rank of the tensor/.test(error.message)) return undefined
    throw error
  }
}

function typeOf(nodes: Nodes, tensor?: string): string {
  try {
    return known(nodes, tensor, []).elementType
  } catch (error) {
    const [, held] = /it holds (\w+)/.exec((error as Error).message) ?? []
    if (error instanceof OnnxModelError && held) return held
    throw error
  }
}

const axes = (...values: bigint[]): { attribute: Ints[] } => ({ attribute: [{ name: 'axes', ints: values }] })

describe('the rank', () => {
  const t = (op: string, input: string[], rest: Parameters<typeof node>[3] = {}) => [
    node(op, input, ['t'], rest),
  ]

  test.each<[string, number | undefined, Nodes]>([
    ['Relu of rank 0', 0, t('Relu', ['r0'])],
    ['Relu of an unknown tensor', undefined, t('Relu', ['unknown'])],
    ['an operator of another domain', undefined, t('Relu', ['r3'], { domain: 'com.example' })],
    ['an operator of the domain ai.onnx', 3, t('Relu', ['r3'], { domain: 'ai.onnx' })],
    ['an operator that is not known', undefined, t('Relu2', ['r3'])],
    ['Conv', 4, t('Conv', ['r4', 'weights'])],
    ['Concat', 3, t('Concat', ['r3', 'r3'])],
    ['Concat of an unknown tensor, which has the rank of the others', 3, t('Concat', ['unknown', 'r3'])],
    ['Concat of unknown tensors', undefined, t('Concat', ['unknown', 'unknown'])],
    ['ArgMax', 3, t('ArgMax', ['r3'])],
    ['ArgMax that keeps its axis', 3, t('ArgMax', ['r3'], { attribute: [attribute('keepdims', 1n)] })],
    ['ArgMax that drops its axis', 2, t('ArgMax', ['r3'], { attribute: [attribute('keepdims', 0n)] })],
    ['another attribute of 0', 3, t('ArgMax', ['r3'], { attribute: [attribute('axis', 0n)] })],
    ['GatherND by triples', 1, t('GatherND', ['r3', 'index'])],
    ['GatherND by an unknown tensor', undefined, t('GatherND', ['r3', 'unknown'])],
    ['GatherElements', 2, t('GatherElements', ['r2', 'index'])],
    ['Add of a smaller tensor', 4, t('Add', ['r4', 'r1'])],
    ['Add to a smaller tensor', 4, t('Add', ['r1', 'r4'])],
    ['Where', 4, t('Where', ['truth', 'r4', 'r0'])],
    ['Sum of one', 2, t('Sum', ['r2'])],
    ['Sum of nothing', undefined, t('Sum', [])],
    ['Add of an unknown tensor', undefined, t('Add', ['r4', 'unknown'])],
    ['Add to an unknown tensor', undefined, t('Add', ['unknown', 'r4'])],
    ['Flatten', 2, t('Flatten', ['r4'])],
    ['Gemm', 2, t('Gemm', ['r2', 'unknown'])],
    ['MatMul of matrices', 2, t('MatMul', ['r2', 'r2'])],
    ['MatMul of a batch and a matrix', 4, t('MatMul', ['r4', 'r2'])],
    ['MatMul of a matrix and a batch', 4, t('MatMul', ['r2', 'r4'])],
    ['MatMul of a batch and a vector', 3, t('MatMul', ['r4', 'r1'])],
    ['MatMul of a vector and a batch', 2, t('MatMul', ['r1', 'r3'])],
    ['MatMul of vectors', 0, t('MatMul', ['r1', 'r1'])],
    ['MatMul of an unknown tensor', undefined, t('MatMul', ['unknown', 'r2'])],
    ['MatMul by an unknown tensor', undefined, t('MatMul', ['r2', 'unknown'])],
    ['Gather by a matrix', 4, t('Gather', ['r3', 'index'])],
    ['Gather by a scalar', 2, t('Gather', ['r3', 'r0'])],
    ['Gather from a vector by a scalar', 0, t('Gather', ['r1', 'r0'])],
    ['Gather by an unknown tensor', undefined, t('Gather', ['r3', 'unknown'])],
    ['Reshape to a list', 5, t('Reshape', ['r3', 'list5'])],
    ['Reshape to a list of unknown length', undefined, t('Reshape', ['r3', 'axes'])],
    ['Reshape to what is no list', undefined, t('Reshape', ['r3', 'index'])],
    ['ConstantOfShape', 5, t('ConstantOfShape', ['list5'])],
    ['ConstantOfShape of unknown length', undefined, t('ConstantOfShape', ['axes'])],
    ['Expand to more dims', 5, t('Expand', ['r3', 'list5'])],
    ['Expand to fewer dims', 3, t('Expand', ['r3', 'list2'])],
    ['Expand to unknown dims', undefined, t('Expand', ['r3', 'axes'])],
    ['Unsqueeze by a list', 5, t('Unsqueeze', ['r3', 'list2'])],
    ['Unsqueeze by an attribute', 5, t('Unsqueeze', ['r3'], axes(0n, 1n))],
    ['Unsqueeze by an unknown list', undefined, t('Unsqueeze', ['r3', 'axes'])],
    ['Squeeze by a list', 1, t('Squeeze', ['r3', 'list2'])],
    ['Squeeze by an attribute', 1, t('Squeeze', ['r3'], axes(0n, 1n))],
    ['Squeeze of all dims of size 1', undefined, t('Squeeze', ['r3'])],
    ['Squeeze by more axes than there are', undefined, t('Squeeze', ['r3', 'list5'])],
    ['GRU', 4, t('GRU', ['r3'])],
    ['RNN', 4, t('RNN', ['r3'])],
    ['LSTM', 4, t('LSTM', ['r3'])],
    ['ReduceSum', 3, t('ReduceSum', ['r3'])],
    [
      'ReduceSum of all axes, which it drops',
      0,
      t('ReduceSum', ['r3'], { attribute: [attribute('keepdims', 0n)] }),
    ],
    ['Split', 3, t('Split', ['r3'])],
  ])('of %s is %s', (_, expected, nodes) => {
    expect(rankOf(nodes)).toBe(expected)
  })

  test('of a tensor with more than 64 dims is not followed', () => {
    const long = (count: number) =>
      rankOf([
        node('Constant', [], ['many'], {
          attribute: [{ name: 'value_ints', ints: new Array(count).fill(1n) }],
        }),
        node('Reshape', ['r3', 'many'], ['t']),
      ])
    expect(() => long(9)).not.toThrow()
    expect(long(64)).toBe(64)
    expect(long(65)).toBeUndefined()
  })

  test.each<
    [
      string,
      number,
      Ints | { name: string; floats: number[] } | { name: string; f: number } | { name: string; i: bigint },
    ]
  >([
    ['value_ints', 3, { name: 'value_ints', ints: [1n, 2n, 3n] }],
    ['value_floats', 2, { name: 'value_floats', floats: [1, 2] }],
  ])('of a Constant is 1 for a list in %s, and its length is known', (_, length, list) => {
    const constant = node('Constant', [], ['c'], { attribute: [list] })
    expect(rankOf([constant, node('Relu', ['c'], ['t'])])).toBe(1)
    expect(rankOf([constant, node('ConstantOfShape', ['c'], ['t'])])).toBe(length)
  })

  test('of a Constant is 0 for a number, and that of its tensor otherwise', () => {
    const rank = (value: NonNullable<Parameters<typeof node>[3]>['attribute']) =>
      rankOf([node('Constant', [], ['c'], { attribute: value }), node('Relu', ['c'], ['t'])])
    expect(rank([{ name: 'value_float', f: 1 }])).toBe(0)
    expect(rank([{ name: 'value_int', i: 1n }])).toBe(0)
    expect(rank([{ name: 'value', t: floats('', [1, 2, 3], new Array(6).fill(0)) }])).toBe(3)
    expect(rank([{ name: 'value_string' }])).toBeUndefined()
    expect(rank([])).toBeUndefined()
  })
})

describe('the type', () => {
  const t = (op: string, input: string[], rest: Parameters<typeof node>[3] = {}) => [
    node(op, input, ['t'], rest),
  ]
  const to = (type: number) => ({ attribute: [attribute('axis', 7n), attribute('to', BigInt(type))] })

  test.each<[string, string, Nodes]>([
    ['Relu of half precision', 'float16', t('Relu', ['half'])],
    ['Relu of double precision', 'float64', t('Relu', ['double'])],
    ['a Cast to bfloat16', 'bfloat16', t('Cast', ['half'], to(BFLOAT16))],
    ['a Cast to float', 'float32', t('Cast', ['index'], to(FLOAT))],
    ['a Cast to double', 'float64', t('Cast', ['r2'], to(DOUBLE))],
    ['a Cast to nothing, as if nothing were known', 'float32', t('Cast', ['half'])],
    ['Equal', 'bool', t('Equal', ['half', 'half'])],
    ['Not', 'bool', t('Not', ['truth'])],
    ['ArgMax', 'int64', t('ArgMax', ['half'])],
    ['Shape', 'int64', t('Shape', ['half'])],
    ['Where, which is that of its second input', 'float16', t('Where', ['truth', 'half', 'half'])],
    ['DequantizeLinear, which is that of its scale', 'float16', t('DequantizeLinear', ['index', 'half'])],
    ['CastLike, which is that of its second input', 'float64', t('CastLike', ['index', 'double'])],
    ['ConvInteger', 'int32', t('ConvInteger', ['index'])],
    ['QuantizeLinear without a zero point', 'uint8', t('QuantizeLinear', ['half', 'half'])],
    ['QLinearConv, of which nothing is known', 'float32', t('QLinearConv', ['index'])],
    ['ConstantOfShape', 'float32', t('ConstantOfShape', ['list2'])],
    [
      'ConstantOfShape of a given value',
      'int64',
      t('ConstantOfShape', ['list2'], { attribute: [{ name: 'value', t: ints('', 1) }] }),
    ],
    ['a Constant number', 'float32', t('Constant', [], { attribute: [{ name: 'value_float', f: 1 }] })],
    ['a Constant integer', 'int64', t('Constant', [], { attribute: [{ name: 'value_int', i: 1n }] })],
    [
      'Constant numbers',
      'float32',
      t('Constant', [], { attribute: [{ name: 'value_floats', floats: [1] }] }),
    ],
    ['Constant integers', 'int64', t('Constant', [], { attribute: [{ name: 'value_ints', ints: [1n] }] })],
    [
      'a Constant tensor',
      'float64',
      t('Constant', [], {
        attribute: [{ name: 'value', t: { dataType: DOUBLE, dims: [], doubleData: [1] } }],
      }),
    ],
    [
      'an operator of another domain, of which nothing is known',
      'float32',
      t('Relu', ['half'], { domain: 'x' }),
    ],
  ])('of %s is %s', (_, expected, nodes) => {
    expect(typeOf(nodes)).toBe(expected)
  })

  test('of an initializer is its own, and so is its shape', () => {
    expect(known([], 'weights')).toMatchObject({ shape: [2, 3, 4], elementType: 'float32' })
    expect(typeOf([], 'list1')).toBe('int64')
  })
})

describe('what a model declares', () => {
  test('goes before what its nodes compute, except where it has a name of its own or a number for a size that is followed', () => {
    const point = (declared: Parameters<typeof info>, sizes: (number | string)[] = [2, 3]) =>
      makeStochastic(
        encode({
          node: [
            node('Cast', ['x'], ['t'], { attribute: [attribute('to', BigInt(FLOAT16))] }),
            node('Relu', ['t'], ['y']),
          ],
          input: [info('x', sizes)],
          valueInfo: [info(...declared)],
          output: [info('y', undefined)],
        }),
        { points: [{ tensor: 't', rate: 0.5 }] },
      ).inputs[0]
    expect(point(['t', ['a', 3], DOUBLE])).toMatchObject({ shape: [2, 3], elementType: 'float64' })
    expect(point(['t', [7, 'a'], DOUBLE])).toMatchObject({ shape: [7, 3], elementType: 'float64' })
    const named = point(['t', [7, 3], DOUBLE], ['n', 3])
    expect(named).toMatchObject({ shape: ['n', 3], elementType: 'float64' })
    expect(point(['t', undefined, 0])).toMatchObject({ shape: [2, 3], elementType: 'float16' })
    expect(point(['other', [1], DOUBLE])).toMatchObject({ shape: [2, 3], elementType: 'float16' })
  })

  test('may leave sizes open: a name, no name, a negative size', () => {
    const bytes = encode({
      node: [node('Dropout', ['x'], ['y'])],
      input: [info('x', ['n', '', -1, 0, 1])],
      output: [info('y', undefined)],
    })
    const [{ shape, noiseShape }] = makeStochastic(bytes).inputs
    expect(shape).toEqual(['n', null, null, 0, 1])
    expect(noiseShape).toEqual([null, null, null, null, 1])
  })
})

describe('subgraphs', () => {
  const branch = (rank: number, type: number, name = 'out'): GraphInit => ({
    node: [node('Identity', ['r3'], [name])],
    output: [info(name, new Array(rank).fill('d'), type), info('second', ['a'], INT64)],
  })

  test('an If has the types and ranks that its branches declare', () => {
    const nodes = [
      node('If', ['truth'], ['t', 'u', 'v'], { attribute: [attribute('then_branch', branch(3, DOUBLE))] }),
    ]
    expect([typeOf(nodes), rankOf(nodes)]).toEqual(['float64', 3])
    expect([typeOf(nodes, 'u'), rankOf(nodes, 'u')]).toEqual(['int64', 1])
    expect([typeOf(nodes, 'v'), rankOf(nodes, 'v')]).toEqual(['float32', undefined])
  })

  test('a Loop has its state, and lists with one more dim', () => {
    const body: GraphInit = {
      node: [],
      output: [info('go', [], BOOL), info('state', ['a', 'b'], FLOAT16), info('item', ['a', 'b'], DOUBLE)],
    }
    const nodes = [
      node('Loop', ['r0', 'truth', 'half'], ['t', 'list'], { attribute: [attribute('body', body)] }),
    ]
    expect([typeOf(nodes), rankOf(nodes)]).toEqual(['float16', 2])
    expect([typeOf(nodes, 'list'), rankOf(nodes, 'list')]).toEqual(['float64', 3])
    const noState = [node('Loop', ['r0', 'truth'], ['t'], { attribute: [attribute('body', body)] })]
    expect([typeOf(noState), rankOf(noState)]).toEqual(['float16', 3])
  })
})
