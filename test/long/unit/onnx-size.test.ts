/** An ONNX file of 300 000 nodes is read and rewritten. That its time grows with the file: test/unit/onnx-size.test.ts. */

import { makeStochastic } from 'noiseshape/onnx'
import { expect, test } from 'vitest'
import { decode, encode, info, node } from '../../support/onnx-models'

test('a chain of 300 000 nodes keeps them all, and its rank is carried to the end', () => {
  const nodes = Array.from({ length: 300_000 }, (_, i) => node('Relu', [`t${i}`], [`t${i + 1}`]))
  const bytes = encode({
    node: [...nodes, node('Dropout', ['t300000'], ['y'])],
    input: [info('t0', ['n', 3, 8])],
    output: [info('y')],
  })
  const { model, inputs } = makeStochastic(bytes)
  expect(inputs).toMatchObject([{ tensor: 't300000', noiseShape: [null, null, null] }])
  const read = decode(model).graph?.node ?? []
  expect(read.length).toBe(300_001)
  expect(read.at(-1)).toMatchObject({ opType: 'Mul', input: ['t300000', 'noise_0'], output: ['y'] })
})
