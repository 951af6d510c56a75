/**
 * Gaps in the numbers of a sequence of modules. A Dropout leaves no node in a model for inference, but its number in
 * `torch.nn.Sequential` is missing: '/classifier/1/Relu', then '/classifier/3/Gemm'. So is the number of a normalisation
 * that was folded into the convolution before it; such a gap says nothing.
 */

import type { NodeProto } from '../messages.js'
import { dataInputs, type GraphView } from './graph-view.js'
import { layerKind, type WeightLayer } from './weight-layers.js'

export interface Sequences {
  /** Tensors at gaps, and what is missing there. */
  gaps: ReadonlyMap<string, string>
  /** Tensors that go from one number to the next: no module was between them. */
  unbroken: ReadonlySet<string>
}

export function sequenceGaps(view: GraphView, layers: readonly WeightLayer[]): Sequences {
  const numbers = childNumbers(view)
  const unbroken = new Set<string>()
  const gaps = new Map<string, string>()
  const last = layers.at(-1)?.node
  for (const node of view.nodes) {
    const { path } = view.module(node)
    if (!path) continue
    for (const tensor of dataInputs(view, node)) {
      if (isFoldedInto(view, node)) continue // its number is that of the normalisation
      const from = view.producer(tensor)
      const gap = from ? gapBetween(view.module(from).path ?? [], path, numbers) : undefined
      if (gap === 'none') unbroken.add(tensor)
      const starts = !gap && layerKind(view, node) && (layerKind(view, node) === 'dense' || node === last)
      const missing = gap ?? (starts ? gapAtStart(from && view.module(from).path, path, numbers) : undefined)
      if (missing === undefined || missing === 'none') continue
      if (mayBeNormalisation(view, tensor)) continue
      const { sequence, number } = missing
      gaps.set(
        tensor,
        `module ${[...sequence, number].join('.')} left no node in the model, as a Dropout does`,
      )
    }
  }
  for (const tensor of gaps.keys()) unbroken.delete(tensor)
  return { gaps, unbroken }
}

/** The dynamo exporter gives a layer into which a normalisation was folded the name of that normalisation. */
function isFoldedInto(view: GraphView, node: NodeProto): boolean {
  return layerKind(view, node) !== undefined && /norm/i.test(view.module(node).classes.at(-1) ?? '')
}

interface Gap {
  sequence: readonly string[]
  /** The first number that is missing. */
  number: number
}

/** The numbers of the children of each module, by its path. */
function childNumbers(view: GraphView): ReadonlyMap<string, ReadonlySet<number>> {
  const children = new Map<string, Set<number>>()
  for (const node of view.nodes) {
    const path = view.module(node).path ?? []
    path.forEach((part, depth) => {
      if (!isNumber(part)) return
      const parent = path.slice(0, depth).join('.')
      const known = children.get(parent)
      if (known) known.add(Number(part))
      else children.set(parent, new Set([Number(part)]))
    })
  }
  return children
}

/** @returns undefined if the two are not numbered children of one module */
function gapBetween(
  from: readonly string[],
  to: readonly string[],
  numbers: ReadonlyMap<string, ReadonlySet<number>>,
): Gap | 'none' | undefined {
  const depth = from.findIndex((part, i) => part !== to[i])
  if (depth < 0 || !isNumber(from[depth]) || !isNumber(to[depth])) return undefined
  const [first, second] = [Number(from[depth]), Number(to[depth])]
  const sequence = from.slice(0, depth)
  const present = numbers.get(sequence.join('.'))
  if (second <= first) return undefined
  for (let number = first + 1; number < second; number++)
    if (!present?.has(number)) return { sequence, number }
  return 'none'
}

/** Whether a sequence starts with a module that left no node: its first node is of a later one. */
function gapAtStart(
  from: readonly string[] | undefined,
  to: readonly string[],
  numbers: ReadonlyMap<string, ReadonlySet<number>>,
): Gap | undefined {
  const depth = to.findIndex((part, i) => isNumber(part) && (from === undefined || from[i] !== part))
  if (depth < 0) return undefined
  const sequence = to.slice(0, depth)
  const isInside =
    from !== undefined && sequence.every((part, i) => from[i] === part) && isNumber(from[depth])
  const lowest = Math.min(...(numbers.get(sequence.join('.')) ?? []))
  return !isInside && lowest > 0 && lowest === Number(to[depth]) ? { sequence, number: 0 } : undefined
}

function isNumber(part: string | undefined): part is string {
  return part !== undefined && /^\d{1,6}$/.test(part)
}

/** Exporters fold a normalisation into the layer before it: TorchScript into convolutions, dynamo into dense ones too. */
function mayBeNormalisation(view: GraphView, tensor: string): boolean {
  let at = tensor
  let node = view.producer(at)
  // the bias of a dense layer
  for (let i = 0; i < 4 && node?.opType === 'Add' && dataInputs(view, node).length === 1; i++) {
    at = dataInputs(view, node)[0]
    node = view.producer(at)
  }
  const kind = node && layerKind(view, node)
  if (kind === undefined) return false
  const isDynamo = node !== undefined && view.module(node).classes.length > 0
  return kind === 'convolution' || (kind === 'dense' && isDynamo)
}
