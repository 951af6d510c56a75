/** The report of a run: plain data that survives JSON, and what can be computed from it. */

/** What a peer runs on, and so which copy it is compared with. */
export type Kind = 'gpu' | 'cpu'

/**
 * `baseline`: a copy that the others are compared with. `copy`: another way to copy. `ours`: the library. `part`: a piece
 * of the library's work, or two pieces at once. `peer`: an alternative to the library.
 */
export type Role = 'baseline' | 'copy' | 'ours' | 'part' | 'peer'

/** Who took part. */
export interface PeerReport {
  name: string
  title: string
  kind: Kind
  role: Role
  /** How many times it reads and writes the tensor; the baseline counts as often. */
  copies: number
  version?: string
}

export interface Report {
  format: 1
  /** ISO 8601. */
  date: string
  machine: Machine
  /** Fewer and shorter batches, rate 0.1 only. */
  quick: boolean
  peers: PeerReport[]
  cases: CaseReport[]
  predictions: PredictionReport[]
  coldStart?: ColdStart
  /** What was not measured at all, and why. */
  notes: string[]
}

export interface Machine {
  /** E.g. `Chrome 150.0.7871.181`, `Deno 2.9.6`. */
  runtime: string
  platform: string
  cores: number
  /** Left out where there is no WebGPU. */
  adapter?: Adapter
  /** Why there is no adapter. */
  noAdapter?: string
}

export interface Adapter {
  vendor: string
  architecture: string
  device: string
  description: string
  isFallbackAdapter: boolean
}

export interface CaseReport {
  name: string
  title: string
  shape: number[]
  noiseShape: number[]
  rate: number
  elements: number
  cells: number
  sweep: boolean
  entrants: EntrantReport[]
}

/** Monte Carlo dropout of one network: one call is all samples, from the input to their statistics on the host. */
export interface PredictionReport {
  name: string
  title: string
  /** E.g. `digits 32`: the network with the digits, and how many in a batch. */
  network: string
  samples: number
  entrants: (Timed | Missing)[]
}

/** One peer in one case of dropout: measured, or why not. */
export type EntrantReport = Measured | Missing

export interface Missing {
  peer: string
  status: 'failed' | 'skipped'
  reason: string
}

export interface Timed {
  peer: string
  status: 'ok'
  /** Milliseconds of one call. */
  median: number
  min: number
  /** Interquartile range over the median. */
  spread: number
  repeats: number
  rounds: number
  /**
   * Time divided by the time of the copy baseline in the same run, which is the fastest copy of as many bytes; in
   * predictions, by the time of noiseshape-onnx on WebGPU, and on the CPU by that of one run without dropout. Left out where
   * that was not measured.
   */
  ratio?: number
}

export interface Measured extends Timed {
  /** 1e9 bytes read and written in a second, by the median: 8 for each element and copy. */
  gbPerS: number
}

/** Milliseconds from `createEngine` to the first result of a small tensor; a new engine each time. */
export interface ColdStart {
  shape: number[]
  samples: number[]
  median: number
  min: number
}

/** Adds ratio and throughput to the timings of one case. */
export function withRatios(
  elements: number,
  entrants: readonly Timed[],
  peers: readonly (Pick<PeerReport, 'name' | 'kind' | 'role'> & { copies?: number })[],
): Measured[] {
  const peerOf = (name: string) => peers.find((peer) => peer.name === name)
  const fastest = { gpu: Number.POSITIVE_INFINITY, cpu: Number.POSITIVE_INFINITY }
  for (const { peer: name, median } of entrants) {
    const peer = peerOf(name)
    if (peer?.role === 'baseline') fastest[peer.kind] = Math.min(fastest[peer.kind], median)
  }
  return entrants.map((entrant) => {
    const { kind = 'gpu', copies = 1 } = peerOf(entrant.peer) ?? {}
    const baseline = fastest[kind] * copies
    return {
      ...entrant,
      ...(Number.isFinite(baseline) && { ratio: entrant.median / baseline }),
      gbPerS: (elements * 8 * copies) / (entrant.median * 1e6),
    }
  })
}

/** The entrant that predictions are compared with: no copy does such work. */
export const PREDICTION_REFERENCE: Record<Kind, string> = { gpu: 'noiseshape-onnx', cpu: 'one-run-wasm' }

/** Adds ratios to the time of one entrant. */
export function withRatiosTo(reference: string, entrants: readonly Timed[]): Timed[] {
  const one = entrants.find(({ peer }) => peer === reference)
  return entrants.map((entrant) => ({ ...entrant, ...(one && { ratio: entrant.median / one.median }) }))
}

export function isMeasured<T extends Timed>(entrant: T | Missing): entrant is T {
  return entrant.status === 'ok'
}

/** The copy baseline of one kind in a case: its fastest copy. */
export function baselineOf(report: Report, { entrants }: CaseReport, kind: Kind): Measured | undefined {
  const copies = report.peers.filter((peer) => peer.role === 'baseline' && peer.kind === kind)
  return entrants
    .filter(isMeasured)
    .filter(({ peer }) => copies.some(({ name }) => name === peer))
    .toSorted((a, b) => a.median - b.median)[0]
}

/** The adapter in words, as far as it is known; some runtimes give numbers for vendor and device. */
export function adapterName({ adapter, noAdapter }: Machine): string {
  if (!adapter) return `none (${noAdapter ?? 'no reason given'})`
  const words = [adapter.vendor, adapter.architecture, adapter.device, adapter.description]
  const known = words.filter((word) => word && !/^\d+$/.test(word)).join(' ') || 'an unnamed adapter'
  return adapter.isFallbackAdapter ? `${known} (software)` : known
}
