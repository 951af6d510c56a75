/** Rejects pending waits on abort, destroy or device loss. */

export interface Interruption {
  /** Calls `start` and waits for its result; rejects on interruption. Once interrupted, does not call it. */
  wait<T>(start: () => T | PromiseLike<T>): Promise<T>
  /** Throws the reason if interrupted. */
  check(): void
  /** Rejects all current and future waits. Only the first reason counts. */
  interrupt(reason: unknown): void
}

export function createInterruption(): Interruption {
  const waiting = new Set<(reason: unknown) => void>()
  let interrupted: { reason: unknown } | undefined
  return {
    // Not Promise.race: with a long-lived promise it would retain the result of every wait.
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

/** Listeners of promises that may outlive them, such as `device.lost`. */
const listeners = new WeakMap<Promise<unknown>, Set<(value: unknown) => void>>()

/** Calls `listener` when `promise` resolves. Returns a function that removes the listener. */
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
