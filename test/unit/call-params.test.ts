/** Where the parameters of recorded calls are kept, on a device that does nothing but hold their bytes. */

import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createCallParams } from '../../src/webgpu/call-params.js'

beforeAll(() => vi.stubGlobal('GPUBufferUsage', { UNIFORM: 64, COPY_DST: 8 }))
afterAll(() => vi.unstubAllGlobals())

interface Buffer {
  contents: Uint32Array
  destroyed: boolean
  destroy(): void
}

/** Parameters of one word each, in slots of 16 bytes, which are expected to count up. */
function wordParams(slots = 4) {
  const buffers: Buffer[] = []
  let writes = 0
  const device = {
    limits: { maxBufferSize: 2 ** 28 },
    queue: {
      writeBuffer({ contents }: Buffer, offset: number, bytes: ArrayBuffer) {
        writes++
        contents.set(new Uint32Array(bytes), offset / 4)
      },
    },
    pushErrorScope() {},
    popErrorScope: async () => null,
    createBuffer({ size }: GPUBufferDescriptor) {
      const buffer = {
        contents: new Uint32Array(size / 4),
        destroyed: false,
        destroy() {
          buffer.destroyed = true
        },
      }
      buffers.push(buffer)
      return buffer
    },
  }
  const params = createCallParams<number>(device as unknown as GPUDevice, {
    label: 'test',
    slotBytes: 16,
    slots,
    write: (word, bytes, offset) => new DataView(bytes).setUint32(offset, word, true),
    next: (word) => word + 1,
    bind: (buffer) => [buffer as unknown as GPUBindGroup],
  })
  /** Where a call is stored, and what the device finds there now. */
  const store = (word: number) => {
    const { bindings, offset } = params.store(word)
    const buffer = bindings[0] as unknown as Buffer
    return { word, buffer, offset, now: () => buffer.contents[offset / 4] }
  }
  const alive = () => buffers.filter(({ destroyed }) => !destroyed).length
  return { store, destroy: params.destroy, alive, writes: () => writes }
}

/** Counts up, stays, jumps back, alternates, counts up again. */
const WORDS = Array.from({ length: 1000 }, (_, i) => {
  if (i < 200) return i
  if (i < 400) return 7
  if (i < 600) return 1000 - i
  if (i < 800) return i % 2 ? 5 : 6
  return 3 * i
})

test('a call finds its own parameters however many calls are stored after it', () => {
  const { store } = wordParams()
  const stored = WORDS.map(store)
  expect(stored.map(({ now }) => now())).toEqual(WORDS)
  expect(new Set(stored.map(({ buffer }) => buffer)).size).toBeGreaterThan(1)
})

test('calls that count up write once for each buffer', () => {
  const { store, writes } = wordParams()
  const stored = Array.from({ length: 1000 }, (_, i) => store(i))
  expect(writes()).toBe(new Set(stored.map(({ buffer }) => buffer)).size)
  expect(writes()).toBeLessThan(25)
})

test('the first buffer is as small as it is asked to be, and buffers do not grow beyond 64 slots', () => {
  const { store } = wordParams(1)
  const sizes = Array.from({ length: 300 }, (_, i) => store(i).buffer.contents.byteLength / 16)
  expect(sizes[0]).toBe(1)
  expect(Math.max(...sizes)).toBe(64)
})

test('what piles up is bounded even where nothing is collected: all but the last 16 384 calls are destroyed', () => {
  const { store, alive } = wordParams()
  const first = Array.from({ length: 16_384 }, (_, i) => store(i)) // holds all buffers, also below
  expect(first.some(({ buffer }) => buffer.destroyed)).toBe(false)
  const later = Array.from({ length: 50_000 }, (_, i) => store(i))
  expect(alive()).toBeLessThanOrEqual(16_384 / 64 + 7)
  const pending = later.slice(-16_384)
  expect(pending.some(({ buffer }) => buffer.destroyed)).toBe(false)
  expect(pending.every(({ word, now }) => now() === word)).toBe(true)
})

test('destroy destroys all buffers', () => {
  const { store, destroy, alive } = wordParams()
  const stored = WORDS.map(store)
  expect(alive()).toBe(new Set(stored.map(({ buffer }) => buffer)).size)
  destroy()
  expect(alive()).toBe(0)
})
