/** The device of an engine: rejects calls when it is lost, and can request a replacement. */

import { createInterruption, type Interruption, whenResolved } from '../interruption.js'
import { causeOf, type DeviceLostError, deviceLost } from './errors.js'

export interface Lifetime {
  /** The current device, or the last one. */
  readonly device: GPUDevice
  /** Why the device was lost; undefined if it was not. */
  readonly lost: DeviceLostError | undefined
  /**
   * Runs a call on the device. Rejects as soon as the device is lost, or with the reason passed to `end`; `check` throws
   * from then on, so that a long call can stop.
   */
  run<T>(call: (device: GPUDevice, check: () => void) => Promise<T>): Promise<T>
  /**
   * Requests a replacement for a lost device in the background; a later call will use it. The minimum time between
   * requests doubles each time, so a GPU that keeps failing is requested less and less often.
   */
  replace(): void
  /** Rejects pending and later calls with `reason`, and destroys the device if the engine owns it. */
  end(reason: Error): void
}

/** How an engine treats its device. */
export interface LifetimeOptions {
  /** Whether the engine requested the device, and so must destroy it. */
  owned: boolean
  /** Requests a replacement; undefined if a lost device is not replaced. */
  request?: (() => Promise<GPUDevice>) | undefined
  /** Called on each loss. */
  onLost?: ((loss: DeviceLostError) => void) | undefined
}

/** Minimum time between the first two requests for a replacement; it then doubles each time. */
const FIRST_WAIT_MS = 1000

export function createLifetime(first: GPUDevice, { owned, request, onLost }: LifetimeOptions): Lifetime {
  let device: GPUDevice
  let calls: Interruption
  let stopWatching: () => void
  let lost: DeviceLostError | undefined
  let ended = false
  let nextRequest = Number.NEGATIVE_INFINITY
  let wait = FIRST_WAIT_MS

  function hold(next: GPUDevice): void {
    device = next
    lost = undefined
    const callsOnIt = createInterruption()
    calls = callsOnIt
    stopWatching = whenResolved(next.lost, (info) => {
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
        return await own.wait(() => call(on, own.check))
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
          const late = ended || !lost // a later request was faster
          if (late) another.destroy()
          else hold(another)
        },
        () => {}, // no device yet: a later call will try again
      )
    },
    end(reason) {
      ended = true
      calls.interrupt(reason)
      if (owned) device.destroy()
      else stopWatching() // the user's device may outlive many engines
    },
  }
}
