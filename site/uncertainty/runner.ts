/** The page's side of a runner: a worker that runs the network, so that the page never waits for it. */

import type { Prediction } from 'noiseshape/monte-carlo'
import model from '../../models/digits/digits.onnx?url'
import weights from '../../models/digits/tfjs/weights.bin?url'
import { messageOf } from '../shared/message.js'
import { load } from './load.js'

export const RUNNERS = ['own', 'onnx'] as const
export type RunnerName = (typeof RUNNERS)[number]

/** What the page sends: first the bytes of the network's file, then questions. */
export type Order = { bytes: ArrayBuffer } | Question

export interface Question {
  /** Answers carry the id of their question. */
  id: number
  /** 8 x 8 pixels from 0 to 1. */
  image: Float32Array
  samples: number
  seed: number
}

/** Where the network runs. */
export interface Place {
  backend: 'webgpu' | 'cpu'
  /** "this page's own forward pass" */
  name: string
  /** "the CPU", "WebGPU (SwiftShader)" */
  device: string
  /** Why ONNX Runtime Web does not use a GPU. */
  whyNotGpu?: string | undefined
}

export type Report =
  | { kind: 'opened'; place: Place }
  /** Ten probabilities for each sample since the report before, and the statistics of all samples so far. */
  | { kind: 'answer'; id: number; fresh: Float32Array; prediction: Prediction; last: boolean }
  /** Without an id: the network could not be opened. */
  | { kind: 'failed'; id: number | undefined; message: string }
  /** The GPU is gone, and this runner with it. */
  | { kind: 'lost'; reason: string }

export interface Runner {
  ask(question: Question): void
  /** Ends the worker: nothing more is reported. */
  close(): void
}

/**
 * What each runner needs. Its own forward pass takes the weights of models/digits/tfjs, a file of nothing but numbers,
 * where digits.onnx would need a reader for protobuf. Each `new Worker` is written out: that is how Vite finds them.
 */
const parts = {
  own: {
    file: weights,
    start: () => new Worker(new URL('./own-worker.ts', import.meta.url), { type: 'module' }),
  },
  onnx: {
    file: model,
    start: () => new Worker(new URL('./onnx-worker.ts', import.meta.url), { type: 'module' }),
  },
}

export function openRunner(name: RunnerName, onReport: (report: Report) => void): Runner {
  const { file, start } = parts[name]
  const worker = start()
  let closed = false
  const hear = (report: Report) => {
    if (!closed) onReport(report)
  }
  worker.addEventListener('message', ({ data }: MessageEvent<Report>) => hear(data))
  worker.addEventListener('error', ({ message }) => {
    hear({ kind: 'failed', id: undefined, message: message || 'The worker could not be loaded.' })
  })
  const send = (order: Order) => worker.postMessage(order)
  load(file).then(
    (bytes) => send({ bytes }),
    (error) => hear({ kind: 'failed', id: undefined, message: messageOf(error) }),
  )
  return {
    ask: send,
    close() {
      closed = true
      worker.terminate()
    },
  }
}
