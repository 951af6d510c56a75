/** The code of README.md and docs/ for a device of your own, ONNX Runtime Web and TensorFlow.js' webgpu backend runs as it is. */

import '@tensorflow/tfjs-backend-webgpu' // and no other: tf.ready() takes it
import * as tfCore from '@tensorflow/tfjs-core'
import * as tfLayers from '@tensorflow/tfjs-layers'
import * as cpu from 'noiseshape/cpu'
import * as onnx from 'noiseshape/onnx'
import * as tfjs from 'noiseshape/tfjs'
import * as webgpu from 'noiseshape/webgpu'
import { afterEach, describe, expect, test, vi } from 'vitest'
import digits from '../../models/digits/digits-inference.onnx?url'
import { pretendHardware } from '../support/altered-device'
import {
  type Example,
  examples,
  fileNamed,
  fileNameOf,
  needsBrowser,
  printed,
  run,
} from '../support/examples'
import { ortWebgpu } from '../support/onnx-ort'
import { rounds } from '../support/rounds'

afterEach(() => {
  vi.restoreAllMocks()
})

const modules = {
  'noiseshape/cpu': cpu,
  'noiseshape/onnx': onnx,
  'noiseshape/tfjs': tfjs,
  'noiseshape/webgpu': webgpu,
  'onnxruntime-web/webgpu': ortWebgpu,
  '@tensorflow/tfjs-core': tfCore,
  '@tensorflow/tfjs-layers': tfLayers,
}
const imports = (name: string) => (example: Example) => example.imports.includes(name)

/** Notes the errors of each device that is requested from now on. */
function watchDevices(): { errors: string[]; settled(): Promise<unknown> } {
  const errors: string[] = []
  const devices: GPUDevice[] = []
  const { requestDevice } = GPUAdapter.prototype
  vi.spyOn(GPUAdapter.prototype, 'requestDevice').mockImplementation(async function (
    this: GPUAdapter,
    ...options
  ) {
    const device = await requestDevice.apply(this, options)
    device.addEventListener('uncapturederror', ({ error }) => errors.push(error.message))
    devices.push(device)
    return device
  })
  return { errors, settled: () => Promise.all(devices.map(({ queue }) => queue.onSubmittedWorkDone())) }
}

describe('a device of your own', () => {
  const found = examples.filter(imports('noiseshape/webgpu'))

  test('README and guide have their examples', () => {
    expect(found.map(({ file }) => file)).toEqual(['README.md', 'docs/webgpu.md', 'docs/webgpu.md'])
    expect(found.filter(({ output }) => output !== undefined)).toHaveLength(1)
  })

  test.each(found)('$name is accepted by the device', async ({ code, output }) => {
    const { errors, settled } = watchDevices()
    expect(await printed(code, modules)).toBe(output ?? '')
    await settled()
    expect(errors).toEqual([])
  })
})

describe('ONNX Runtime Web', () => {
  const found = examples.filter((example) => imports('noiseshape/onnx')(example) && needsBrowser(example))
  const local = { fetch: () => fetch(digits) }

  test('README and guide have their examples', () => {
    expect(found.map(({ file }) => file)).toEqual(['README.md', 'docs/onnx.md', 'docs/onnx.md'])
  })

  /** Of the two that predict, npm run test:long runs the guide's, too. */
  const predict = found.filter(({ output }) => output === undefined)

  test.each(predict.filter(({ file }) => rounds > 100 || file === 'README.md'))(
    '$name predicts on a GPU, and says where',
    async ({ code }) => {
      pretendHardware()
      expect(code).toContain("fetch('models/digits/digits-inference.onnx')")
      const shown: unknown[] = []
      await run(code, modules, { ...local, console: { log: (...words: unknown[]) => shown.push(...words) } })
      const [backend, mean, variance, mutualInformation] = shown as [string, ...Float32Array[]]
      expect(backend).toBe('webgpu')
      expect(mean.reduce((sum, p) => sum + p)).toBeCloseTo(1, 5)
      expect(Math.min(...variance, ...mutualInformation)).toBeGreaterThan(0)
    },
  )

  test.each(found.filter(({ output }) => output !== undefined))(
    '$name prints what the page says',
    async ({ code, output }) => {
      expect(await printed(code, modules, local)).toBe(output)
    },
  )

  test('the address of the wasm file is set where ONNX Runtime Web reads it', async () => {
    const { code } = fileNamed('docs/bundlers.md', 'main.js')
    const ort = { env: { wasm: { wasmPaths: undefined } } }
    await run(code, { 'onnxruntime-web/webgpu': ort })
    expect(ort.env.wasm.wasmPaths).toBe('/ort/')
    expect(ortWebgpu.env.wasm).toBeDefined()
  })
})

describe("TensorFlow.js' webgpu backend", () => {
  const found = examples.filter(({ code }) =>
    code.startsWith("import '@tensorflow/tfjs-backend-cpu' // or -webgpu"),
  )
  /** One trains a network, which takes long on a software GPU. */
  const trains = ({ code }: Example) => code.includes('model.fit')

  test('README and guide have their examples', () => {
    expect(found.map(({ file }) => file)).toEqual([
      'README.md',
      'docs/tensorflow-js.md',
      'docs/tensorflow-js.md',
    ])
    expect(found.filter(trains)).toHaveLength(1)
  })

  test.each(found.filter((each) => rounds > 100 || !trains(each)))(
    '$name prints the same there',
    async ({ code, output }) => {
      expect(await printed(code, modules)).toBe(output)
      expect(tfCore.getBackend()).toBe('webgpu')
    },
  )
})

test('every example that needs a browser is one of these', () => {
  const others = examples
    .filter(needsBrowser)
    .filter((each) => !imports('noiseshape/webgpu')(each) && !imports('noiseshape/onnx')(each))
  expect(others.map(fileNameOf)).toEqual(['main.js'])
})
