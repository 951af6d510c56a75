/** Sessions on the wasm of ONNX Runtime Web in Node, released after each test. */

import { createMonteCarloSession, type MonteCarloSessionOptions } from 'noiseshape/onnx'
import * as ort from 'onnxruntime-web'
import { afterEach, beforeAll } from 'vitest'

/** For a test file. `open` opens a Monte Carlo session; `release` takes another session that is to be released. */
export function useWasm() {
  const opened: { release(): Promise<void> }[] = []

  beforeAll(() => {
    ort.env.wasm.numThreads = 1
    ort.env.logLevel = 'error' // it warns of every initializer that is no longer used
  })
  afterEach(async () => {
    for (const session of opened.splice(0)) await session.release()
  })

  function release<T extends { release(): Promise<void> }>(session: T): T {
    opened.push(session)
    return session
  }

  async function open(model: Uint8Array, options: MonteCarloSessionOptions = {}) {
    return release(await createMonteCarloSession(ort, model, { executionProviders: ['wasm'], ...options }))
  }

  return { open, release }
}
