/**
 * Dynamic offsets on devices with other alignments than the test browser's: a device in Node that does nothing but note
 * what is recorded. WebGPU lets minUniformBufferOffsetAlignment be any power of two from 32 to 256.
 */

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createDropout } from '../../src/webgpu/index.js'

/** The parameters of a dispatch. */
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
    const op = createDropout(device, { shape, rate: 0.5 })
    const output = tensor(4 * shape[0])
    for (let step = 0; step < 20; step++) {
      op.encode(encoder, { input: tensor(4 * shape[0]), output }, { seed: 1, step })
    }
    expect(recorded.length).toBeGreaterThanOrEqual(40)
    for (const { offset, bound, buffer } of recorded) {
      expect(offset % alignment, `offset ${offset}`).toBe(0)
      expect(offset + bound, `end of the binding at ${offset}`).toBeLessThanOrEqual(buffer.size)
    }
    for (const buffer of new Set(recorded.map(({ buffer }) => buffer))) {
      const inBuffer = recorded.filter((one) => one.buffer === buffer)
      const sorted = inBuffer.toSorted((a, b) => a.offset - b.offset)
      sorted.slice(1).forEach((next, i) => {
        const { offset, bound } = sorted[i]
        const apart = next.offset === offset || next.offset >= offset + bound
        expect(apart, `parameters at ${offset} and ${next.offset} share bytes`).toBe(true)
      })
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
      const { buffer, offset = 0, size } = group.entries[0].resource
      recorded.push({ offset: offset + (offsets[0] ?? 0), buffer, bound: size as number })
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
