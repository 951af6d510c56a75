/**
 * Dynamic offsets on devices with other alignments than the test browser's: a device in Node that does nothing but note
 * what is recorded. WebGPU lets minUniformBufferOffsetAlignment be any power of two from 32 to 256.
 */

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createDropout } from '../../src/webgpu/index.js'

/** One dynamic offset into the parameters. */
interface Recorded {
  offset: number
  buffer: GPUBuffer
  /** Bytes that are bound from there. */
  bound: number
}

beforeAll(() => {
  const flags = {
    MAP_READ: 1,
    MAP_WRITE: 2,
    COPY_SRC: 4,
    COPY_DST: 8,
    INDEX: 16,
    VERTEX: 32,
    UNIFORM: 64,
    STORAGE: 128,
  }
  vi.stubGlobal('GPUBufferUsage', flags)
  vi.stubGlobal('GPUShaderStage', { VERTEX: 1, FRAGMENT: 2, COMPUTE: 4 })
})

afterAll(() => vi.unstubAllGlobals())

describe.each([32, 64, 128, 256])('with uniform offsets at multiples of %i', (alignment) => {
  test.each([
    { name: 'a length of whole packets', shape: [4096] },
    { name: 'a length with a short last packet', shape: [4099] },
    { name: 'several chunks', shape: [20_003] },
  ])('each call binds its own parameters, inside the buffer: $name', ({ shape }) => {
    const { device, encoder, tensor, recorded } = noted(alignment)
    const op = createDropout(device, { shape, rate: 0.5, maxPendingCalls: 3 })
    const output = tensor(4 * shape[0])
    for (const step of [0, 1, 2]) {
      op.encode(encoder, { input: tensor(4 * shape[0]), output }, { seed: 1, step })
    }
    expect(recorded.length).toBeGreaterThanOrEqual(6)
    for (const { offset, bound, buffer } of recorded) {
      expect(offset % alignment, `offset ${offset}`).toBe(0)
      expect(offset + bound, `end of the binding at ${offset}`).toBeLessThanOrEqual(buffer.size)
    }
    for (const a of recorded) {
      for (const b of recorded) {
        const distance = Math.abs(a.offset - b.offset)
        const same = a.buffer !== b.buffer || distance === 0
        expect(same || distance >= a.bound, `parameters at ${a.offset} and ${b.offset} share bytes`).toBe(
          true,
        )
      }
    }
  })
})

/** As much of a device as an op needs to record. */
function noted(alignment: number) {
  const recorded: Recorded[] = []
  const buffer = ({ size, usage }: GPUBufferDescriptor) => {
    const contents = new ArrayBuffer(size)
    return { size, usage, mapAsync() {}, getMappedRange: () => contents, unmap() {}, destroy() {} }
  }
  const pass = {
    setPipeline() {},
    setBindGroup(_: number, group: { entries: { resource: GPUBufferBinding }[] }, offsets: number[] = []) {
      const { resource } = group.entries[0]
      for (const offset of offsets) {
        recorded.push({ offset, buffer: resource.buffer, bound: resource.size as number })
      }
    },
    dispatchWorkgroups() {},
    end() {},
  }
  const device = {
    limits: {
      maxBufferSize: 2 ** 28,
      maxStorageBufferBindingSize: 16_384,
      minStorageBufferOffsetAlignment: alignment,
      minUniformBufferOffsetAlignment: alignment,
      maxComputeWorkgroupsPerDimension: 65_535,
    },
    queue: { writeBuffer() {} },
    pushErrorScope() {},
    popErrorScope: async () => null,
    createBuffer: buffer,
    createBindGroup: (descriptor: unknown) => descriptor,
    createBindGroupLayout: (descriptor: unknown) => descriptor,
    createPipelineLayout: (descriptor: unknown) => descriptor,
    createShaderModule: (descriptor: unknown) => descriptor,
    createComputePipeline: (descriptor: unknown) => descriptor,
  }
  return {
    device: device as unknown as GPUDevice,
    encoder: { beginComputePass: () => pass, copyBufferToBuffer() {} } as unknown as GPUCommandEncoder,
    tensor: (size: number) => buffer({ size, usage: 128 }) as unknown as GPUBuffer,
    recorded,
  }
}
