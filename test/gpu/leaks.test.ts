/** Memory on the device: nothing is left by many operations, and what a call takes beside its tensor is known. */

import { beforeEach, describe, expect, test } from 'vitest'
import { createEngine } from '../../src/index.js'
import { monteCarlo } from '../../src/monte-carlo/index.js'
import { createDropout } from '../../src/webgpu/index.js'
import { claimLimits } from '../support/altered-device'
import { floats } from '../support/compare'
import { storageUsage, useGpu } from '../support/gpu'
import { input } from '../support/inputs'
import { rounds } from '../support/rounds'

const gpu = useGpu()

interface Ledger {
  buffers: number
  bytes: number
  made: number
  peak: number
}

/** Counts what is allocated on a device and what is given back; holds it, so that nothing goes by garbage collection. */
function ledgerOf(device: GPUDevice): Ledger {
  const held: GPUBuffer[] = []
  const ledger: Ledger = { buffers: 0, bytes: 0, made: 0, peak: 0 }
  const create = device.createBuffer.bind(device)
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor)
    const destroy = buffer.destroy.bind(buffer)
    let alive = true
    held.push(buffer)
    ledger.made++
    ledger.buffers++
    ledger.bytes += buffer.size
    ledger.peak = Math.max(ledger.peak, ledger.bytes)
    buffer.destroy = () => {
      if (alive) {
        ledger.buffers--
        ledger.bytes -= buffer.size
      }
      alive = false
      return destroy()
    }
    return buffer
  }
  return ledger
}

let device: GPUDevice
let ledger: Ledger

beforeEach(async () => {
  device = await gpu.anotherDevice()
  ledger = ledgerOf(device)
})

const layers = [
  { shape: [300] },
  { shape: [7, 33], noiseShape: [7, 1] },
  { shape: [3, 5, 16], noiseShape: [3, 1, 16] },
  { shape: [40, 50], noiseShape: [1, 50] },
]
const layer = (i: number) => layers[i % layers.length]
const values = layers.map(({ shape }) => floats(input(shape, 1)))

describe(`after each of ${rounds} rounds`, () => {
  test('engine calls, valid or not, leave no buffer behind', async () => {
    const engine = await createEngine({ backend: 'webgpu', device })
    for (let i = 0; i < rounds; i++) {
      const options = { ...layer(i), rate: 0.3, seed: i }
      await Promise.all([
        engine.dropout(values[i % values.length], options),
        i % 2 ? engine.mask(options) : engine.noise(options),
        engine.dropout(new Float32Array(1), options).catch(() => {}),
      ])
      expect(ledger, `round ${i}`).toMatchObject({ buffers: 0, bytes: 0 })
    }
    expect(ledger.made).toBeGreaterThan(2 * rounds)
    engine.destroy()
  })

  test('ops that were created, encoded, submitted and destroyed leave only the user’s buffers', async () => {
    const bytes = Math.max(...values.map(({ byteLength }) => byteLength))
    const source = device.createBuffer({ size: bytes, usage: storageUsage() })
    const output = device.createBuffer({ size: bytes, usage: storageUsage() })
    for (let i = 0; i < rounds; i++) {
      const op = createDropout(device, { ...layer(i), rate: 0.3 })
      const encoder = device.createCommandEncoder()
      op.encode(encoder, { input: source, output }, { seed: i })
      op.encode(encoder, { input: output, output }, { seed: i, reuseMask: true })
      device.queue.submit([encoder.finish()])
      if (i % 50 === 0) await device.queue.onSubmittedWorkDone()
      op.destroy()
      expect(ledger, `round ${i}`).toMatchObject({ buffers: 2, bytes: 2 * bytes })
    }
  })

  test('encoding with one op allocates its parameters alone, for 64 calls at a time', async () => {
    const op = createDropout(device, { ...layers[0], rate: 0.3 })
    const tensor = device.createBuffer({ size: values[0].byteLength, usage: storageUsage() })
    const before = { ...ledger }
    for (let i = 0; i < rounds; i++) {
      const encoder = device.createCommandEncoder()
      op.encode(encoder, { input: tensor, output: tensor }, { seed: i })
      device.queue.submit([encoder.finish()])
    }
    await device.queue.onSubmittedWorkDone()
    expect(ledger.made - before.made).toBeLessThan(6 + rounds / 64)
    expect(ledger.bytes - before.bytes).toBeLessThanOrEqual(PARAMS * (rounds + 64))
    op.destroy()
    expect(ledger.buffers).toBe(1)
  })
})

test('Monte Carlo runs of any length leave nothing behind, whether they succeed or fail', async () => {
  const engine = await createEngine({ backend: 'webgpu', device })
  const output = device.createBuffer({ size: 4 * 60, usage: storageUsage() })
  const peaks = new Set<number>()
  for (const samples of [2, 50, 400]) {
    ledger.peak = 0
    await monteCarlo(engine, {
      samples,
      seed: 1,
      outputs: 'probabilities',
      classes: 6,
      forward: () => output,
    })
    expect(ledger.buffers, `${samples} passes`).toBe(1)
    peaks.add(ledger.peak)
    const failing = monteCarlo(engine, {
      samples,
      seed: 1,
      forward: ({ step }) => {
        if (step > 0) throw new Error('no more')
        return output
      },
    })
    await expect(failing).rejects.toThrow('no more')
    expect(ledger.buffers, `${samples} passes, of which the second failed`).toBe(1)
  }
  expect([...peaks], 'peak memory of a run, whatever its passes').toHaveLength(1)
})

/** Parameters of a dispatch of either pass. */
const PARAMS = 256
/** Calls that share the first buffer of parameters of an op. */
const FIRST_CALLS = 4

describe('at its peak a call takes', () => {
  test.each([2 ** 12, 2 ** 16, 2 ** 20, 2 ** 22])(
    'for an op of %i elements: the mask, 1/32 of the tensor, and parameters of a constant size',
    (elements) => {
      const tensor = device.createBuffer({ size: 4 * elements, usage: storageUsage() })
      const op = createDropout(device, { shape: [elements], rate: 0.5 })
      const encoder = device.createCommandEncoder()
      op.encode(encoder, { input: tensor, output: tensor }, { seed: 1 })
      device.queue.submit([encoder.finish()])
      op.destroy()
      expect(ledger.peak - tensor.size - tensor.size / 32).toBe(FIRST_CALLS * PARAMS + PARAMS)
    },
  )

  test.each([2 ** 18, 2 ** 20, 2 ** 22])(
    'for an engine, %i elements in slabs: the mask, two slabs, and parameters of a constant size',
    async (elements) => {
      const slab = 2 ** 20
      claimLimits(device, { maxBufferSize: slab }) // for 2^28, which is the slab of a device that allows more
      const engine = await createEngine({ backend: 'webgpu', device })
      await engine.dropout(new Float32Array(elements), { shape: [elements], rate: 0.5, seed: 1 })
      expect(ledger.peak - (elements * 4) / 32).toBe(2 * slab + PARAMS + PARAMS)
      expect(ledger.buffers).toBe(0)
      engine.destroy()
    },
  )

  test('for an engine with a spatial noise shape: the mask of its few cells instead', async () => {
    const engine = await createEngine({ backend: 'webgpu', device })
    const shape = [8, 1024, 64]
    await engine.spatialDropout1D(new Float32Array(8 * 1024 * 64), { shape, rate: 0.5, seed: 1 })
    const mask = (8 * 64) / 8
    expect(ledger.peak - mask).toBe(2 * (4 * 8 * 1024 * 64) + PARAMS + PARAMS)
    engine.destroy()
  })
})
