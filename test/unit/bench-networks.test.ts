/** The networks that the benchmark makes: as large as bench/README.md says, and free in their batch. */

import * as ort from 'onnxruntime-node'
import { expect, test } from 'vitest'
import type { NetworkName } from '../../bench/networks/names.js'
import { loadNetwork } from '../../bench/networks/network.js'
import { makeStochastic } from '../../src/onnx/index.js'
import { decode } from '../support/onnx-models.js'

const weightsOf = (bytes: Uint8Array) =>
  decode(bytes).graph?.initializer.reduce((sum, { rawData }) => sum + rawData.length / 4, 0) ?? 0

test.each<[NetworkName, number, number]>([
  ['mobilenet', 3.5e6, 1],
  ['bert-head', 3.5e6, 1],
  ['bert', 3.5e6, 14],
])('%s has about %d weights, and drops at %d points', async (name, weights, points) => {
  const network = await loadNetwork(name)
  const bytes = await network.model()
  expect(Math.abs(weightsOf(bytes) - weights)).toBeLessThan(0.03 * weights)
  expect(makeStochastic(bytes, { points: network.points }).inputs).toHaveLength(points)
})

test.each<NetworkName>(['mobilenet', 'bert'])(
  '%s gives a row in a batch what it gives it alone',
  async (name) => {
    const { input, model, classes } = await loadNetwork(name)
    const session = await ort.InferenceSession.create(await model(), { logSeverityLevel: 3 })
    const logitsOf = async (values: Float32Array | BigInt64Array) => {
      const dims = [values.length / input.values.length, ...input.dims.slice(1)]
      const { logits } = await session.run({ [input.name]: new ort.Tensor(values, dims) })
      expect(logits.dims).toEqual([dims[0], classes])
      return Array.from(logits.data as Float32Array)
    }
    const rows = [input.values, input.values.toReversed()]
    const both = input.values.slice(0, 0).constructor as Float32ArrayConstructor
    const together = await logitsOf(both.from(rows.flatMap((row) => Array.from(row as Float32Array))))
    const [first, second] = [await logitsOf(rows[0]), await logitsOf(rows[1])]
    for (const [i, value] of [...first, ...second].entries()) expect(together[i]).toBeCloseTo(value, 2)
    expect(Math.max(...first.map((value, i) => Math.abs(value - second[i]))), 'they differ').toBeGreaterThan(
      0.1,
    )
    await session.release()
  },
)

test('the weights are the same each time', async () => {
  const { model } = await loadNetwork('bert')
  expect(Buffer.compare(await model(), await model())).toBe(0)
})
