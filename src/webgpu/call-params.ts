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
 * fails, and never draws the mask of another call.
 */
const MOST_FULL = 16_384 / MOST_SLOTS

interface Block<Call> extends Omit<Slot, 'offset'> {
  buffer: GPUBuffer
  slots: number
  used: number
  /** The call whose parameters are in the next slot already. */
  foreseen: Call
}

/** Fills a buffer at once with the parameters of the calls to come, so that most calls have nothing to write. */
export function createCallParams<Call>(
  device: GPUDevice,
  { label, slotBytes, slots, write, next, bind }: CallParamsOptions<Call>,
): CallParams<Call> {
  const scratch = new ArrayBuffer(slotBytes)
  let block: Block<Call> | undefined
  let full: WeakRef<GPUBuffer>[] = []

  function createBlock(call: Call, slots: number): Block<Call> {
    const bytes = new ArrayBuffer(slots * slotBytes)
    for (let i = 0, one = call; i < slots; i++, one = next(one)) write(one, bytes, i * slotBytes)
    const { result, checked } = scoped(device, 'dropout: parameters', () => {
      const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST
      const buffer = createBuffer(device, { label, size: bytes.byteLength, usage })
      device.queue.writeBuffer(buffer, 0, bytes)
      return { buffer, bindings: bind(buffer) }
    })
    return { ...result, checked, slots, used: 0, foreseen: call }
  }

  function leave(buffer: GPUBuffer): void {
    full = full.filter((one) => one.deref())
    full.push(new WeakRef(buffer))
    if (full.length > MOST_FULL) full.shift()?.deref()?.destroy()
  }

  return {
    store(call) {
      if (!block || block.used === block.slots) {
        if (block) leave(block.buffer)
        block = createBlock(call, block ? Math.min(2 * block.slots, MOST_SLOTS) : slots)
      }
      const offset = block.used++ * slotBytes
      if (!same(call, block.foreseen)) {
        write(call, scratch, 0)
        device.queue.writeBuffer(block.buffer, offset, scratch)
      }
      block.foreseen = next(block.foreseen)
      const { bindings, checked } = block
      return { bindings, offset, checked }
    },
    destroy() {
      block?.buffer.destroy()
      for (const buffer of full) buffer.deref()?.destroy()
    },
  }
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
