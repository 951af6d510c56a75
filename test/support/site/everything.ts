/** A page that calls all of the built library that needs no other package, and reports the results as bit patterns. */

import { createEngine, resolveNoiseShape, spatialNoiseShape, unpackMask } from 'noiseshape'
import { cpuKernel, dropout, mask, noise } from 'noiseshape/cpu'
import { type ForwardOutput, monteCarlo } from 'noiseshape/monte-carlo'
import { makeStochastic } from 'noiseshape/onnx'
import { createDropout } from 'noiseshape/webgpu'
import { floats, patterns } from '../compare'
import { input } from '../inputs'
import { dropoutOnly } from '../onnx-models'
import { DRAW, LARGE, SAMPLES } from './draw'

export type Outcome = Record<
  'engine' | 'engineMask' | 'engineNoise' | 'cpu' | 'cpuMask' | 'cpuNoise' | 'op' | 'spatial',
  number[]
> & {
  backends: string[]
  fallbackReason: string | undefined
  /** Of Monte Carlo runs over arrays and over buffers. */
  means: number[][]
  resolved: number[][]
  flags: number[]
  noiseInputs: string[]
  /** What the policy forbids, tried by the page itself. */
  forbidden: Record<'eval' | 'Function' | 'fetch', string>
  violations: string[]
  /** A tensor large enough for WebAssembly, what computed it, and what the policy stopped meanwhile. */
  large: { bits: number[]; kernel: string; violations: string[] }
}

declare global {
  var outcome: Promise<Outcome>
}

const violations: string[] = []
addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sourceFile }) => {
  violations.push(`${effectiveDirective} ${blockedURI} ${sourceFile}`)
})

const { shape, rate, noiseShape, ...call } = DRAW
const layer = { shape, rate, noiseShape }

const bits = (values: Float32Array | Uint32Array) => [...patterns(values)]
const x = () => floats(input(DRAW.shape, 1, 'rare'))
const ordinary = () => floats(input(DRAW.shape, 2))

async function onOwnDevice(forEach: (device: GPUDevice, output: GPUBuffer) => Promise<void>) {
  const adapter = await navigator.gpu.requestAdapter()
  if (!adapter) throw new Error('this browser has no WebGPU adapter')
  const device = await adapter.requestDevice()
  const { COPY_SRC, COPY_DST, STORAGE } = GPUBufferUsage
  const size = x().byteLength
  await forEach(device, device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST }))
  device.destroy()
}

async function recorded(): Promise<number[]> {
  let words: number[] = []
  await onOwnDevice(async (device, tensor) => {
    const { COPY_DST, MAP_READ } = GPUBufferUsage
    const readback = device.createBuffer({ size: tensor.size, usage: MAP_READ | COPY_DST })
    device.queue.writeBuffer(tensor, 0, x())
    const op = createDropout(device, layer)
    const encoder = device.createCommandEncoder()
    const accepted = op.encode(encoder, { input: tensor, output: tensor }, call)
    encoder.copyBufferToBuffer(tensor, 0, readback, 0, tensor.size)
    await accepted
    device.queue.submit([encoder.finish()])
    await readback.mapAsync(GPUMapMode.READ)
    words = bits(new Uint32Array(readback.getMappedRange()))
    op.destroy()
  })
  return words
}

async function means(): Promise<number[][]> {
  const all: number[][] = []
  const over = async (
    device: GPUDevice,
    forward: (step: number) => ForwardOutput | Promise<ForwardOutput>,
  ) => {
    const engine = await createEngine({ backend: 'webgpu', device })
    const options = { samples: SAMPLES, seed: DRAW.seed }
    const { mean } = await monteCarlo(engine, { ...options, forward: ({ step }) => forward(step) })
    all.push([...mean])
    engine.destroy()
  }
  await onOwnDevice(async (device, output) => {
    const engine = await createEngine({ backend: 'webgpu', device })
    await over(device, (step) => engine.dropout(ordinary(), { ...DRAW, step }))
    const source = device.createBuffer({ size: output.size, usage: output.usage })
    device.queue.writeBuffer(source, 0, ordinary())
    const op = createDropout(device, layer)
    await over(device, (step) => {
      const encoder = device.createCommandEncoder()
      op.encode(encoder, { input: source, output }, { ...call, step })
      device.queue.submit([encoder.finish()])
      return output
    })
  })
  return all
}

/** The names of the errors that forbidden things end in. */
async function forbidden(): Promise<Outcome['forbidden']> {
  const tried = async (what: () => unknown) => {
    try {
      await what()
      return 'allowed'
    } catch (error) {
      return (error as Error).name
    }
  }
  // biome-ignore lint/security/noGlobalEval: that it is forbidden is what is tried
  const indirect = eval
  return {
    eval: await tried(() => indirect('1')),
    Function: await tried(() => new Function('return 1')()),
    fetch: await tried(() => fetch('/library.js')),
  }
}

async function run(): Promise<Outcome> {
  const engine = await createEngine({ backend: 'webgpu' })
  const auto = await createEngine()
  const { shape, rate, seed } = DRAW
  const outcome = {
    engine: bits(await engine.dropout(x(), DRAW)),
    engineMask: bits(await engine.mask(DRAW)),
    engineNoise: bits(await engine.noise(DRAW)),
    spatial: bits(await engine.spatialDropout1D(x(), { shape, rate, seed })),
    cpu: bits(dropout(x(), DRAW)),
    cpuMask: bits(mask(DRAW)),
    cpuNoise: bits(noise(DRAW)),
    op: await recorded(),
    backends: [engine.backend, auto.backend],
    fallbackReason: auto.fallbackReason,
    means: await means(),
    resolved: [resolveNoiseShape(shape, [null, 1, null]), spatialNoiseShape(shape)],
    flags: [...unpackMask(mask(DRAW), 6 * 16)],
    noiseInputs: makeStochastic(dropoutOnly([6, 16], 0.5)).inputs.map(({ name }) => name),
  }
  engine.destroy()
  auto.destroy()
  const before = violations.splice(0)
  const large = { bits: bits(dropout(floats(input(LARGE.shape, 3)), LARGE)), kernel: cpuKernel() }
  await new Promise((resolve) => setTimeout(resolve)) // violations are reported in a task of their own
  const after = violations.splice(0)
  return {
    ...outcome,
    large: { ...large, violations: after },
    forbidden: await forbidden(),
    violations: before,
  }
}

globalThis.outcome = run()
