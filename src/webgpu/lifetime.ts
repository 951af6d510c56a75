/** The device of an engine: rejects calls when it is lost, and may request a new one in its place. */

import { createInterruption, type Interruption } from '../interruption.js'
import { causeOf, type DeviceLostError, deviceLost } from './errors.js'

export interface Lifetime {
  /** The device held now, or the last one. */
  readonly device: GPUDevice
  /** How the device was lost; undefined while it is not. */
  readonly lost: DeviceLostError | undefined
  /** Runs a call on the device. Rejects with the loss as soon as the device is lost, or with the reason of `end`. */
  run<T>(call: (device: GPUDevice) => Promise<T>): Promise<T>
  /**
   * Requests another device in place of a lost one, without waiting: a later call will find it. The wait between
   * requests doubles each time, so that a GPU that keeps dying is requested less and less often.
   */
  replace(): void
  /** Rejects pending and later calls with a reason; a device requested here is destroyed. */
  end(reason: Error): void
}

/** What an engine needs of its device. */
export interface LifetimeOptions {
  /** Whether the engine requested the device, and destroys it. */
  owned: boolean
  /** Requests another one; left out where a lost device is not replaced. */
  request?: (() => Promise<GPUDevice>) | undefined
  /** Called on each loss. */
  onLost?: ((loss: DeviceLostError) => void) | undefined
}

/** Between the first two requests for another device; the next waits are 2, 4, 8, ... times as long. */
const FIRST_WAIT_MS = 1000

export function createLifetime(first: GPUDevice, { owned, request, onLost }: LifetimeOptions): Lifetime {
  let device: GPUDevice
  let calls: Interruption
  let lost: DeviceLostError | undefined
  let ended = false
  let nextRequest = Number.NEGATIVE_INFINITY
  let wait = FIRST_WAIT_MS

  function hold(next: GPUDevice): void {
    device = next
    lost = undefined
    const callsOnIt = createInterruption()
    calls = callsOnIt
    next.lost.then((info) => {
      lost = deviceLost(info)
      if (!ended) onLost?.(lost)
      callsOnIt.interrupt(lost)
    })
  }

  hold(first)
  return {
    get device() {
      return device
    },
    get lost() {
      return lost
    },
    async run(call) {
      const own = calls
      const on = device
      try {
        return await own.wait(() => call(on))
      } catch (error) {
        throw await own.wait(() => causeOf(error, on))
      }
    },
    replace() {
      if (!request || !lost || performance.now() < nextRequest) return
      nextRequest = performance.now() + wait
      wait *= 2
      request().then(
        (another) => {
          const late = ended || !lost // where a request after it was faster
          if (late) another.destroy()
          else hold(another)
        },
        () => {}, // there is none yet
      )
    },
    end(reason) {
      ended = true
      calls.interrupt(reason)
      if (owned) device.destroy()
    },
  }
}
