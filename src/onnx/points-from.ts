/** Points of a network, taken from an export of it that still has its dropout. */

import { counterparts } from './counterparts.js'
import { findSites, type Site } from './dropout-sites.js'
import { OnnxModelError } from './errors.js'
import { readModel } from './model.js'
import type { PointOptions } from './options.js'
import { scopesOf } from './scope.js'
import { describeTensors } from './shape-inference.js'

/**
 * The dropout points of a training-mode export, to be passed as `points` with the export for inference of the same
 * network, which has no dropout. Both must come from the same exporter.
 *
 * @param trainingModelBytes e.g. of `torch.onnx.export(model.train(), ..., training=torch.onnx.TrainingMode.PRESERVE)`
 * @param modelBytes the export for inference. Without it, the tensors are those of the training-mode export, most of
 *   which have the same names in the other if PyTorch's TorchScript exporter wrote them. With it, they are found there by
 *   the nodes around them too: pass it for exports with `dynamo=True`, whose names are numbers.
 * @returns tensor and rate of each place, and its noise shape if random nodes state it; the rate is undefined if the
 *   model computes it, or takes it as an input. Dropouts of one tensor with one noise shape are one point: in a chain, a
 *   cell is kept if all keep it, so that rates a and b are 1 - (1 - a) (1 - b); side by side, with the highest rate.
 * @throws OnnxModelError for bytes that are not an ONNX model, a training-mode export without dropout, or a place that
 *   the export for inference does not have
 */
export function pointsFrom(
  trainingModelBytes: Uint8Array | ArrayBuffer,
  modelBytes?: Uint8Array | ArrayBuffer,
): PointOptions[] {
  const model = readModel(trainingModelBytes)
  const scopes = scopesOf(model.graph)
  const { sites } = findSites(model, scopes, describeTensors(scopes))
  if (sites.length === 0) {
    throw new OnnxModelError(
      'noiseshape: the model has no Dropout node, so it is no training-mode export. Export it again with training=torch.onnx.TrainingMode.PRESERVE, after model.train().',
    )
  }
  const passed = new Map(sites.map(({ node, tensor }) => [node.output[0], tensor]))
  const next = new Map(sites.map(({ node, tensor }) => [tensor, node.output[0]]))
  const find =
    modelBytes === undefined
      ? undefined
      : counterparts(scopes[0], scopesOf(readModel(modelBytes).graph)[0], passed)
  const points = sites.map((site): PointOptions => {
    const before = follow(site.tensor, passed)
    const tensor = find ? find({ before, after: follow(site.node.output[0], next) }) : before
    if (tensor === undefined) throw noCounterpart(site)
    const { ratio, noiseShape } = site
    return { tensor, rate: ratio, noiseShape: noiseShape === 'computed' ? undefined : noiseShape }
  })
  return oncePerNoise(sites, points)
}

/** `makeStochastic` takes a tensor once with each noise shape. Noise shapes that the model computes may differ. */
function oncePerNoise(sites: readonly Site[], points: readonly PointOptions[]): PointOptions[] {
  const keys = sites.map(({ noiseShape }, i) =>
    noiseShape === 'computed' ? i : JSON.stringify([points[i].tensor, noiseShape ?? null]),
  )
  const makers = new Map(sites.map(({ node }, i) => [node.output[0], i]))
  const once = new Map<string | number, PointOptions>()
  for (const [i, point] of points.entries()) {
    const chain = chainTo(i, sites, makers).filter((at) => keys[at] === keys[i])
    const rate = rateOfChain(chain.map((at) => points[at].rate))
    const known = once.get(keys[i])
    const isHigher = known?.rate !== undefined && (rate === undefined || rate > known.rate)
    if (!known || isHigher) once.set(keys[i], { ...point, rate })
  }
  return [...once.values()]
}

/** A site, and those that it reads one through the other. */
function chainTo(site: number, sites: readonly Site[], makers: ReadonlyMap<string, number>): number[] {
  const chain: number[] = []
  for (let at: number | undefined = site; at !== undefined && chain.length < sites.length; ) {
    chain.push(at)
    at = makers.get(sites[at].tensor)
  }
  return chain
}

/** Undefined if one of the rates is. */
function rateOfChain(rates: readonly (number | undefined)[]): number | undefined {
  if (rates.length === 1) return rates[0]
  const kept = rates.reduce(
    (all, rate) => (all && rate !== undefined ? all * (1 - rate) : undefined),
    1 as number | undefined,
  )
  return kept === undefined ? undefined : Number((1 - kept).toPrecision(6)) // 1 - 0.9 * 0.9 is 0.19
}

function noCounterpart({ tensor }: Site): OnnxModelError {
  return new OnnxModelError(
    `noiseshape: the export for inference has no tensor that stands where training drops '${tensor}'. Export both with the same options; describeModel(modelBytes) lists what there is.`,
  )
}

/** The end of a chain of dropouts: an export for inference has none of the tensors between. */
function follow(tensor: string, links: ReadonlyMap<string, string>): string {
  let end = tensor
  // A damaged model may have a circle.
  for (let step = 0; links.has(end) && step < links.size; step++) end = links.get(end) as string
  return end
}
