/**
 * Tensors and masks above one binding, on a device with the limits that WebGPU promises everywhere: 128 MiB to a binding
 * and 65535 workgroups to a dimension. test/long/gpu/size.test.ts has every pattern, up to 1 GiB.
 */

import { expect, test } from 'vitest'
import { dropout as dropoutOnCpu } from '../../src/cpu/index.js'
import { createEngine } from '../../src/index.js'
import { createDropout } from '../../src/webgpu/index.js'
import { claimLimits } from '../support/altered-device'
import { buffersOn } from '../support/buffers'
import { expectSameBits, floats } from '../support/compare'
import { input } from '../support/inputs'
import { count, judgeDropout, judgeMask } from '../support/judge'
import { BINDING, expectSameLongBits, longInput } from '../support/long'
import { requestDevice, usePromisedLimits } from '../support/promised-limits'

const MIB = 2 ** 20

let device: GPUDevice
usePromisedLimits((made) => {
  device = made
})

test('no device has a smaller binding: less cannot be requested', async () => {
  const wanted = {
    maxStorageBufferBindingSize: 4096,
    maxComputeWorkgroupsPerDimension: 2,
    maxBufferSize: 4096,
  }
  const small = await requestDevice(wanted)
  for (const { limits } of [small, device]) {
    expect(limits.maxStorageBufferBindingSize).toBe(BINDING * 4)
    expect(limits.maxBufferSize).toBe(256 * MIB)
    expect(limits.maxComputeWorkgroupsPerDimension).toBe(65_535)
  }
  small.destroy()
})

test('a tensor above 128 MiB, in and out of different buffers, has the bits of the CPU', async () => {
  const layer = { shape: [33_000, 1024], noiseShape: [1, 1024], rate: 0.5 }
  const call = { seed: 8, stream: 1, step: 2, cellOffset: 2 ** 32 - 5 }
  const x = longInput(count(layer.shape))
  expect(x.byteLength).toBeGreaterThan(device.limits.maxStorageBufferBindingSize)
  const { buffer, submit, read } = buffersOn(() => device)
  const [source, output] = [buffer(x), buffer(x.byteLength)]
  const op = createDropout(device, layer)
  submit((encoder) => op.encode(encoder, { input: source, output }, call))
  expectSameLongBits(await read(output), dropoutOnCpu(x, { ...layer, ...call }), 'output')
  op.destroy()
  source.destroy()
  output.destroy()
})

/** The last cells that can be drawn end below 2^53 - 1. */
const LAST = 2 ** 53 - 1

test.each([0, 2 ** 32 - 20_000, LAST - 40_003])(
  'masks cut into two bindings from cell %d on have the bits of the judge',
  async (cellOffset) => {
    const tight = await requestDevice()
    claimLimits(tight, { maxStorageBufferBindingSize: 4096, maxComputeWorkgroupsPerDimension: 2 })
    const draw = { shape: [40_003], rate: 0.3, seed: 3, cellOffset }
    const x = input(draw.shape, 2, 'rare')
    const engine = await createEngine({ backend: 'webgpu', device: tight })
    expectSameBits(await engine.mask(draw), judgeMask(draw), { packed: true })
    expectSameBits(await engine.dropout(floats(x), draw), judgeDropout(x, draw), { shape: draw.shape })
    engine.destroy()
    tight.destroy()
  },
)
