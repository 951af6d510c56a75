/**
 * Tensors above one binding and grids above the largest dispatch, at a size a test can afford: the device says that
 * it has tiny limits. Chunking never changes a bit. Knows no test runner.
 */

import { createEngine } from '../../src/index.js'
import { createDropout } from '../../src/webgpu/index.js'
import { claimLimits } from './altered-device'
import { buffersOn } from './buffers'
import { expectSameBits, floats } from './compare'
import { input } from './inputs'
import { type Draw, judgeDropout, judgeMask } from './judge'

export const TIGHT: Record<string, number>[] = [
  { maxStorageBufferBindingSize: 4096 },
  { maxStorageBufferBindingSize: 4100 },
  { maxComputeWorkgroupsPerDimension: 2 },
  { maxStorageBufferBindingSize: 8192, maxComputeWorkgroupsPerDimension: 3 },
]

export const LAYERS: { name: string; shape: number[]; noiseShape?: number[] }[] = [
  { name: 'elementwise', shape: [20_003] },
  { name: 'one flag per inner run', shape: [3, 7, 1001], noiseShape: [3, 7, 1] },
  { name: 'flags along the inner dim', shape: [30, 701], noiseShape: [1, 701] },
  { name: 'SpatialDropout1D', shape: [5, 40, 101], noiseShape: [5, 1, 101] },
  { name: 'alternating dims', shape: [6, 7, 5, 9, 11], noiseShape: [1, 7, 1, 9, 1] },
  { name: 'one flag for all', shape: [20_001], noiseShape: [1] },
  { name: 'more cells in a row than elements in a binding', shape: [3, 5003], noiseShape: [1, 5003] },
]

const call = { rate: 0.3, seed: 3, stream: 1, step: 2, cellOffset: 77 }

export type Layer = (typeof LAYERS)[number]

/** An engine on a device with these limits gives the bits of the judge, and the GPU reports no error. */
export async function checkEngine(device: GPUDevice, limits: Record<string, number>, layer: Layer) {
  const { shape, noiseShape } = layer
  const draw: Draw = { shape, noiseShape, ...call }
  const x = input(shape, 1, 'rare')
  await withLimits(device, limits, async () => {
    const engine = await createEngine({ backend: 'webgpu', device })
    expectSameBits(await engine.dropout(floats(x), draw), judgeDropout(x, draw), { shape })
    expectSameBits(await engine.mask(draw), judgeMask(draw), { packed: true })
    engine.destroy()
  })
}

/** The same of an op, in place and from one buffer to another. */
export async function checkOp(device: GPUDevice, limits: Record<string, number>, layer: Layer) {
  const { shape, noiseShape } = layer
  const { rate, ...options } = call
  const x = input(shape, 2, 'rare')
  const expected = judgeDropout(x, { shape, noiseShape, ...call })
  await withLimits(device, limits, async () => {
    const { buffer, submit, read } = buffersOn(() => device)
    const op = createDropout(device, { shape, noiseShape, rate })
    const [source, output] = [buffer(x), buffer(x.byteLength)]
    submit((encoder) => {
      op.encode(encoder, { input: source, output }, options)
      op.encode(encoder, { input: source, output: source }, { ...options, reuseMask: true })
    })
    expectSameBits(await read(output), expected, { shape, what: 'out of place' })
    expectSameBits(await read(source), expected, { shape, what: 'in place' })
    op.destroy()
  })
}

async function withLimits(device: GPUDevice, limits: Record<string, number>, check: () => Promise<void>) {
  claimLimits(device, limits)
  const scopes = ['internal', 'out-of-memory', 'validation'] as const
  for (const scope of scopes) device.pushErrorScope(scope)
  await check()
  for (const scope of scopes.toReversed()) {
    const error = await device.popErrorScope()
    if (error) throw new Error(`${scope}: ${error.message}`)
  }
}
