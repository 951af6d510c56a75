/** The README's code for a device of your own, ONNX Runtime Web and TensorFlow.js' webgpu backend runs as it stands there. */

import '@tensorflow/tfjs-backend-webgpu' // and no other: tf.ready() takes it
import * as tfCore from '@tensorflow/tfjs-core'
import * as tfLayers from '@tensorflow/tfjs-layers'
import * as onnx from 'noiseshape/onnx'
import * as tfjs from 'noiseshape/tfjs'
import * as webgpu from 'noiseshape/webgpu'
import { afterEach, expect, test, vi } from 'vitest'
import digits from '../../models/digits/digits-inference.onnx?url'
import readme from '../../README.md?raw'
import { pretendHardware } from '../support/altered-device'
import { ortWebgpu } from '../support/onnx-ort'
import { rounds } from '../support/rounds'

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

const ofTensorFlow = Array.from(
  readme.matchAll(
    /```js\nimport '@tensorflow\/tfjs-backend-cpu' \/\/ or -webgpu.*?\n(.*?)```\n\n```text\n(.*?)```/gs,
  ),
  ([, code, output], i) => ({ example: i === 0 ? 'first' : 'second', code, output }),
)
/** The second one trains a network, which takes long on a software GPU. */
const today = rounds > 100 ? ofTensorFlow : ofTensorFlow.slice(0, 1)

test.each(today)(
  'the $example example of TensorFlow.js prints the same on its webgpu backend',
  async ({ code, output }) => {
    const modules = {
      '@tensorflow/tfjs-core': tfCore,
      '@tensorflow/tfjs-layers': tfLayers,
      'noiseshape/tfjs': tfjs,
    }
    const body = code.replace(/^import (?:\* as )?(.*) from '(.*)'$/gm, "const $1 = modules['$2']")
    const lines: unknown[] = []
    const run = new Function('modules', 'console', `return (async () => {${body}})()`)
    await run(modules, { log: (line: unknown) => lines.push(`${line}\n`) })
    expect(lines.join('')).toBe(output)
    expect(tfCore.getBackend()).toBe('webgpu')
  },
)

test('there are two examples of TensorFlow.js', () => {
  expect(ofTensorFlow).toHaveLength(2)
})
