/** The README's code for a device of your own, and for ONNX Runtime Web, runs as it stands there. */

import * as onnx from 'noiseshape/onnx'
import * as webgpu from 'noiseshape/webgpu'
import { afterEach, expect, test, vi } from 'vitest'
import digits from '../../models/digits/digits-inference.onnx?url'
import readme from '../../README.md?raw'
import { pretendHardware } from '../support/disfigured'
import { ortWebgpu } from '../support/onnx-ort'

afterEach(() => {
  vi.restoreAllMocks()
})

test('the example of createDropout is accepted by the device', async () => {
  const code = /```js\n(import \{ createDropout \}.*?)```/s.exec(readme)?.[1] ?? ''
  const body = code
    .replace(/^import (\{.*\}) from '.*'$/m, 'const $1 = webgpu')
    .replace(/^const device = .*$/m, "$&\ndevice.pushErrorScope('validation')")
  const run = new Function('webgpu', `return (async () => {${body}\nreturn device.popErrorScope()})()`)
  expect(code).toContain('op.encode')
  expect(await run(webgpu)).toBeNull()
})

test('the example of ONNX Runtime Web predicts on a GPU, and says where', async () => {
  pretendHardware()
  const code = /```js\n(import \* as ort .*?)```/s.exec(readme)?.[1] ?? ''
  const body = code
    .replace(/^import .* as ort .*$/m, '')
    .replace(/^import (\{.*\}) from '.*'$/m, 'const $1 = onnx')
    .replace("'models/digits/digits-inference.onnx'", 'digits')
  const printed: unknown[] = []
  const run = new Function('ort', 'onnx', 'digits', 'console', `return (async () => {${body}})()`)
  await run(ortWebgpu, onnx, digits, { log: (...words: unknown[]) => printed.push(...words) })
  const [backend, mean, variance, mutualInformation] = printed as [string, ...Float32Array[]]
  expect(backend).toBe('webgpu')
  expect(mean.reduce((sum, p) => sum + p)).toBeCloseTo(1, 5)
  expect(Math.min(...variance, ...mutualInformation)).toBeGreaterThan(0)
})
