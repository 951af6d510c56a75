/**
 * Tensors and masks too large for one binding, for real: on a device with the limits that WebGPU promises everywhere,
 * 128 MiB to a binding and 65535 workgroups to a dimension. The judge would take hours, so that the CPU, which is held
 * against it at every size that it can do, is what these are held against; the judge tries a few windows.
 */

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { dropout as dropoutOnCpu, mask as maskOnCpu } from '../../../src/cpu/index.js'
import { createEngine } from '../../../src/index.js'
import { createDropout } from '../../../src/webgpu/index.js'
import { expectSameBits, patterns } from '../../support/compare'
import { storageUsage } from '../../support/gpu'
import { count, type Draw, judgeDropout, judgeMask } from '../../support/judge'
import { ABOVE_BINDING, expectSameLongBits, longInput } from '../../support/long'
import { usePromisedLimits } from '../../support/promised-limits'

let device: GPUDevice
usePromisedLimits((made) => {
  device = made
})

describe('a tensor above 128 MiB, in and out of different buffers, has the bits of the CPU', () => {
  const most = Math.max(...ABOVE_BINDING.map(({ shape }) => count(shape)))
  const call = { seed: 8, stream: 1, step: 2, cellOffset: 2 ** 32 - 5 }
  let x: Float32Array<ArrayBuffer>
  let source: GPUBuffer
  let output: GPUBuffer
  let staging: GPUBuffer

  beforeAll(() => {
    x = longInput(most)
    source = device.createBuffer({ size: most * 4, usage: storageUsage() })
    output = device.createBuffer({ size: most * 4, usage: storageUsage() })
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST
    staging = device.createBuffer({ size: most * 4, usage })
    device.queue.writeBuffer(source, 0, x)
  })
  afterAll(() => {
    for (const buffer of [source, output, staging]) buffer.destroy()
  })

  async function expectBitsOfCpu(layer: Pick<Draw, 'shape' | 'noiseShape'>) {
    const elements = count(layer.shape)
    const op = createDropout(device, { ...layer, rate: 0.5 })
    const encoder = device.createCommandEncoder()
    op.encode(encoder, { input: source, output }, call)
    encoder.copyBufferToBuffer(output, 0, staging, 0, elements * 4)
    device.queue.submit([encoder.finish()])
    await op.ready
    await staging.mapAsync(GPUMapMode.READ, 0, elements * 4)
    const expected = dropoutOnCpu(x.subarray(0, elements), { ...layer, rate: 0.5, ...call })
    expectSameLongBits(
      new Float32Array(staging.getMappedRange(0, elements * 4)),
      expected,
      String(layer.shape),
    )
    staging.unmap()
    op.destroy()
  }

  test.each(ABOVE_BINDING)('$shape with noise shape $noiseShape', async (layer) => {
    expect(count(layer.shape) * 4).toBeGreaterThan(device.limits.maxStorageBufferBindingSize)
    await expectBitsOfCpu(layer)
  })

  test('and one of 66 MiB has them cut as for a graphics card, which takes a grid of two dimensions', async () => {
    const info = { vendor: '', architecture: 'a card', device: '', description: '', isFallbackAdapter: false }
    Object.defineProperty(device, 'adapterInfo', { value: info, configurable: true })
    const dispatch = vi.spyOn(GPUComputePassEncoder.prototype, 'dispatchWorkgroups')
    await expectBitsOfCpu({ shape: [17, 1021, 1000], noiseShape: [17, 1021, 1] })
    expect(dispatch.mock.calls.some(([, rows = 1]) => rows > 1)).toBe(true)
    dispatch.mockRestore()
    Reflect.deleteProperty(device, 'adapterInfo')
  })
})

test('1 GiB goes through an engine in slabs, each of two bindings, and has the bits of the CPU', async () => {
  const elements = 2 ** 28 + 4099
  const draw = { rate: 0.5, seed: 2n ** 63n, stream: 7, step: 1 }
  const x = longInput(elements)
  const engine = await createEngine({ backend: 'webgpu', device })
  const y = await engine.dropout(x, { ...draw, shape: [elements] })
  engine.destroy()
  const block = 2 ** 24
  for (let start = 0; start < elements; start += block) {
    const part = x.subarray(start, start + block)
    const expected = dropoutOnCpu(part, { ...draw, shape: [part.length], cellOffset: start })
    expectSameLongBits(y.subarray(start, start + block), expected, `the block at ${start}`)
  }
  for (const start of [0, 2 ** 25 - 50, 2 ** 26 - 50, 2 ** 27 + 2 ** 26 - 50, elements - 100]) {
    const window = { ...draw, shape: [100], cellOffset: start }
    const expected = judgeDropout(patterns(x.slice(start, start + 100)), window)
    expectSameBits(y.subarray(start, start + 100), expected, { what: `the window at ${start}` })
  }
})

/** The last cells that can be drawn end below 2^53 - 1. */
const LAST = 2 ** 53 - 1

describe('masks', () => {
  test.each([
    { name: 'above 2^27 cells', cells: 2 ** 27 + 77, rate: 0.3, cellOffset: 2 ** 32 - 77 },
    {
      name: 'above a binding, 2^30, up to the last',
      cells: 2 ** 30 + 4096 + 77,
      rate: 0.5,
      cellOffset: LAST - (2 ** 30 + 4096 + 77),
    },
  ])('of cells $name have the bits of the CPU', async ({ cells, rate, cellOffset }) => {
    const draw = { shape: [cells], rate, seed: 9, stream: 2 ** 32 - 1, cellOffset }
    const engine = await createEngine({ backend: 'webgpu', device })
    const words = await engine.mask(draw)
    engine.destroy()
    expectSameLongBits(words, maskOnCpu(draw), 'mask')
    for (const word of [0, 2 ** 22 - 2, words.length - 3]) {
      const first = 32 * word
      const shape = [Math.min(96, cells - first)]
      const expected = judgeMask({ ...draw, shape, cellOffset: cellOffset + first })
      expectSameBits(words.subarray(word, word + 3), expected, { packed: true, what: `from cell ${first}` })
    }
  })
})
