/**
 * Finds the tensors of one export of a network in another. The TorchScript exporter names nodes after modules, so that
 * names hold; the dynamo exporter numbers them, and a number may stand for another tensor in another export.
 */

import type { NodeProto } from './messages.js'
import { readersIn, type Scope } from './scope.js'

/** Where a training-mode export drops: the tensor before a chain of dropouts, and the one after it. */
export interface Place {
  before: string
  after: string
}

/** The tensor of another export that stands where a place is; undefined if there is none, or no single one. */
export type FindCounterpart = (place: Place) => string | undefined

/**
 * @param passed by the output of each dropout of the training-mode export, the tensor that it drops
 */
export function counterparts(
  training: Scope,
  inference: Scope,
  passed: ReadonlyMap<string, string>,
): FindCounterpart {
  const readers = readersIn(training)
  const nodes = new Map(inference.graph.node.map((node) => [node.name, node]))
  const [here, there] = [occurrences(training, passed), occurrences(inference, new Map())]

  /** What the node of the same name reads in place of the dropout's output. */
  const byReader = ({ before, after }: Place): string | undefined => {
    for (const reader of readers.get(after) ?? []) {
      const same = reader && isNamedAfterModule(reader.name) ? nodes.get(reader.name) : undefined
      const tensor =
        same?.opType === reader?.opType ? same?.input[reader?.input.indexOf(after) ?? -1] : undefined
      if (tensor) return tensor
    }
    const isOutput = readers.get(after)?.includes(undefined)
    const operator = training.producers.get(before)?.opType
    return isOutput && operator && inference.producers.get(after)?.opType === operator ? after : undefined
  }

  /** The tensor that is computed alike, if both exports have as many of its kind. */
  const byKind = (before: string): string | undefined => {
    const kind = here.kinds.get(before) ?? ''
    const [mine, theirs] = [here.tensors.get(kind) ?? [], there.tensors.get(kind) ?? []]
    return mine.length === theirs.length ? theirs[mine.indexOf(before)] : undefined
  }

  return (place) => {
    const { before } = place
    if (training.inputs.has(before)) return inference.inputs.has(before) ? before : undefined
    if (!isNamedAfterModule(before)) return byKind(before) ?? byReader(place)
    return inference.producers.has(before) ? before : (byReader(place) ?? byKind(before))
  }
}

function isNamedAfterModule(name: string): boolean {
  return name.startsWith('/')
}

/** How far back a tensor is described, unless a weight comes first. */
const DEPTH = 4

interface Occurrences {
  /** How each tensor is computed, as text. */
  kinds: ReadonlyMap<string, string>
  /** The tensors of each kind, in the order of the nodes. */
  tensors: ReadonlyMap<string, readonly string[]>
}

function occurrences(scope: Scope, passed: ReadonlyMap<string, string>): Occurrences {
  const kinds = new Map<string, string>()
  const tensors = new Map<string, string[]>()
  const kindOf = (tensor: string, depth: number): string => {
    const origin = passed.get(tensor) ?? tensor
    const node = scope.producers.get(origin)
    if (!node || depth === 0) return scope.initializers.has(origin) ? weightName(scope, origin) : '?'
    const weights = node.input.filter((name) => isNamedWeight(scope, name))
    const inputs = weights.length > 0 ? weights : node.input.map((name) => kindOf(name, depth - 1))
    return `${node.opType}:${node.output.indexOf(origin)}(${inputs.join()})`
  }
  for (const { output } of scope.graph.node as readonly NodeProto[]) {
    for (const tensor of output) {
      if (tensor === '' || passed.has(tensor)) continue
      const kind = kindOf(tensor, DEPTH)
      kinds.set(tensor, kind)
      const alike = tensors.get(kind)
      if (alike) alike.push(tensor)
      else tensors.set(kind, [tensor])
    }
  }
  return { kinds, tensors }
}

/** Parameters keep the names of their modules; constants and folded weights have numbers. */
function isNamedWeight(scope: Scope, name: string): boolean {
  return scope.initializers.has(name) && name.includes('.') && !name.startsWith('/')
}

function weightName(scope: Scope, name: string): string {
  return isNamedWeight(scope, name) ? name : '?'
}
