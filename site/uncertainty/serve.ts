/** The worker's side of a runner: opens the network, answers the page's questions, and reports the statistics so far. */

import { createEngine, type Engine } from 'noiseshape'
import { monteCarlo, type SampleDraw } from 'noiseshape/monte-carlo'
import { CLASSES } from '../../models/digits/forward.js'
import { messageOf } from '../shared/message.js'
import type { Order, Place, Question, Report } from './runner.js'

export interface Network extends Place {
  /** Resolves, with the reason, when the GPU that it runs on is lost. */
  lost?: Promise<string> | undefined
  /** The most samples that it computes at once. Default 1. */
  samplesPerRun?: number
  /** The network for one image: the result computes `count` samples, and gives ten probabilities for each. */
  on(image: Float32Array): (draw: SampleDraw, count: number) => Float32Array | Promise<Float32Array>
}

const SHOWN_EVERY = 80 // ms: smooth enough to watch, and drawing it takes a small part of the time
const NEWS_OF_LOSS = 1000 // ms: a sample can fail before the loss of the GPU is reported

const report = (report: Report) => postMessage(report)

/** Opens the network from the bytes that the page sends first, and answers questions: a later one ends the one before. */
export function serve(open: (bytes: ArrayBuffer) => Promise<Network>): void {
  let opened: { network: Network; engine: Engine } | undefined
  let running: AbortController | undefined

  async function begin(bytes: ArrayBuffer): Promise<void> {
    try {
      const [network, engine] = await Promise.all([open(bytes), createEngine({ backend: 'cpu' })])
      opened = { network, engine }
      network.lost?.then((reason) => report({ kind: 'lost', reason }))
      const { backend, name, device, whyNotGpu } = network
      report({ kind: 'opened', place: { backend, name, device, whyNotGpu } })
    } catch (error) {
      report({ kind: 'failed', id: undefined, message: messageOf(error) })
    }
  }

  async function answer(question: Question): Promise<void> {
    if (!opened) throw new Error('internal: the page asks before the network is open')
    const { network, engine } = opened
    running?.abort()
    running = new AbortController()
    const { signal } = running
    try {
      await run(network, engine, question, signal)
    } catch (error) {
      if (signal.aborted || (await isLost(network))) return
      report({ kind: 'failed', id: question.id, message: messageOf(error) })
    }
  }

  addEventListener('message', ({ data }: MessageEvent<Order>) => {
    void ('bytes' in data ? begin(data.bytes) : answer(data))
  })
}

async function run(
  { on, samplesPerRun }: Network,
  engine: Engine,
  { id, samples, seed, image }: Question,
  signal: AbortSignal,
): Promise<void> {
  const probabilitiesOf = on(image)
  let fresh: number[] = []
  let shown = performance.now()
  const prediction = await monteCarlo(engine, {
    samples,
    seed,
    signal,
    outputs: 'probabilities',
    classes: CLASSES,
    samplesPerRun,
    async forward(draw, count) {
      const probabilities = await probabilitiesOf(draw, count)
      fresh.push(...probabilities)
      return probabilities
    },
    async onProgress({ done, read }) {
      if (done === samples || performance.now() - shown < SHOWN_EVERY) return
      report({ kind: 'answer', id, prediction: await read(), fresh: Float32Array.from(fresh), last: false })
      fresh = []
      shown = performance.now()
    },
  })
  report({ kind: 'answer', id, prediction, fresh: Float32Array.from(fresh), last: true })
}

async function isLost({ lost }: Network): Promise<boolean> {
  if (!lost) return false
  const soon = new Promise<undefined>((resolve) => setTimeout(resolve, NEWS_OF_LOSS))
  return (await Promise.race([lost, soon])) !== undefined
}
