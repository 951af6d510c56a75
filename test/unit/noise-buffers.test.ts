/** Which noise buffers of an ONNX session are kept, on a device that does nothing but count them. */

import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createNoiseBuffers } from '../../src/onnx/noise-buffers.js'
import type { OrtModule } from '../../src/onnx/ort.js'

beforeAll(() => {
  const usages = ['MAP_READ', 'MAP_WRITE', 'COPY_SRC', 'COPY_DST', 'INDEX', 'VERTEX', 'UNIFORM', 'STORAGE']
  vi.stubGlobal('GPUBufferUsage', Object.fromEntries(usages.map((name, bit) => [name, 2 ** bit])))
  vi.stubGlobal('GPUShaderStage', { VERTEX: 1, FRAGMENT: 2, COMPUTE: 4 })
})
afterAll(() => vi.unstubAllGlobals())

/** A noise source for one point, and the number of rows of each noise tensor whose buffer has not been destroyed. */
function source() {
  const kept = new Set<GPUBuffer>()
  const pass = { setPipeline() {}, setBindGroup() {}, dispatchWorkgroups() {}, end() {} }
  const asGiven = (descriptor: unknown) => descriptor
  const device = {
    limits: {
      maxBufferSize: 2 ** 28,
      maxStorageBufferBindingSize: 2 ** 27,
      minStorageBufferOffsetAlignment: 256,
      minUniformBufferOffsetAlignment: 256,
      maxComputeWorkgroupsPerDimension: 65_535,
    },
    queue: { writeBuffer() {}, submit() {} },
    pushErrorScope() {},
    popErrorScope: async () => null,
    createBuffer({ size, usage, label }: GPUBufferDescriptor) {
      const contents = new ArrayBuffer(size)
      const buffer = {
        ...{ size, usage, label, mapAsync() {}, getMappedRange: () => contents, unmap() {} },
        destroy: () => kept.delete(buffer as unknown as GPUBuffer),
      }
      kept.add(buffer as unknown as GPUBuffer)
      return buffer
    },
    createCommandEncoder: () => ({ beginComputePass: () => pass, copyBufferToBuffer() {}, finish() {} }),
    createBindGroup: asGiven,
    createBindGroupLayout: asGiven,
    createPipelineLayout: asGiven,
    createShaderModule: asGiven,
    createComputePipeline: asGiven,
  }
  const rows = new Map<GPUBuffer, number>()
  const fromGpuBuffer = (buffer: GPUBuffer, { dims }: { dims: number[] }) => {
    rows.set(buffer, dims[0])
    return { buffer }
  }
  const input = {
    ...{ name: 'noise_0', node: undefined, tensor: 'x', shape: ['n', 4], rate: 0.5 },
    ...{ noiseShape: [null, null], elementType: 'float32' as const, stream: 0 },
  }
  const noise = createNoiseBuffers(
    { Tensor: { fromGpuBuffer } } as unknown as OrtModule,
    device as unknown as GPUDevice,
    { inputs: [input], generator: undefined },
  )
  return {
    draw: async (count: number) => {
      const { noise_0 } = await noise.draw(
        [[count, 4]],
        { seed: 1, step: 0, oneMaskForBatch: false },
        { count: 1, batch: 1 },
      )
      return (noise_0 as unknown as { buffer: GPUBuffer }).buffer
    },
    destroy: () => noise.destroy(),
    kept: () => [...kept],
    keptRows: () => [...kept].flatMap((buffer) => rows.get(buffer) ?? []).sort((a, b) => a - b),
  }
}

test('noise of the same shape is drawn into the same buffer', async () => {
  const { draw, keptRows } = source()
  expect(await draw(3)).toBe(await draw(3))
  expect(await draw(4)).not.toBe(await draw(3))
  expect(keptRows()).toEqual([3, 4])
})

test('eight sets of shapes are kept; a ninth replaces the one that was not drawn for the longest time', async () => {
  const { draw, keptRows } = source()
  for (const count of [1, 2, 3, 4, 5, 6, 7, 8]) await draw(count)
  expect(keptRows()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  const first = await draw(1)
  await draw(3)
  await draw(9)
  expect(keptRows()).toEqual([1, 3, 4, 5, 6, 7, 8, 9])
  await draw(10)
  expect(keptRows()).toEqual([1, 3, 5, 6, 7, 8, 9, 10])
  expect(await draw(1)).toBe(first)
  await draw(2) // made anew
  expect(keptRows()).toEqual([1, 2, 3, 6, 7, 8, 9, 10])
})

test('all buffers are destroyed with the source, masks and parameters too', async () => {
  const { draw, destroy, kept } = source()
  for (const count of [1, 2, 3]) await draw(count)
  expect(kept().length).toBeGreaterThan(3)
  destroy()
  expect(kept()).toEqual([])
})
