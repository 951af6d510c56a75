/**
 * Stochastic depth on residual branches, with the linear schedule of its paper (Huang et al. 2016, arXiv:1603.09382) as
 * timm and keras-cv have it: 0 at the first block, the full rate at the last.
 */

import { integerOf } from '../attributes.js'
import type { NodeProto } from '../messages.js'
import type { GraphView } from './graph-view.js'
import type { Place } from './place.js'
import type { Branch } from './residuals.js'
import { layerKind, type WeightLayer } from './weight-layers.js'

/**
 * Whether a network is made of inverted residuals (MobileNetV2, arXiv:1801.04381, and its successors): 1 x 1 convolution,
 * depthwise convolution, 1 x 1 convolution.
 */
export function hasInvertedResiduals(view: GraphView, branches: readonly Branch[]): boolean {
  return branches.some(({ nodes, last }) => {
    const layers = nodes.filter((node) => layerKind(view, node))
    const first = layers.at(-1)
    const expands = first !== undefined && !isDepthwise(view, first)
    return (
      last?.kind === 'convolution' && expands && layers.slice(1, -1).some((node) => isDepthwise(view, node))
    )
  })
}

/** Kinds of network that are trained with stochastic depth by default, recognised by their blocks. */
type BlockStyle = 'ConvNeXt' | 'EfficientNet'

export function branchPlaces(view: GraphView, branches: readonly Branch[]): Place[] {
  const styles = new Map(branches.map((branch) => [branch, styleOf(view, branch)]))
  const isEfficientNet = [...styles.values()].includes('EfficientNet')
  return branches.map((branch) => {
    const { tensor, add, last } = branch
    const own = styles.get(branch)
    const style = own ?? (isEfficientNet && last?.kind === 'convolution' ? 'EfficientNet' : undefined)
    return {
      tensor,
      kind: 'droppath',
      role: branch.isScaled ? 'scaled branch' : 'branch',
      confidence: style ? 'high' : 'low',
      reason: style
        ? `the end of a residual branch of ${style}, which is trained with stochastic depth`
        : 'the end of a residual branch, which stochastic depth drops for whole examples',
      near: last?.node,
      customary: style === 'EfficientNet' ? 0.2 : undefined,
      add,
    } satisfies Place
  })
}

function styleOf(view: GraphView, { nodes, last }: Branch): BlockStyle | undefined {
  const ops = nodes.map(({ opType }) => opType)
  const depthwise = nodes.filter((node) => isDepthwise(view, node))
  if (depthwise.length === 0) return undefined
  // depthwise convolution -> normalisation -> two dense layers or 1 x 1 convolutions
  const layers = nodes.filter((node) => layerKind(view, node))
  const isFirst = layers.at(-1) === depthwise[0]
  if (depthwise.length === 1 && layers.length === 3 && isFirst && !ops.includes('Softmax')) return 'ConvNeXt'
  // depthwise convolution, squeeze-and-excitation, and SiLU throughout: x * sigmoid(x)
  const squeezes = ops.includes('GlobalAveragePool') || ops.includes('ReduceMean')
  const sigmoids = ops.filter((op) => op === 'Sigmoid' || op === 'Swish' || op === 'QuickGelu').length
  return squeezes && sigmoids >= 3 && last?.kind === 'convolution' ? 'EfficientNet' : undefined
}

/** One filter for each channel: its weights have one input channel. */
function isDepthwise({ scope }: GraphView, node: NodeProto): boolean {
  const { opType, input } = node
  const perGroup = scope.initializers.get(input[1] ?? '')?.dims[1] ?? 1n
  return opType.includes('Conv') && integerOf(node, 'group', 1) > 1 && perGroup === 1n
}

/** The part of the full rate, 0 to 1, that the block of each place gets. */
export function linearSchedule(
  view: GraphView,
  layers: readonly WeightLayer[],
  places: readonly Place[],
): Map<Place, number> {
  const blocks = blocksOf(view, layers, places)
  return new Map(
    places.map((place) => {
      const { index, count } = blocks.get(place) ?? { index: 0, count: 1 }
      return [place, count > 1 ? index / (count - 1) : 1]
    }),
  )
}

/**
 * The block of each place. Its siblings are modules whose path differs in numbers only and which have at least two
 * layers, so that blocks without a residual branch count too. Without names, each addition is a block.
 */
function blocksOf(view: GraphView, layers: readonly WeightLayer[], places: readonly Place[]) {
  const siblings = new Map<string, Map<string, number>>()
  for (const { node } of layers) {
    const path = view.module(node).path ?? []
    for (let depth = 1; depth <= path.length; depth++) {
      const own = path.slice(0, depth)
      const like = pattern(own)
      const known = siblings.get(like) ?? new Map<string, number>()
      siblings.set(like, known)
      known.set(own.join('.'), (known.get(own.join('.')) ?? 0) + 1)
    }
  }
  const lists = new Map<string, Map<string, number>>()
  const listOf = (like: string) => {
    const known = lists.get(like)
    if (known) return known
    const blocks = [...(siblings.get(like) ?? [])].flatMap(([name, count]) => (count > 1 ? [name] : []))
    const list = new Map(blocks.map((name, i) => [name, i]))
    lists.set(like, list)
    return list
  }
  const adds = new Map([...new Set(places.map(({ add }) => add))].map((add, i) => [add, i]))
  return new Map(
    places.map((place) => {
      const path = (place.add && view.module(place.add).path) ?? []
      const list = listOf(pattern(path))
      const index = list.get(path.join('.'))
      return [
        place,
        index !== undefined && list.size > 1
          ? { index, count: list.size }
          : { index: adds.get(place.add) ?? 0, count: adds.size },
      ] as const
    }),
  )
}

function pattern(path: readonly string[]): string {
  return path.map((part) => part.replace(/\d+/g, '#')).join('.')
}
