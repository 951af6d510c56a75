/** A report in sentences: what dropout costs, who takes longer, and who is faster than noiseshape. */

import { isMeasured, type Kind, type PeerReport, type Report, type Timed } from '../../bench/report.js'
import { nameOf, nameOfNetwork } from './terms.js'

/** The library and its peers in one case, on one kind of processor. */
interface Duel {
  title: string
  sweep: boolean
  ours: Timed
  /** Where it makes a new array: on the CPU, where that was measured too. */
  oursNew: Timed | undefined
  rivals: Rival[]
}

interface Rival {
  name: string
  /** Its time over the library's. */
  times: number
  /** Too close to call. */
  even: boolean
}

/** Closer than this, and closer than the batches agree among themselves, is called even. */
const EVEN = 0.05

/**
 * Peers that write where a call before wrote, in an array or in WebAssembly's memory. They are compared with noiseshape
 * doing so, and the others with a new array.
 */
const REUSE_MEMORY = ['math-random', 'tensorflow-wasm', 'jax-js-wasm']

/** Both work on tensors in TensorFlow.js' memory, so they are compared with each other. */
const IN_TENSORFLOW = ['noiseshape-tensorflow-wasm', 'tensorflow-wasm']

/** @param place where it was measured: `here`, or `on` an adapter */
export function verdict(report: Report, place: string): string[] {
  const pair = withPeers(report, (name) => IN_TENSORFLOW.includes(name))
  const inTensorflow = aboutKind(pair, 'cpu', "on TensorFlow.js' wasm backend")
  const others = inTensorflow.length > 0 ? withPeers(report, (name) => !IN_TENSORFLOW.includes(name)) : report
  const sentences = [
    ...aboutKind(others, 'gpu', place),
    ...aboutKind(others, 'cpu', `on the CPU${place === 'here' ? ' here' : ''}`),
    ...inTensorflow,
    ...acrossKinds(others),
    ...aboutPredictions(report, place),
  ]
  if (sentences.length > 0) return sentences
  return ['noiseshape itself was not measured in this run, so there is nothing to compare.']
}

function withPeers(report: Report, includes: (name: string) => boolean): Report {
  return { ...report, peers: report.peers.filter(({ name }) => includes(name)) }
}

function aboutKind(report: Report, kind: Kind, where: string): string[] {
  const duels = duelsOf(report, kind)
  if (duels.length === 0) return []
  const layers = duels.filter(({ sweep }) => !sweep)
  const [first, ...others] = layers.length > 0 ? layers : duels.slice(-1)
  const few = others.length < 3
  const spelledOut = (few ? [first, ...others] : [first]).map((duel) => sentence(duel, where))
  if (spelledOut.length === duels.length) return spelledOut
  const parts = [...(few ? [] : [range(layers, where)]), ...losses(duels, where)]
  return parts.length > 0 ? [...spelledOut, `${capitalised(parts.join('; '))}.`] : spelledOut
}

function duelsOf(report: Report, kind: Kind): Duel[] {
  const ofRole = (role: PeerReport['role']) =>
    report.peers.filter((peer) => peer.role === role && peer.kind === kind)
  return report.cases.flatMap(({ title, sweep, rate, entrants }): Duel[] => {
    const timed = (peers: PeerReport[]) =>
      peers.flatMap((peer) =>
        entrants
          .filter(isMeasured)
          .filter((entrant) => entrant.peer === peer.name)
          .map((entrant) => ({ name: nameOf(peer), entrant })),
      )
    const all = timed(ofRole('ours')).map(({ entrant }) => entrant)
    const [ours] = all.toSorted((a, b) => a.median - b.median)
    if (!ours) return []
    const making = all.find(({ peer }) => peer === 'noiseshape-cpu')
    const oursNew = making === ours ? undefined : making
    const rivals = timed(ofRole('peer')).map(({ name, entrant }) => ({
      name,
      ...against(REUSE_MEMORY.includes(entrant.peer) ? ours : (oursNew ?? ours), entrant),
    }))
    return [{ title: inWords(title, rate, report.quick), sweep, ours, oursNew, rivals }]
  })
}

function against(ours: Timed, theirs: Timed): Omit<Rival, 'name'> {
  const times = theirs.median / ours.median
  const noise = (ours.spread + theirs.spread) / 2 // NaN where it is unknown
  return { times, even: Math.abs(times - 1) <= (noise > EVEN ? noise : EVEN) }
}

/** `Dropout, 16.8 M elements` within a sentence; in a quick run each case has one rate. */
function inWords(title: string, rate: number, quick: boolean): string {
  const [name, detail] = title.split(', ')
  const details = [...(detail ? [detail] : []), ...(quick ? [] : [`rate ${rate}`])]
  return details.length > 0 ? `${name} (${details.join(', ')})` : name
}

function sentence({ title, ours, oursNew, rivals }: Duel, where: string): string {
  const slower = rivals.filter(({ times, even }) => times > 1 && !even)
  const even = rivals.filter((rival) => rival.even)
  const faster = rivals.filter(({ times, even }) => times < 1 && !even)
  const made = oursNew?.ratio ? `, and ${about(oursNew.ratio)} times with a new array` : ''
  const parts = [`${title} ${cost(ours)} ${where}${made}`]
  if (slower.length > 0) {
    const [first, ...rest] = slower
    const words = [
      `${first.name} takes ${about(first.times)} times as long`,
      ...rest.map(({ name, times }) => `${name} ${about(times)} times`),
    ]
    parts.push(listed(words))
  }
  if (even.length > 0)
    parts.push(`${listed(even.map(({ name }) => name))} ${even.length > 1 ? 'take' : 'takes'} as long`)
  for (const { name, times } of faster) {
    parts.push(`${name} is faster than noiseshape ${where}, at ${about(times)} of its time`)
  }
  return `${parts.join('; ')}.`
}

function cost({ ratio, median }: Timed): string {
  if (ratio === undefined) return `takes ${about(median)} ms`
  return Math.abs(ratio - 1) <= EVEN ? 'costs about as much as a copy' : `costs ${about(ratio)} times a copy`
}

function range(duels: readonly Duel[], where: string): string {
  const ratios = duels.flatMap(({ ours }) => ours.ratio ?? [])
  const [low, high] = [Math.min(...ratios), Math.max(...ratios)].map(about)
  return `over ${duels.length} measurements of layers it costs ${low} to ${high} times a copy ${where}`
}

/** Who is faster in some of these cases: few sentences for many cases. */
function losses(duels: readonly Duel[], where: string): string[] {
  const byName = new Map<string, number[]>()
  for (const { rivals } of duels) {
    for (const { name, times, even } of rivals) {
      if (times < 1 && !even) byName.set(name, [...(byName.get(name) ?? []), 1 / times])
    }
  }
  return Array.from(byName, ([name, speeds]) => {
    const often = `in ${speeds.length} of ${duels.length} measurements`
    return `${name} is faster than noiseshape ${often} ${where}, up to ${about(Math.max(...speeds))} times as fast`
  })
}

/** GPU and CPU on the same tensor. */
function acrossKinds(report: Report): string[] {
  const [onGpu, onCpu] = (['gpu', 'cpu'] as const).map((kind) => duelsOf(report, kind).at(0))
  if (!onGpu || !onCpu || onGpu.title !== onCpu.title) return []
  const times = `noiseshape takes ${about(onGpu.ours.median)} ms on WebGPU and ${about(onCpu.ours.median)} ms on the CPU`
  const software = report.machine.adapter?.isFallbackAdapter
  return [
    `${onGpu.title}: ${times}.${software ? ' The adapter is software, so createEngine() takes the CPU unless it is asked for WebGPU.' : ''}`,
  ]
}

function aboutPredictions({ predictions, peers }: Report, place: string): string[] {
  const onKind = (kind: Kind, oursName: string, where: string) =>
    predictions.flatMap(({ title, network, entrants }) => {
      const timed = entrants.filter(isMeasured)
      const ours = timed.find(({ peer }) => peer === oursName)
      if (!ours) return []
      const rivals = peers
        .filter((peer) => peer.kind === kind && peer.role !== 'baseline')
        .flatMap((peer) => {
          const entrant = timed.find((each) => each !== ours && each.peer === peer.name)
          return entrant ? [{ name: nameOf(peer), ...against(ours, entrant) }] : []
        })
      const name = `${inWords(title, 0, true)} of ${nameOfNetwork(network)}, in noiseshape/onnx,`
      return [
        sentence(
          { title: name, sweep: false, ours: { ...ours, ratio: undefined }, oursNew: undefined, rivals },
          where,
        ),
      ]
    })
  return [
    ...onKind('gpu', 'noiseshape-onnx', place),
    ...onKind('cpu', 'noiseshape-onnx-wasm', `on wasm${place === 'here' ? ' here' : ''}`),
  ]
}

/** Two digits, without an exponent. */
function about(value: number): string {
  return String(value >= 9.5 && value < 100 ? Math.round(value) : Number(value.toPrecision(2)))
}

function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
