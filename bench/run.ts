/** The whole run, in any runtime: cases and peers in, a report out. Nothing is left out without being told. */

import type { Case } from './cases.js'
import { checkBits, checkDropout } from './check.js'
import { measureColdStart } from './cold-start.js'
import { type Entrant, measure } from './measure.js'
import { size } from './noise-cells.js'
import type { Peer, Prepared, Setting } from './peers/peer.js'
import { type CaseReport, type EntrantReport, type Machine, type Report, withRatios } from './report.js'

export interface RunOptions {
  cases: readonly Case[]
  peers: readonly Peer[]
  machine: Machine
  /** What peers without a device of their own run on. Left out where there is no WebGPU. */
  device?: GPUDevice
  /** Fewer and shorter batches, and the first rate only. */
  quick?: boolean
  coldStart?: boolean
  /** A peer that takes longer than this for one call is left out, in ms. Default 20 000. */
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

type Listed = Peer & { version?: string }

/** @throws what `signal` was aborted with; a peer that fails is told in the report and stops nobody else */
export async function runBenchmark(options: RunOptions): Promise<Report> {
  const { quick = false, signal, device, machine } = options
  const tell = (share: number, what: string) => options.onProgress?.({ share, what })
  const runs = options.cases.flatMap((one) =>
    (quick ? one.rates.slice(0, 1) : one.rates).map((rate) => ({ one, rate })),
  )
  const report: Report = {
    format: 1,
    date: new Date().toISOString(),
    machine,
    quick,
    peers: [],
    cases: [],
    notes: [],
  }
  tell(0, 'loading the peers')
  const peers = await loadPeers(options, report.notes)
  report.peers = peers.map(({ name, title, kind, role, copies = 1, version }) => ({
    name,
    title,
    kind,
    role,
    copies,
    ...(version && { version }),
  }))
  if (options.coldStart && device) {
    tell(0, 'cold start')
    report.coldStart = await measureColdStart(quick ? 3 : 7, signal)
  }
  const pace: Pace = { limitMs: options.limitMs ?? 20_000, msPerElement: new Map() }
  for (const [i, { one, rate }] of runs.entries()) {
    signal?.throwIfAborted()
    const onShare = (share: number, what: string) =>
      tell((i + share) / runs.length, `${one.name}, rate ${rate}: ${what}`)
    report.cases.push(await runCase(one, rate, peers, options, pace, onShare))
    options.onCase?.(report)
  }
  tell(1, 'done')
  return report
}

async function loadPeers({ peers, device, signal }: RunOptions, notes: string[]): Promise<Listed[]> {
  const loaded: Listed[] = []
  if (!device && peers.some(({ kind }) => kind === 'gpu')) {
    notes.push('There is no WebGPU here: the peers that need it are left out.')
  }
  for (const peer of peers) {
    signal?.throwIfAborted()
    if (peer.kind === 'gpu' && !device) continue
    try {
      loaded.push({ ...peer, version: await peer.load?.() })
    } catch (error) {
      notes.push(`${peer.title} could not be loaded: ${message(error)}`)
    }
  }
  return loaded
}

/** How slow a peer has been so far, so that no case waits for one that is known to be too slow. */
interface Pace {
  limitMs: number
  msPerElement: Map<string, number>
}

async function runCase(
  one: Case,
  rate: number,
  peers: readonly Listed[],
  { device, quick, signal }: RunOptions,
  pace: Pace,
  onShare: (share: number, what: string) => void,
): Promise<CaseReport> {
  const { name, title, shape, noiseShape } = one
  const elements = size(shape)
  const { setting, close } = createSetting(one, rate, device)
  const entrants: EntrantReport[] = []
  try {
    // The kinds have roofs of their own and use the same cores, so one is measured after the other.
    for (const kind of ['gpu', 'cpu'] as const) {
      const group = peers.filter(
        (peer) => peer.kind === kind && !(one.sweep && (peer.role === 'part' || peer.role === 'copy')),
      )
      const ready: Guarded[] = []
      try {
        for (const [i, peer] of group.entries()) {
          signal?.throwIfAborted()
          const half = kind === 'gpu' ? 0 : 0.5
          onShare(half + (0.25 * i) / group.length, `checking ${peer.title}`)
          const outcome = await prepare(peer, setting, pace)
          if (outcome instanceof Guarded) ready.push(outcome)
          else entrants.push(outcome)
        }
        const timings = await measure(ready, {
          ...(quick ? { rounds: 3, batchMs: 30, entrantMs: 3000 } : {}),
          signal,
          pause: breathe,
          onRound: (done, of) =>
            onShare((kind === 'gpu' ? 0 : 0.5) + 0.25 + (0.25 * done) / of, `round ${done} of ${of}`),
        })
        const good = timings.flatMap(({ name: peer, ...timing }, i) => {
          const { error } = ready[i]
          if (error === undefined) return { peer, status: 'ok' as const, ...timing }
          entrants.push({ peer, status: 'failed', reason: error })
          return []
        })
        entrants.push(...withRatios(elements, good, peers))
      } finally {
        for (const entrant of ready) entrant.close()
      }
    }
  } finally {
    close()
  }
  const order = (entrant: EntrantReport) => peers.findIndex((peer) => peer.name === entrant.peer)
  entrants.sort((a, b) => order(a) - order(b))
  const { cells } = setting
  return { name, title, shape, noiseShape, rate, elements, cells, sweep: one.sweep === true, entrants }
}

/** An entrant that has been found to do a dropout; what fails later is kept for the report. */
class Guarded implements Entrant {
  readonly name: string
  error: string | undefined
  readonly #prepared: Prepared

  constructor(name: string, prepared: Prepared) {
    this.name = name
    this.#prepared = prepared
  }

  async run(times: number): Promise<void> {
    if (this.error !== undefined) return
    try {
      await this.#prepared.run(times)
    } catch (error) {
      this.error = message(error)
    }
  }

  close(): void {
    this.#prepared.close()
  }
}

/** Prepares and checks one peer: an entrant, or why it is none. */
async function prepare(peer: Listed, setting: Setting, pace: Pace): Promise<Guarded | EntrantReport> {
  const { limitMs, msPerElement } = pace
  const foreseen = (msPerElement.get(peer.name) ?? 0) * setting.elements
  if (foreseen > limitMs) {
    const reason = `one call would take about ${Math.round(foreseen / 1000)} s, by what it took before`
    return { peer: peer.name, status: 'skipped', reason }
  }
  const failed = (reason: string): EntrantReport => ({ peer: peer.name, status: 'failed', reason })
  let prepared: Prepared | undefined
  try {
    await breathe()
    prepared = await peer.prepare(setting)
    const start = performance.now()
    const result = await prepared.result()
    const ms = performance.now() - start // with the reading and, in the first case, the compiling
    const wrong = check(peer, setting, result) ?? bitsWrong(result, prepared.expected?.())
    if (wrong === undefined && ms < limitMs) return new Guarded(peer.name, prepared)
    prepared.close()
    if (wrong !== undefined) return failed(`its result is wrong: ${wrong}`)
    msPerElement.set(peer.name, ms / setting.elements)
    return { peer: peer.name, status: 'skipped', reason: `one call took ${Math.round(ms / 1000)} s` }
  } catch (error) {
    prepared?.close()
    return failed(message(error))
  }
}

function check(peer: Listed, setting: Setting, result: Float32Array): string | undefined {
  const copies = peer.role === 'roof' || peer.role === 'copy'
  return copies ? checkBits(result, setting.x) : checkDropout(setting.x, result, setting)
}

function bitsWrong(result: Float32Array, expected: Float32Array | undefined): string | undefined {
  return expected && checkBits(result, expected)
}

/** The data of one case; tensors that the device cannot hold are left out, and who needs them says so. */
function createSetting({ shape, noiseShape }: Case, rate: number, device: GPUDevice | undefined) {
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

/** Seeded values of both signs, 0.5 to 1.5 in size: no zero, so that a dropped element can be told. */
export function createInput(elements: number): Float32Array<ArrayBuffer> {
  const x = new Float32Array(elements)
  for (let i = 0, state = 1; i < elements; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    x[i] = (0.5 + (state >>> 9) / 2 ** 23) * (state & 0x80 ? -1 : 1)
  }
  return x
}

/** Lets a page draw and hear its user; a microtask would not. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
