/** The whole run, in any runtime: cases and peers in, a report out. What could not be measured is listed there. */

import type { Case, DropoutCase, PredictionCase } from './cases.js'
import { checkBits, checkDropout } from './check.js'
import { measureColdStart } from './cold-start.js'
import { type ContestOptions, hold, message, type Pace } from './contest.js'
import type { Predictor } from './monte-carlo/predictor.js'
import { runPrediction } from './monte-carlo/run.js'
import type { NetworkName } from './networks/names.js'
import { size } from './noise-cells.js'
import type { Peer, Setting } from './peers/peer.js'
import {
  type CaseReport,
  type EntrantReport,
  isMeasured,
  type Machine,
  type Report,
  withRatios,
} from './report.js'

export interface RunOptions {
  cases: readonly Case[]
  /** Peers that take part in none of the cases are ignored. */
  peers: readonly (Peer | Predictor)[]
  machine: Machine
  /** The device for peers that do not bring one. Undefined where there is no WebGPU. */
  device?: GPUDevice
  /** Fewer and shorter batches, and the first rate or network only. */
  quick?: boolean
  coldStart?: boolean
  /** Milliseconds: a peer that takes longer for one dropout is skipped; networks get more. Default 20 000. */
  limitMs?: number
  signal?: AbortSignal
  onProgress?: (progress: Progress) => void
  /** Called with each case as it is done. */
  onCase?: (report: Report) => void
}

export interface Progress {
  /** 0 to 1. */
  share: number
  what: string
}

type Listed<T extends Peer | Predictor> = T & { version?: string }

/** @throws the reason of `signal` when it aborts; a peer that fails is reported and does not stop the others */
export async function runBenchmark(options: RunOptions): Promise<Report> {
  const { quick = false, signal, device, machine } = options
  const progress = (share: number, what: string) => options.onProgress?.({ share, what })
  const report: Report = {
    format: 1,
    date: new Date().toISOString(),
    machine,
    quick,
    peers: [],
    cases: [],
    predictions: [],
    notes: [],
  }
  progress(0, 'loading the peers')
  const peers = await loadPeers(options, report.notes)
  report.peers = peers.map((peer) => ({
    name: peer.name,
    title: peer.title,
    kind: peer.kind,
    role: peer.role,
    copies: copiesOf(peer),
    ...(peer.version && { version: peer.version }),
  }))
  if (options.coldStart && device) {
    progress(0, 'cold start')
    report.coldStart = await measureColdStart(quick ? 3 : 7, signal)
  }
  const dropouts = peers.filter((peer) => peer.task === undefined)
  const predictors = peers.filter((peer) => peer.task === 'monte-carlo')
  const runs = options.cases.flatMap((one) => variantsOf(one, quick))
  const pace: Pace = { limitMs: options.limitMs ?? 20_000, msPerWork: new Map() }
  for (const [i, run] of runs.entries()) {
    signal?.throwIfAborted()
    const contest: ContestOptions = {
      pace,
      quick,
      signal,
      onShare: (share, what) => progress((i + share) / runs.length, `${run.label}: ${what}`),
    }
    if ('network' in run) {
      report.predictions.push(await runPrediction(run.one, run.network, predictors, contest))
    } else {
      report.cases.push(await runDropout(run.one, run.rate, dropouts, device, contest))
    }
    options.onCase?.(report)
  }
  progress(1, 'done')
  return report
}

type Run = { label: string } & (
  | { one: DropoutCase; rate: number }
  | { one: PredictionCase; network: NetworkName }
)

/** A case at each of its rates, or with each of its networks. */
function variantsOf(one: Case, quick: boolean): Run[] {
  const few = <T>(values: readonly T[]) => (quick ? values.slice(0, 1) : values)
  if (one.task === 'monte-carlo') {
    return few(one.networks).map((network) => ({ one, network, label: `${one.name}, ${network}` }))
  }
  return few(one.rates).map((rate) => ({ one, rate, label: `${one.name}, rate ${rate}` }))
}

async function loadPeers(
  { cases, peers, device, signal }: RunOptions,
  notes: string[],
): Promise<Listed<Peer | Predictor>[]> {
  const wanted = peers.filter(({ task }) => cases.some((one) => one.task === task))
  const able = wanted.filter(({ kind }) => device || kind === 'cpu')
  if (able.length < wanted.length) {
    notes.push('There is no WebGPU here, so the peers that need it are skipped.')
  }
  const loaded: Listed<Peer | Predictor>[] = []
  for (const peer of able) {
    signal?.throwIfAborted()
    try {
      loaded.push({ ...peer, version: await peer.load?.() })
    } catch (error) {
      notes.push(`${peer.title} could not be loaded: ${message(error)}`)
    }
  }
  const idle = cases.filter(({ task }) => loaded.every((peer) => peer.task !== task))
  for (const { name } of idle) notes.push(`${name}: no peer takes part in it.`)
  return loaded
}

async function runDropout(
  one: DropoutCase,
  rate: number,
  peers: readonly Peer[],
  device: GPUDevice | undefined,
  options: ContestOptions,
): Promise<CaseReport> {
  const { name, title, shape, noiseShape } = one
  const elements = size(shape)
  const { setting, close } = createSetting(one, rate, device)
  const entrants: EntrantReport[] = []
  try {
    // Each kind has its own baseline, and both use the same cores, so one is measured after the other.
    for (const [i, kind] of (['gpu', 'cpu'] as const).entries()) {
      const contenders = peers.filter(
        (peer) => peer.kind === kind && !(one.sweep && (peer.role === 'part' || peer.role === 'copy')),
      )
      const onShare = (share: number, what: string) => options.onShare((i + share) / 2, what)
      const outcomes = await hold<Setting, Float32Array, Peer>(
        {
          setting,
          contenders,
          work: elements,
          check: (peer, result, expected) =>
            check(peer, setting, result) ?? (expected && checkBits(result, expected)),
        },
        { ...options, onShare },
      )
      entrants.push(...withRatios(elements, outcomes.filter(isMeasured), peers))
      entrants.push(...outcomes.filter((outcome) => outcome.status !== 'ok'))
    }
  } finally {
    close()
  }
  const order = (entrant: EntrantReport) => peers.findIndex((peer) => peer.name === entrant.peer)
  entrants.sort((a, b) => order(a) - order(b))
  const { cells } = setting
  return { name, title, shape, noiseShape, rate, elements, cells, sweep: one.sweep === true, entrants }
}

function check(peer: Peer, setting: Setting, result: Float32Array): string | undefined {
  const copies = peer.role === 'baseline' || peer.role === 'copy'
  return copies ? checkBits(result, setting.x) : checkDropout(setting.x, result, setting)
}

function copiesOf(peer: Peer | Predictor): number {
  return peer.task === undefined ? (peer.copies ?? 1) : 1
}

/** The data of one case. Where the device cannot hold its tensors, `gpu` is undefined and peers that need it fail. */
function createSetting({ shape, noiseShape }: DropoutCase, rate: number, device: GPUDevice | undefined) {
  const elements = size(shape)
  const x = createInput(elements)
  const setting: Setting = { shape, noiseShape, rate, elements, cells: size(noiseShape), x }
  const bytes = x.byteLength
  if (!device || bytes > Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize)) {
    return { setting, close() {} }
  }
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
  const input = device.createBuffer({ label: 'bench/input', size: bytes, usage })
  const output = device.createBuffer({ label: 'bench/output', size: bytes, usage })
  device.queue.writeBuffer(input, 0, x)
  setting.gpu = { device, input, output }
  return {
    setting,
    close() {
      input.destroy()
      output.destroy()
    },
  }
}

/** Seeded values of both signs, 0.5 to 1.5 in size: no zero, so that a dropped element can be recognised. */
export function createInput(elements: number): Float32Array<ArrayBuffer> {
  const x = new Float32Array(elements)
  for (let i = 0, state = 1; i < elements; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    x[i] = (0.5 + (state >>> 9) / 2 ** 23) * (state & 0x80 ? -1 : 1)
  }
  return x
}
