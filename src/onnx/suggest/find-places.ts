/** Applies all rules to a model: every place, with its confidence, rate and noise shape. */

import type { NoiseShape } from '../../options.js'
import { findSites, type Site } from '../dropout-sites.js'
import { isDroppable } from '../inference/element-types.js'
import type { NodeProto } from '../messages.js'
import type { Model } from '../model.js'
import { type Scope, scopesOf } from '../scope.js'
import { type Describe, describeTensors } from '../shape-inference.js'
import { classifierPlaces } from './classifier.js'
import { judge } from './confidence.js'
import { branchPlaces, hasInvertedResiduals, linearSchedule } from './droppath.js'
import type { Family } from './families.js'
import { familyFinder } from './family-finder.js'
import { convolutionPlaces, hiddenPlaces, movedPlaces, recurrentPlaces } from './features.js'
import { fusedPlaces } from './fused.js'
import { type GraphView, movedFrom, viewGraph } from './graph-view.js'
import { namedPlaces } from './named-modules.js'
import type { Place } from './place.js'
import { type ModelConfig, type Rate, rateOfPlace } from './rates.js'
import { type Branch, residualBranches } from './residuals.js'
import { sequenceGaps } from './sequential.js'
import { statedPlaces } from './stated-places.js'
import {
  attentionPlaces,
  embeddingPlaces,
  feedForwardPlaces,
  isGatedBySilu,
  readsWords,
} from './transformers.js'
import { layerKind, type WeightLayer, weightLayers } from './weight-layers.js'

export interface RatedPlace extends Place {
  rate: number
  rateSource: Rate['source']
  noiseShape: NoiseShape | undefined
}

/** All places of a model, of all its graphs, in their order; a tensor may be there more than once. */
export function findPlaces(model: Model, config: ModelConfig | undefined): RatedPlace[] {
  const scopes = scopesOf(model.graph)
  const describe = describeTensors(scopes)
  const views = scopes.map(viewGraph)
  const { sites } = findSites(model, scopes, describe)
  const names = namesOnce(scopes)
  return views.flatMap((view) => {
    const places = placesIn(view, describe, config, sites).filter(
      ({ tensor }) => names.has(tensor) && isDroppable(describe(view.scope, tensor).type),
    )
    const order = ({ tensor }: Place) => {
      const producer = view.producer(tensor)
      return producer ? view.order(producer) : -1
    }
    return places.sort((a, b) => order(a) - order(b))
  })
}

function placesIn(
  view: GraphView,
  describe: Describe,
  config: ModelConfig | undefined,
  sites: readonly Site[],
): RatedPlace[] {
  const layers = weightLayers(view)
  const branches = residualBranches(view, layers)
  const { gaps, unbroken } = sequenceGaps(view, layers)
  const paths = branchPlaces(view, branches)
  const familyOf = familyFinder(view)
  const attention = attentionPlaces(view)
  const isMobile = attention.length === 0 && hasInvertedResiduals(view, branches)
  const classifiers = classifierPlaces(view, layers, isMobile)
  const stated = statedPlaces(view, sites, classifiers)
  const embeddings = embeddingPlaces(view, branches)
  const feedForward = feedForwardPlaces(view, branches)
  const hasNames = view.nodes.some((node) => (view.module(node).path?.length ?? 0) > 1)
  // Networks that read words are trained with dropout, unless they are of a family that says otherwise, which shows only
  // where there are names.
  const hasWords =
    hasNames &&
    attention.length > 0 &&
    embeddings.some(({ tensor }) => readsWords(view, tensor)) &&
    !feedForward.some(({ tensor }) => isGatedBySilu(view, tensor))
  const structural = [
    ...familyPlaces(view, layers, branches, familyOf),
    ...attention,
    ...embeddings,
    ...residualPlaces(view, branches, familyOf, hasWords),
    ...feedForward,
    ...hiddenPlaces(view, layers, branches),
    ...recurrentPlaces(view, layers),
    ...classifiers,
    ...movedPlaces(view, layers),
    ...paths,
  ]
  const known = new Set(structural.map(({ tensor }) => tensor))
  const places = [
    ...stated,
    ...structural,
    ...gapPlaces(gaps).filter(({ tensor }) => !known.has(tensor)),
    ...convolutionPlaces(view, layers),
    ...fusedPlaces(view),
  ]
  const shares = linearSchedule(view, layers, paths)
  const isStatedPath = stated.some(({ kind }) => kind === 'droppath')
  const hasDropouts = sites.some(({ node }) => node.opType === 'Dropout')
  const products = new Set(stated.map(({ product }) => product))
  return places.flatMap((place): RatedPlace[] => {
    if (movedFrom(view, place.tensor).some((tensor) => products.has(tensor))) return [] // dropped already
    const family = familyOf(place.near)
    const rate = scaled(rateOfPlace(place, config, family), shares.get(place))
    if (!rate) return []
    const { confidence, reason } = judge(place, {
      family,
      rate,
      module: place.near && view.module(place.near).path?.join('.'),
      hasWords,
      gap: place.kind === 'droppath' || place.role === 'convolution' ? undefined : gaps.get(place.tensor),
      unbroken: unbroken.has(place.tensor),
      statedElsewhere: hasDropouts || (place.kind === 'droppath' && isStatedPath),
    })
    return [
      {
        ...place,
        confidence,
        reason: `${reason}; ${rate.why}`,
        rate: rate.rate,
        rateSource: rate.source,
        noiseShape: place.noiseShape ?? noiseShapeOf(view, describe, place),
      },
    ]
  })
}

/** Gaps in sequences of modules, where nothing else is known about the tensor. */
function gapPlaces(gaps: ReadonlyMap<string, string>): Place[] {
  return [...gaps].map(([tensor, reason]) => ({
    tensor,
    kind: 'features',
    role: 'stated',
    confidence: 'high',
    reason,
    near: undefined,
  }))
}

/** The part of the full rate that a block gets; undefined for none of it. */
function scaled(rate: Rate, share: number | undefined): Rate | undefined {
  if (share === undefined || rate.rate === 0) return rate
  if (share === 0) return undefined
  return {
    ...rate,
    rate: Number((rate.rate * share).toFixed(4)),
    why: `${rate.why}, reached linearly from 0 at the first block`,
  }
}

/** The ends of residual branches in dense layers, where transformers have dropout. */
function residualPlaces(
  view: GraphView,
  branches: readonly Branch[],
  familyOf: (node: NodeProto) => Family | undefined,
  hasWords: boolean,
): Place[] {
  const places = new Map<string, Place>()
  for (const { last, nodes, tensor: end } of branches) {
    if (last?.kind !== 'dense') continue
    const isBehind = familyOf(last.node)?.dropoutBehind?.test(view.module(last.node).path?.join('.') ?? '')
    const tensor = isBehind ? end : last.output
    const first = nodes.filter((node) => layerKind(view, node)).at(-1)
    if (first && layerKind(view, first) === 'convolution') continue // ConvNeXt, which has stochastic depth instead
    places.set(tensor, {
      tensor,
      kind: 'residual',
      role: 'residual',
      confidence: hasWords ? 'high' : 'medium',
      reason: 'the last dense layer of a residual branch',
      near: last.node,
    })
  }
  return [...places.values()]
}

/** What the names of modules show, if the blocks are of a known family. */
function familyPlaces(
  view: GraphView,
  layers: readonly WeightLayer[],
  branches: readonly Branch[],
  familyOf: (node: NodeProto) => Family | undefined,
): Place[] {
  const blocks = branches.flatMap(({ last }) => (last && familyOf(last.node) ? [last.node] : []))
  const families = new Set(blocks.map(familyOf).filter((family) => family !== undefined))
  return [...families].flatMap((family) =>
    namedPlaces(
      view,
      layers,
      family,
      blocks.filter((node) => familyOf(node) === family),
    ),
  )
}

/** Whole examples for stochastic depth, whole channels for feature maps; else undefined: each element. */
function noiseShapeOf(
  { scope, producer }: GraphView,
  describe: Describe,
  { kind, role, tensor }: Place,
): NoiseShape | undefined {
  if (kind !== 'droppath' && role !== 'convolution') return undefined
  const own = describe(scope, tensor).shape?.length
  const rank = own ?? (role === 'convolution' ? 4 : (rankOfWeights(scope, producer(tensor)) ?? 3))
  if (kind === 'droppath') return Array.from({ length: rank }, (_, axis) => (axis === 0 ? null : 1))
  return Array.from({ length: rank }, (_, axis) => (axis < 2 ? null : 1)) // ONNX convolutions are channels first
}

/** A convolution's weights have the rank of its output. */
function rankOfWeights({ initializers }: Scope, node: NodeProto | undefined): number | undefined {
  const weights = node?.opType === 'Conv' ? initializers.get(node.input[1] ?? '') : undefined
  return weights?.dims.length
}

/** Names that only one graph of the model defines: others cannot be named as a point. */
function namesOnce(scopes: readonly Scope[]): ReadonlySet<string> {
  const counts = new Map<string, number>()
  for (const { producers, inputs } of scopes) {
    for (const name of [...producers.keys(), ...inputs]) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return new Set([...counts].flatMap(([name, count]) => (count === 1 ? [name] : [])))
}
