/** Written models are what the reference implementation of the format would write, but for the order of their fields. */

import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { equals } from '@bufbuild/protobuf'
import { OnnxModelError } from 'noiseshape/onnx'
import { ModelProtoSchema } from 'onnx-buf'
import { expect, test } from 'vitest'
import { readModel } from '../../src/onnx/model'
import { writeModel } from '../../src/onnx/write-model'
import { decode, dropoutOnly } from '../support/onnx-models'
import { caught } from '../support/refusals'

const golden = readdirSync('test/golden/onnx').filter((file) => file.endsWith('.onnx'))

test.each([
  ...golden.map((file) => `test/golden/onnx/${file}`),
  ...['hf_bert.opset17', 'tv_convnext_tiny.dynamo18'].map((name) => `test/support/points/${name}.onnx.gz`),
])('%s', (path) => {
  const file = readFileSync(path)
  const bytes = new Uint8Array(path.endsWith('.gz') ? gunzipSync(file) : file)
  const written = decode(writeModel(readModel(bytes)))
  expect(equals(ModelProtoSchema, written, decode(bytes))).toBe(true)
})

test('a model beyond the limit of the format is refused before anything is copied', async () => {
  const model = readModel(dropoutOnly([2], 0.5))
  const weights = { length: 2 ** 31 } as Uint8Array<ArrayBuffer> // only its length is looked at
  const [initializer] = model.graph.initializer
  model.graph.initializer.push({ ...initializer, rawData: weights })
  const error = await caught(async () => writeModel(model))
  expect(error).toBeInstanceOf(OnnxModelError)
  expect(error.message).toMatch(
    /takes 21474837\d\d bytes, and an ONNX file has at most 2147483647\. .*external data/,
  )
})
