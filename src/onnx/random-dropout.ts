/**
 * Recognises dropout that an exporter wrote as random nodes. PyTorch exports Dropout2d, StochasticDepth and dropout in
 * place that way: uniform numbers are compared with the keep probability, or drawn by Bernoulli, and the flags are
 * divided by it and multiplied with the tensor.
 */

import { attributeOf } from './attributes.js'
import type { NodeProto } from './messages.js'
import { isDefaultDomain } from './model.js'
import { constantValue, scalarOf } from './ratio.js'
import type { Readers, Scope } from './scope.js'
import type { Describe } from './shape-inference.js'

const RANDOM = new Set(
  'Bernoulli Multinomial RandomNormal RandomNormalLike RandomUniform RandomUniformLike'.split(' '),
)

/** Whether a node draws random numbers, other than a Dropout node. */
export function isRandom({ opType, domain, output }: NodeProto): boolean {
  return RANDOM.has(opType) && isDefaultDomain(domain) && output.length > 0
}

export interface RandomDropout {
  /** The last node: its output is the tensor after dropout. */
  node: NodeProto
  tensor: string
  ratio: number
  /** Undefined if single elements are dropped; `'computed'` if it is not known before the model runs. */
  noiseShape: readonly (number | null)[] | 'computed' | undefined
}

/** More nodes are not followed; a damaged model may have a circle. */
const LONGEST = 16

/** What is known on the way from the random node to the product. */
interface Flags {
  /** The tensor with the numbers or flags so far. */
  tensor: string
  /** Whether they are still uniform numbers, perhaps with the keep probability added. */
  isUniform: boolean
  /** Probability of 1; for uniform numbers, what was added to them. */
  keep: number
  /** What the flags have been multiplied by. */
  scale: number
  /** The tensor whose shape is that of the draws; undefined if they were repeated, and then reshaped. */
  drawn: string | undefined
}

/** The dropout that a random node is part of; undefined if it is part of something else. */
export function matchRandomDropout(
  scope: Scope,
  readers: Readers,
  describe: Describe,
  random: NodeProto,
): RandomDropout | undefined {
  let flags = firstFlags(scope, random)
  for (let step = 0; flags && step < LONGEST; step++) {
    const [reader, ...more] = readers.get(flags.tensor) ?? []
    if (!reader || more.length > 0 || !isDefaultDomain(reader.domain)) return undefined
    const product = productOf(scope, readers, reader, flags)
    if (product) {
      const { tensor, ratio } = product
      const isLike = random.opType.endsWith('Like') && random.input[0] === tensor
      const noiseShape = isLike ? undefined : noiseShapeOf(scope, describe, flags.drawn, tensor)
      return { node: reader, tensor, ratio, noiseShape }
    }
    flags = next(scope, reader, flags)
  }
  return undefined
}

function firstFlags(scope: Scope, node: NodeProto): Flags | undefined {
  const { opType, input, output } = node
  const tensor = output[0]
  if (opType === 'Bernoulli') {
    const keep = filledWith(scope, input[0])
    return keep === undefined ? undefined : { tensor, isUniform: false, keep, scale: 1, drawn: tensor }
  }
  if (opType !== 'RandomUniform' && opType !== 'RandomUniformLike') return undefined
  const limit = (name: string, otherwise: number) => attributeOf(node, name)?.f ?? otherwise
  const isUnit = limit('low', 0) === 0 && limit('high', 1) === 1
  return isUnit ? { tensor, isUniform: true, keep: 0, scale: 1, drawn: tensor } : undefined
}

/** Nodes that only change how the flags are stored. */
const PASS_ON = new Set(['Cast', 'CastLike', 'Identity'])
const SAME_CELLS = new Set(['Reshape', 'Unsqueeze'])

function next(scope: Scope, node: NodeProto, flags: Flags): Flags | undefined {
  const { opType, input, output } = node
  const [tensor] = output
  const isFirst = input[0] === flags.tensor
  if (PASS_ON.has(opType) && isFirst) return follow(flags, tensor)
  if (SAME_CELLS.has(opType) && isFirst)
    return { ...flags, tensor, drawn: flags.drawn === flags.tensor ? tensor : undefined }
  if (opType === 'Expand' && isFirst) return { ...flags, tensor }
  if (opType === 'Not')
    return flags.isUniform ? undefined : { ...follow(flags, tensor), keep: 1 - flags.keep }
  if (opType === 'Floor') return flags.isUniform ? { ...follow(flags, tensor), isUniform: false } : undefined
  const value = filledWith(scope, isFirst ? input[1] : input[0])
  if (value === undefined) return undefined
  if (flags.isUniform) {
    if (opType === 'Add' && flags.keep === 0) return { ...follow(flags, tensor), keep: value }
    const isBelow = (opType.startsWith('Less') && isFirst) || (opType.startsWith('Greater') && !isFirst)
    const isAbove = (opType.startsWith('Greater') && isFirst) || (opType.startsWith('Less') && !isFirst)
    if (flags.keep !== 0 || !(isBelow || isAbove)) return undefined
    return { ...follow(flags, tensor), isUniform: false, keep: isBelow ? value : 1 - value }
  }
  if (opType === 'Div' && isFirst) return { ...follow(flags, tensor), scale: flags.scale / value }
  return opType === 'Mul' ? { ...follow(flags, tensor), scale: flags.scale * value } : undefined
}

/** The node reads the flags and writes as many to another tensor. */
function follow(flags: Flags, tensor: string): Flags {
  return { ...flags, tensor, drawn: flags.drawn === flags.tensor ? tensor : flags.drawn }
}

/** The tensor that a product or a choice drops, if its kept values are those of inverted dropout. */
function productOf(
  scope: Scope,
  readers: Readers,
  { opType, input }: NodeProto,
  flags: Flags,
): { tensor: string; ratio: number } | undefined {
  if (flags.isUniform) return undefined
  if (opType === 'Where' && input[0] === flags.tensor) {
    const isKept = filledWith(scope, input[2]) === 0
    const isDropped = filledWith(scope, input[1]) === 0
    if (isKept === isDropped) return undefined
    return scaled(scope, readers, isKept ? input[1] : input[2], 1, isKept ? flags.keep : 1 - flags.keep)
  }
  if (opType !== 'Mul') return undefined
  const tensor = input[0] === flags.tensor ? input[1] : input[0]
  if (tensor === undefined || tensor === flags.tensor || filledWith(scope, tensor) !== undefined)
    return undefined
  return scaled(scope, readers, tensor, flags.scale, flags.keep)
}

/** The flags, or the tensor before them, must have been divided by the keep probability. */
function scaled(
  scope: Scope,
  readers: Readers,
  tensor: string,
  scale: number,
  keep: number,
): { tensor: string; ratio: number } | undefined {
  if (!(keep >= 0 && keep <= 1)) return undefined
  const ratio = Number((1 - keep).toPrecision(6)) // 1 - 0.9 in float32 is 0.1
  if (keep === 0 || isNear(scale * keep)) return { tensor, ratio }
  const by = scope.producers.get(tensor)
  if (!by || readers.get(tensor)?.length !== 1 || !isDefaultDomain(by.domain)) return undefined
  const value = filledWith(scope, by.input[1])
  if (value === undefined || (by.opType !== 'Div' && by.opType !== 'Mul')) return undefined
  const factor = by.opType === 'Div' ? 1 / value : value
  return isNear(scale * factor * keep) ? { tensor: by.input[0], ratio } : undefined
}

function isNear(one: number): boolean {
  return Math.abs(one - 1) < 1e-5
}

/** The number of which a tensor is full, if the model holds it. */
function filledWith(scope: Scope, tensor: string | undefined): number | undefined {
  let name = tensor
  for (let step = 0; name && step < LONGEST; step++) {
    const value = constantValue(scope, name)
    if (value !== undefined) return value
    const node = scope.producers.get(name)
    if (!node || !isDefaultDomain(node.domain)) return undefined
    if (node.opType === 'ConstantOfShape') {
      const fill = attributeOf(node, 'value')?.t
      return fill ? scalarOf(fill) : 0
    }
    if (!PASS_ON.has(node.opType) && node.opType !== 'Expand') return undefined
    name = node.input[0]
  }
  return undefined
}

/** 1 where one flag is used for a whole dim, else null: right-aligned to the tensor. */
function noiseShapeOf(
  scope: Scope,
  describe: Describe,
  drawn: string | undefined,
  tensor: string,
): readonly (number | null)[] | 'computed' {
  const flags = drawn === undefined ? undefined : describe(scope, drawn).shape
  if (!flags) return 'computed'
  const sizes = describe(scope, tensor).shape
  const missing = (sizes?.length ?? flags.length) - flags.length
  const shape: ('computed' | 1 | null)[] = flags.map((size, axis) => {
    const own = sizes?.[axis + missing]
    if (size === 1 || own === 1) return 1
    // Exporters write a 1 as a constant; a size that is unknown in both is that of the tensor.
    return size === null && own !== null ? 'computed' : null
  })
  return shape.every((entry) => entry !== 'computed') ? shape : 'computed'
}
