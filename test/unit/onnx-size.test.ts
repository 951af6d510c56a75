/** Large ONNX files: the work of reading and rewriting one grows with the file, and no faster. */

import { makeStochastic } from 'noiseshape/onnx'
import { expect, test } from 'vitest'
import { attribute, decode, encode, floats, type GraphInit, info, node } from '../support/onnx-models'
import { entriesVisited } from '../support/work'

const many = <T>(count: number, each: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => each(i))
const x = info('x', ['n', 3])

/** Graphs with many of two things, so that each of one with each of the other would be seen. */
const GRAPHS: { name: string; graph: (n: number) => GraphInit }[] = [
  {
    name: 'a chain of nodes',
    graph: (n) => ({
      node: [
        ...many(n, (i) => node('Relu', [i === 0 ? 'x' : `t${i}`], [`t${i + 1}`])),
        node('Dropout', [`t${n}`], ['y']),
      ],
      input: [x],
      output: [info('y')],
    }),
  },
  {
    name: 'a node of many inputs',
    graph: (n) => ({
      node: [node('Sum', new Array(n).fill('x'), ['s']), node('Dropout', ['s'], ['y'])],
      input: [x],
      output: [info('y')],
    }),
  },
  {
    name: 'Dropout nodes whose masks are outputs',
    graph: (n) => ({
      node: many(n, (i) => node('Dropout', ['x'], [`y${i}`, `mask${i}`])),
      input: [x],
      output: many(n, (i) => info(`mask${i}`)),
    }),
  },
  {
    name: 'Dropout nodes that read a tensor of many dims',
    graph: (n) => ({
      node: many(n, (i) => node('Dropout', ['x'], [`y${i}`])),
      input: [info('x', new Array(n).fill(1))],
      output: [info('y0')],
    }),
  },
  {
    name: 'Dropout nodes that read a Constant of many attributes',
    graph: (n) => ({
      node: [
        node('Constant', [], ['ratio'], { attribute: many(n, (i) => attribute(`a${i}`, 1)) }),
        ...many(n, (i) => node('Dropout', ['x', 'ratio'], [`y${i}`])),
      ],
      input: [x],
      output: [info('y0')],
    }),
  },
  {
    name: 'an If of many outputs and attributes',
    graph: (n) => ({
      node: [
        node(
          'If',
          ['c'],
          many(n, (i) => `o${i}`),
          {
            attribute: [
              ...many(n, (i) => attribute(`a${i}`, 1)),
              attribute('then_branch', { output: many(n, (i) => info(`b${i}`)) }),
            ],
          },
        ),
        node('Dropout', ['x'], ['y']),
      ],
      input: [x],
      output: [info('y')],
    }),
  },
  {
    name: 'Dropout nodes in branches',
    graph: (n) => ({
      node: many(n, (i) => {
        const branch = { node: [node('Dropout', ['x'], [`b${i}`])], output: [info(`b${i}`)] }
        return node('If', ['c'], [`y${i}`], { attribute: [attribute('then_branch', branch)] })
      }),
      input: [x],
      output: [info('y0')],
    }),
  },
  {
    name: 'random nodes that are dropout, of one drawn tensor',
    graph: (n) => ({
      node: many(n, (i) => [
        node('RandomUniformLike', ['x'], [`u${i}`]),
        node('Less', [`u${i}`, 'half'], [`b${i}`]),
        node('Cast', [`b${i}`], [`f${i}`], { attribute: [attribute('to', 1n)] }),
        node('Div', [`f${i}`, 'half'], [`m${i}`]),
        node('Mul', ['x', `m${i}`], [`y${i}`]),
      ]).flat(),
      input: [x],
      output: [info('y0')],
      initializer: [floats('half', [], [0.5])],
    }),
  },
  {
    name: 'random nodes that are no dropout',
    graph: (n) => ({
      node: [...many(n, (i) => node('RandomNormalLike', ['x'], [`r${i}`])), node('Dropout', ['x'], ['y'])],
      input: [x],
      output: [info('y')],
    }),
  },
  {
    name: 'batch normalisations in training mode',
    graph: (n) => ({
      node: [
        ...many(n, (i) =>
          node('BatchNormalization', ['x', 's', 'b', 'm', 'v'], [`h${i}`, `m${i}`, `v${i}`], {
            attribute: [attribute('training_mode', 1n)],
          }),
        ),
        node('Dropout', ['x'], ['y']),
      ],
      input: [x],
      output: [info('y')],
    }),
  },
  {
    name: 'lists of sizes, one joined to the next',
    graph: (n) => ({
      node: [
        node('Shape', ['x'], ['l0']),
        ...many(n, (i) =>
          node('Concat', [`l${i}`, 'l0'], [`l${i + 1}`], { attribute: [attribute('axis', 0n)] }),
        ),
        ...many(n, (i) => node('Reshape', ['x', `l${i}`], [`t${i}`])),
        node('Dropout', ['t1'], ['y']),
      ],
      input: [x],
      output: [info('y')],
    }),
  },
  {
    name: 'tensors with the names that noise would get',
    graph: (n) => ({
      node: [
        node('Dropout', ['x'], ['noise_0']),
        ...many(n, (i) => node('Relu', ['x'], [`noise_0_${i + 1}`])),
      ],
      input: [x],
      output: [info('noise_0')],
    }),
  },
]

test.each(GRAPHS)('$name: twice as many is twice the work', ({ graph }) => {
  const [once, twice, fourTimes] = [250, 500, 1000].map((n) => {
    const bytes = encode(graph(n))
    return entriesVisited(() => makeStochastic(bytes, { rate: 0.5, noiseShape: [null] }))
  })
  expect(twice - once).toBeGreaterThan(250)
  // 2 where the work grows with the file, 4 where it grows with its square; longer names need longer lengths.
  expect((fourTimes - twice) / (twice - once)).toBeLessThan(2.2)
})

test('a node of 200 000 inputs: a model, with the rank of the inputs', () => {
  const bytes = encode({
    node: [node('Sum', new Array(200_000).fill('x'), ['s']), node('Dropout', ['s'], ['y'])],
    input: [x],
    output: [info('y')],
  })
  const { model, inputs } = makeStochastic(bytes)
  expect(inputs).toMatchObject([{ tensor: 's', noiseShape: [null, null] }])
  expect(decode(model).graph?.node.map(({ input }) => input.length)).toEqual([200_000, 2])
})
