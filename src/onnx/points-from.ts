/** Points of a network, taken from an export of it that still has its dropout. */

import { findSites } from './dropout-sites.js'
import { OnnxModelError } from './errors.js'
import { readModel } from './model.js'
import type { PointOptions } from './options.js'
import { scopesOf } from './scope.js'
import { describeTensors } from './shape-inference.js'

/**
 * The dropout points of a training-mode export, by the names of their tensors: pass them as `points` with the export for
 * inference of the same network, which has the same tensors but no dropout. Both must come from the same exporter.
 *
 * @param trainingModelBytes e.g. of `torch.onnx.export(model.train(), ..., training=torch.onnx.TrainingMode.PRESERVE)`
 * @returns tensor and rate of each place, and its noise shape if random nodes state it; the rate is undefined if the
 *   model computes it, or takes it as an input
 * @throws OnnxModelError for bytes that are not an ONNX model, or a model without dropout
 */
export function pointsFrom(trainingModelBytes: Uint8Array | ArrayBuffer): PointOptions[] {
  const model = readModel(trainingModelBytes)
  const scopes = scopesOf(model.graph)
  const { sites } = findSites(model, scopes, describeTensors(scopes))
  if (sites.length === 0) {
    throw new OnnxModelError(
      'noiseshape: the model has no Dropout node, so it is no training-mode export. Export it again with training=torch.onnx.TrainingMode.PRESERVE, after model.train().',
    )
  }
  const before = new Map(sites.map(({ node, tensor }) => [node.output[0], tensor]))
  return sites.map(({ tensor, ratio, noiseShape }) => ({
    tensor: firstOf(tensor, before),
    rate: ratio,
    noiseShape: noiseShape === 'computed' ? undefined : noiseShape,
  }))
}

/** The tensor before a chain of dropouts: an export for inference has none of their outputs. */
function firstOf(tensor: string, before: ReadonlyMap<string, string>): string {
  let first = tensor
  // A damaged model may have a circle.
  for (let step = 0; before.has(first) && step < before.size; step++) first = before.get(first) as string
  return first
}
