/** The probe on a device that conforms, and on devices whose shaders were patched to do what they must not. */

import { describe, expect, test, vi } from 'vitest'
import { createEngine } from '../../src/index.js'
import { probeDevice } from '../../src/webgpu/index.js'
import { useGpu } from '../support/gpu'

const gpu = useGpu()

/** What follows has to hold for the exact paths and the trusting ones alike, whichever a device takes. */
const PATCHES = [
  {
    does: 'rounds to an even last bit',
    from: /bitcast<PacketFloat>\(x\) \* PacketFloat\((params\.)?scale\)\)/g,
    to: '$& & Packet(0xfffffffeu)',
  },
  {
    does: 'multiplies by the next larger scale',
    from: 'params.scale',
    to: 'bitcast<f32>(bitcast<u32>(params.scale) + 1u)',
  },
  {
    does: 'gives NaN one pattern',
    from: 'return select(kept, sign,',
    to: 'return select(select(kept, Packet(0x7fc00000u), magnitude > Packet(INFINITE)), sign,',
  },
  {
    does: 'keeps subnormals',
    from: 'return select(kept, sign, magnitude < Packet(params.flush_below))',
    to: 'return kept',
  },
  {
    does: 'overflows one step too late',
    from: '(magnitude > Packet(params.largest))',
    to: '(magnitude > Packet(params.largest + 1u))',
  },
  { does: 'has no signed zero', from: 'sign | Packet(INFINITE)', to: 'Packet(INFINITE)' },
]

const BROKEN_MASKS = [
  { does: 'rotates by another distance', from: 'rotate_left(x1, 10u)', to: 'rotate_left(x1, 11u)' },
  { does: 'decides by one plane', from: 'p < params.draw.planes', to: 'p < min(params.draw.planes, 1u)' },
  {
    does: 'forgets the window',
    from: 'mask[group - lead] = window(low, high, shift)',
    to: 'mask[group - lead] = low',
  },
]

async function alteredDevice(from: string | RegExp, to: string): Promise<GPUDevice> {
  const device = await gpu.anotherDevice()
  const create = device.createShaderModule.bind(device)
  device.createShaderModule = (descriptor) =>
    create({ ...descriptor, code: descriptor.code.replaceAll(from, to) })
  return device
}

describe('a device that rounds as specified', () => {
  test('conforms on thousands of values', async () => {
    expect(await probeDevice(gpu.device)).toEqual({
      conforms: true,
      values: 4096,
      mismatches: 0,
      flags: 2048,
      wrongFlags: 0,
      example: undefined,
    })
  })

  test('runs once per device, and leaves nothing behind', async () => {
    const device = gpu.device
    const before = gpu.liveBuffers()
    const first = await probeDevice(device)
    expect(gpu.liveBuffers()).toBe(before)
    const create = vi.spyOn(device, 'createBuffer')
    const engine = await createEngine({ device })
    expect(await engine.probe()).toEqual(first)
    expect(await probeDevice(device)).toEqual(first)
    expect(create).not.toHaveBeenCalled()
    engine.destroy()
    create.mockRestore()
  })

  test('is never run by an engine or an op', async () => {
    const device = await gpu.anotherDevice()
    const create = vi.spyOn(device, 'createBuffer')
    const engine = await createEngine({ device })
    await engine.dropout(new Float32Array(8), { shape: [8], rate: 0.5, seed: 1 })
    engine.destroy()
    for (const [{ label }] of create.mock.calls) expect(label).not.toMatch(/probe/)
  })
})

describe('a device that deviates', () => {
  test.each(PATCHES)('$does: reports wrong values, and no wrong flags', async ({ from, to }) => {
    const result = await probeDevice(await alteredDevice(from, to))
    expect(result.conforms).toBe(false)
    expect(result.mismatches).toBeGreaterThan(0)
    expect(result.mismatches).toBeLessThan(result.values)
    expect(result.wrongFlags).toBe(0)
    expect(result.example).toMatch(
      /^0x[\da-f]+ at rate [\d.]+, (kept|dropped), is 0x[\da-f]+, not 0x[\da-f]+$/,
    )
  })

  test.each(BROKEN_MASKS)('$does: reports wrong flags, and no wrong values', async ({ from, to }) => {
    const result = await probeDevice(await alteredDevice(from, to))
    expect(result.conforms).toBe(false)
    expect(result.wrongFlags).toBeGreaterThan(0)
    expect(result.mismatches).toBe(0)
    expect(result.example).toMatch(/^cell \d+ at rate [\d.]+ is [01], not [01]$/)
  })

  test('is reported by an engine on it as well', async () => {
    const device = await alteredDevice(PATCHES[1].from, PATCHES[1].to)
    const engine = await createEngine({ backend: 'webgpu', device })
    expect((await engine.probe()).conforms).toBe(false)
    engine.destroy()
  })

  test('refuses its buffers: the probe rejects, and a later probe tries again', async () => {
    const device = await gpu.anotherDevice()
    const create = device.createBuffer.bind(device)
    const forbidden = GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE
    device.createBuffer = (descriptor) => create({ ...descriptor, usage: forbidden })
    await expect(probeDevice(device)).rejects.toThrow(/createDropout failed \(validation\)/)
    device.createBuffer = create
    expect((await probeDevice(device)).conforms).toBe(true)
  })
})
