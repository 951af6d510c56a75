/** Rejects pending waits on abort, destroy or device loss. */

export interface Interruption {
  /** Starts something and waits for it, or for what interrupts the waits; interrupted already, it starts nothing. */
  wait<T>(start: () => T | PromiseLike<T>): Promise<T>
  /** Throws what has interrupted the waits, if something has. */
  check(): void
  /** Interrupts every wait, now and later. Only the first reason counts. */
  interrupt(reason: unknown): void
}

export function createInterruption(): Interruption {
  const waiting = new Set<(reason: unknown) => void>()
  let interrupted: { reason: unknown } | undefined
  return {
    // No Promise.race: with a promise that outlives many waits it would keep what each of them resolved to.
    wait: <T>(start: () => T | PromiseLike<T>) =>
      new Promise<T>((resolve, reject) => {
        if (interrupted) return reject(interrupted.reason)
        waiting.add(reject)
        const started = (async () => start())()
        started.then(resolve, reject).finally(() => waiting.delete(reject))
      }),
    check() {
      if (interrupted) throw interrupted.reason
    },
    interrupt(reason) {
      interrupted ??= { reason }
      for (const reject of waiting) reject(interrupted.reason)
      waiting.clear()
    },
  }
}

/** Listeners of a promise that may outlive them all, such as `device.lost`. */
const listeners = new WeakMap<Promise<unknown>, Set<(value: unknown) => void>>()

/** Calls `listener` when `promise` resolves, unless stopped before; returns a function that stops it. */
export function whenResolved<T>(promise: Promise<T>, listener: (value: T) => void): () => void {
  let registered = listeners.get(promise)
  if (!registered) {
    const all = new Set<(value: unknown) => void>()
    promise.then((value) => {
      listeners.delete(promise) // later listeners attach to the promise itself
      for (const each of all) each(value)
    })
    listeners.set(promise, all)
    registered = all
  }
  const own = listener as (value: unknown) => void
  registered.add(own)
  return () => registered.delete(own)
}
