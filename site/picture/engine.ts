/** The engine of the page: on any GPU, else on the CPU. A lost GPU is replaced, one that keeps failing ever less often. */

import { createEngine, DeviceLostError, type Engine } from 'noiseshape'
import { messageOf } from '../shared/message.js'

/** An engine, and why it is not on a GPU; undefined where it is. */
export interface Running {
  engine: Engine
  whyNotGpu?: string
}

export interface Runner {
  /** Runs a task, and again on the next engine if the GPU is lost meanwhile. */
  run<T>(task: (on: Running) => Promise<T>): Promise<T>
}

/** From the first replacement of a lost GPU to the next; doubled for each. */
const FIRST_WAIT = 1000 // ms

/** `onLost` is called at each loss; the next task runs on another engine. */
export function createRunner(onLost: () => void): Runner {
  let lost = false
  let nextTry = 0
  let wait = FIRST_WAIT
  let current = onGpu()

  /** Any adapter, software too, which `'auto'` would leave for the CPU: this page is here to show the GPU's path. */
  async function onGpu(): Promise<Running> {
    try {
      const engine = await createEngine({ backend: 'webgpu' })
      lost = false
      void engine.ended.then(() => {
        lost = true
        current = afterLoss()
        onLost()
      })
      return { engine }
    } catch (error) {
      return onCpu(messageOf(error))
    }
  }

  async function onCpu(why: string): Promise<Running> {
    const whyNotGpu = lost ? 'The GPU was lost. A later change of the settings tries it again.' : why
    return { engine: await createEngine({ backend: 'cpu' }), whyNotGpu }
  }

  function afterLoss(): Promise<Running> {
    if (performance.now() < nextTry) return onCpu('')
    nextTry = performance.now() + wait
    wait *= 2
    return onGpu()
  }

  return {
    async run(task) {
      for (;;) {
        let on = await current
        if (lost && performance.now() >= nextTry) {
          current = afterLoss()
          on = await current
        }
        try {
          return await task(on)
        } catch (error) {
          if (!(error instanceof DeviceLostError)) throw error
          await on.engine.ended // then the next engine is on its way
        }
      }
    },
  }
}
