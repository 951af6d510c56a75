/** The library: both GPU passes as a user records them, the same forward and backward, and each pass alone. */

import { unpackMask } from 'noiseshape'
import { dropout } from 'noiseshape/cpu'
import { createDropout } from 'noiseshape/webgpu'
import { planMask } from '../../src/plan.js'
import { readDraw, resolveDropout } from '../../src/resolve.js'
import { createMaskPass } from '../../src/webgpu/mask.js'
import { createPasses } from '../../src/webgpu/passes.js'
import { tuningFor } from '../../src/webgpu/tuning.js'
import { patternOf } from '../noise-cells.js'
import { gpuOf, type Peer, type Prepared, type Setting } from './peer.js'
import { read, runOn } from './queue.js'

export const SEED = 42

/** `record` is one call on the op; `step` counts up, so that each draws a new mask. */
async function prepareOp(
  name: string,
  setting: Setting,
  record: (
    op: ReturnType<typeof createDropout>,
    encoder: GPUCommandEncoder,
    tensors: { input: GPUBuffer; output: GPUBuffer },
    step: number,
  ) => void,
): Promise<Prepared> {
  const { device, ...tensors } = gpuOf(setting)
  const { shape, noiseShape, rate } = setting
  const op = createDropout(device, { shape: [...shape], noiseShape: [...noiseShape], rate })
  await op.ready
  let step = 0
  const run = (times: number) => runOn(device, times, (encoder) => record(op, encoder, tensors, step++))
  return {
    name,
    run,
    async result() {
      await run(1)
      return new Float32Array(await read(device, tensors.output))
    },
    expected: () => onCpu(setting, step - 1),
    close: () => op.destroy(),
  }
}

function resolve({ shape, noiseShape, rate }: Setting) {
  return resolveDropout({ shape: [...shape], noiseShape: [...noiseShape], rate })
}

export function onCpu({ x, shape, noiseShape, rate }: Setting, step: number) {
  return dropout(x, { shape: [...shape], noiseShape: [...noiseShape], rate, seed: SEED, step })
}

const bothPasses: Peer = {
  name: 'noiseshape',
  title: 'noiseshape',
  kind: 'gpu',
  role: 'ours',
  prepare: (setting) =>
    prepareOp('noiseshape', setting, (op, encoder, tensors, step) =>
      op.encode(encoder, tensors, { seed: SEED, step }),
    ),
}

const forwardBackward: Peer = {
  name: 'noiseshape-forward-backward',
  title: 'noiseshape, forward and backward',
  kind: 'gpu',
  role: 'part',
  copies: 2,
  prepare: (setting) =>
    prepareOp('noiseshape-forward-backward', setting, (op, encoder, tensors, step) => {
      op.encode(encoder, tensors, { seed: SEED, step })
      op.encode(encoder, tensors, { seed: SEED, step, reuseMask: true })
    }),
}

/** The mask is drawn once, before anything is measured. No public call applies a mask of an earlier encoder. */
const applyPass: Peer = {
  name: 'noiseshape-apply',
  title: 'noiseshape, apply pass alone',
  kind: 'gpu',
  role: 'part',
  async prepare(setting) {
    const { device, input, output } = gpuOf(setting)
    const resolved = resolve(setting)
    const passes = createPasses(device, resolved)
    const bound = passes.bind({ buffer: output, offset: 0 }, { buffer: input, offset: 0 })
    await runOn(device, 1, (encoder) => passes.record(encoder, bound, readDraw(resolved, { seed: SEED })))
    const run = (times: number) => runOn(device, times, (encoder) => passes.record(encoder, bound, undefined))
    return {
      name: this.name,
      run,
      async result() {
        await run(1)
        return new Float32Array(await read(device, output))
      },
      expected: () => onCpu(setting, 0),
      close: () => passes.destroy(),
    }
  },
}

/** No public call draws a mask without reading it back, so this one uses the pass directly. */
const maskPass: Peer = {
  name: 'noiseshape-mask',
  title: 'noiseshape, mask pass alone',
  kind: 'gpu',
  role: 'part',
  async prepare(setting) {
    const { device } = gpuOf(setting)
    const { cells } = setting
    const resolved = resolve(setting)
    const variant = tuningFor(device)
    const pass = createMaskPass(device, resolved, planMask(cells, device.limits, variant), variant, 64)
    let step = 0
    const record = (encoder: GPUCommandEncoder) => {
      const place = pass.prepare(readDraw(resolved, { seed: SEED, step: step++ }))
      const compute = encoder.beginComputePass()
      pass.record(compute, place)
      compute.end()
    }
    return {
      name: this.name,
      run: (times) => runOn(device, times, record),
      async result() {
        await runOn(device, 1, record)
        const words = new Uint32Array(await read(device, pass.buffer)).subarray(0, Math.ceil(cells / 32))
        return applied(setting, unpackMask(words, cells), resolved.scale)
      },
      expected: () => onCpu(setting, step - 1),
      close: () => pass.destroy(),
    }
  },
}

/** Broadcasts flags over x on the host, so that a mask can be checked like any dropout. */
function applied({ x, shape, noiseShape }: Setting, flags: Uint8Array, scale: number): Float32Array {
  const { outer, shared, inner } = patternOf(shape, noiseShape)
  const y = new Float32Array(x.length)
  for (let o = 0, element = 0; o < outer; o++) {
    for (let s = 0; s < shared; s++) {
      for (let cell = o * inner; cell < (o + 1) * inner; cell++, element++) {
        if (flags[cell]) y[element] = x[element] * scale
      }
    }
  }
  return y
}

export const noiseshapeOnGpu: Peer[] = [bothPasses, maskPass, applyPass, forwardBackward]

/** On the CPU: into a new array each time, or into the same one each time, as a training loop would. */
export const noiseshapeOnCpu: Peer[] = [true, false].map((fresh) => ({
  name: fresh ? 'noiseshape-cpu' : 'noiseshape-cpu-output',
  title: fresh ? 'noiseshape/cpu' : 'noiseshape output, into an existing array',
  kind: 'cpu',
  role: 'ours',
  async prepare(setting) {
    const { x, noiseShape, rate } = setting
    const options = { shape: [...setting.shape], noiseShape: [...noiseShape], rate, seed: SEED }
    const output = fresh ? undefined : new Float32Array(x.length)
    let step = 0
    let y: Float32Array | undefined
    const run = async (times: number) => {
      for (let i = 0; i < times; i++) y = dropout(x, { ...options, step: step++, output })
    }
    return {
      name: this.name,
      run,
      async result() {
        await run(1)
        return y as Float32Array
      },
      close() {
        y = undefined
      },
    }
  },
}))
