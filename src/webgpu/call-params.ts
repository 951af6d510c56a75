/**
 * The parameters of recorded calls. The device reads them when a call executes, and only the caller knows in which order
 * the encoders are submitted, and when. So each call has a slot in a buffer, and a slot is never given out twice.
 */

import { scoped } from './errors.js'
import { createBuffer } from './owned.js'

/** Where the parameters of a call are. */
export interface Slot {
  /** What `bind` made of their buffer. */
  bindings: readonly GPUBindGroup[]
  /** In bytes. */
  offset: number
  /** Rejects if the device refused the buffer. */
  checked: Promise<void>
}

export interface CallParams<Call> {
  /** Stores the parameters of a call. */
  store(call: Call): Slot
  destroy(): void
}

export interface CallParamsOptions<Call> {
  label: string
  slotBytes: number
  /** Slots of the first buffer. */
  slots: number
  write(call: Call, bytes: ArrayBuffer, offset: number): void
  /** The call that probably comes next. */
  next(call: Call): Call
  bind(buffer: GPUBuffer): GPUBindGroup[]
}

/** Each buffer has twice as many slots as the one before it, up to this. */
const MOST_SLOTS = 64

/**
 * A full buffer is left to the garbage collector, because the commands recorded with it may still be submitted. So that
 * they cannot pile up, the oldest of more than this is destroyed (4 MiB at 256 bytes a call): to submit its calls then
 * fails, and never draws the mask of another call. The first ones, of 1 slot or more, are smaller.
 */
const MOST_FULL = 16_384 / MOST_SLOTS + Math.log2(MOST_SLOTS)

interface Block extends Omit<Slot, 'offset'> {
  buffer: GPUBuffer
  /** What it was filled with. */
  contents: Uint32Array<ArrayBuffer>
  /** In words. */
  used: number
}

/** Fills a buffer at once with the parameters of the calls to come, so that most calls have nothing to write. */
export function createCallParams<Call>(
  device: GPUDevice,
  { label, slotBytes, slots, write, next, bind }: CallParamsOptions<Call>,
): CallParams<Call> {
  const words = slotBytes / 4
  const scratch = new Uint32Array(words)
  let block: Block | undefined
  let full: WeakRef<GPUBuffer>[] = []

  function createBlock(call: Call, slots: number): Block {
    const contents = new Uint32Array(slots * words)
    for (let i = 0, one = call; i < slots; i++, one = next(one)) write(one, contents.buffer, i * slotBytes)
    const { result, checked } = scoped(device, 'dropout: parameters', () => {
      const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST
      const buffer = createBuffer(device, { label, size: contents.byteLength, usage })
      device.queue.writeBuffer(buffer, 0, contents)
      return { buffer, bindings: bind(buffer) }
    })
    return { ...result, checked, contents, used: 0 }
  }

  function leave(buffer: GPUBuffer): void {
    full = full.filter((one) => one.deref())
    full.push(new WeakRef(buffer))
    if (full.length > MOST_FULL) full.shift()?.deref()?.destroy()
  }

  return {
    store(call) {
      if (!block || block.used === block.contents.length) {
        if (block) leave(block.buffer)
        const times = block ? Math.min(2 * (block.contents.length / words), MOST_SLOTS) : slots
        block = createBlock(call, times)
      }
      const { buffer, bindings, checked, contents, used } = block
      block.used += words
      write(call, scratch.buffer, 0)
      if (scratch.some((word, i) => word !== contents[used + i])) {
        device.queue.writeBuffer(buffer, 4 * used, scratch)
      }
      return { bindings, offset: 4 * used, checked }
    },
    destroy() {
      block?.buffer.destroy()
      for (const buffer of full) buffer.deref()?.destroy()
    },
  }
}
