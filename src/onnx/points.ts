/** Dropout points: the places in a model where dropout happens, either all of its own or those named. */

import { reject } from '../validation.js'
import { assertNoneInFunctions, type Site } from './dropout-sites.js'
import { OnnxModelError } from './errors.js'
import type { NodeProto } from './messages.js'
import type { Model } from './model.js'
import { activationsOf, remedyFor } from './near-names.js'
import { type PointDescription, type PointOptions, readPoints, type StochasticOptions } from './options.js'
import { holds, type Scope } from './scope.js'
import type { Describe } from './shape-inference.js'

/** The last node of a dropout, which becomes a product, or a tensor to multiply for all its readers. */
export interface Point {
  scope: Scope
  /** The node whose output is the dropped tensor; undefined if the user named a tensor. */
  node: NodeProto | undefined
  /** The tensor that is multiplied. */
  tensor: string
  description: PointDescription
  /** Whether the model computes the noise shape when it runs. */
  isComputed: boolean
  /** The user's options for this point. */
  own: PointOptions
}

/** @throws RangeError for a name that the model does not have; OnnxModelError for a model without a dropout point */
export function findPoints(
  model: Model,
  scopes: readonly Scope[],
  describe: Describe,
  sites: readonly Site[],
  options: StochasticOptions,
): Point[] {
  const wanted = readPoints(options, model)
  if (!wanted) {
    assertNoneInFunctions(model)
    if (sites.length > 0) return sites.map((site) => atSite(describe, site))
    throw new OnnxModelError(
      "noiseshape: the model has no Dropout node: exporters remove them from a model for inference. Name the tensors to drop, e.g. points: [{ tensor: 'relu_1', rate: 0.2 }]; describeModel(modelBytes) lists them.",
    )
  }
  const points = wanted.map((own, i) => {
    const { tensor, node } = own
    const named = sites.filter((site) =>
      node === undefined ? site.node.output[0] === tensor : site.node.name === node,
    )
    const places =
      named.length > 0 || tensor === undefined ? [] : scopes.filter((scope) => holds(scope, tensor))
    const count = named.length + places.length
    if (count !== 1) {
      const what = node === undefined ? 'tensor' : 'Dropout node'
      const names = node === undefined ? activationsOf(scopes, describe) : sites.map((site) => site.node.name)
      const rule =
        count === 0 ? `the model has no ${what} of that name` : `the model has ${count} ${what}s of that name`
      const name = `points[${i}].${node === undefined ? 'tensor' : 'node'}`
      reject(RangeError, name, tensor ?? node, rule, remedyFor(tensor ?? node ?? '', names))
    }
    return named.length > 0
      ? atSite(describe, named[0], own)
      : atTensor(describe, places[0], tensor as string, own)
  })
  points.forEach((point, i) => {
    const { scope, node, tensor } = point
    const first = points.findIndex((other) =>
      node
        ? other.node === node
        : !other.node &&
          other.scope === scope &&
          other.tensor === tensor &&
          noiseOf(other) === noiseOf(point),
    )
    if (first < i) {
      const rule = `points[${first}] is the same place`
      reject(RangeError, `points[${i}]`, wanted[i].tensor ?? wanted[i].node, rule, 'Leave one of them out')
    }
  })
  return points
}

/** One tensor may be dropped twice, with different noise shapes: rows by a DropPath, and elements by a Dropout. */
function noiseOf({ own }: Point): string {
  return JSON.stringify(own.noiseShape ?? null)
}

function atSite(describe: Describe, site: Site, own: PointOptions = {}): Point {
  const { scope, node, tensor, ratio, noiseShape } = site
  const isComputed = noiseShape === 'computed'
  const description = {
    node: node.name,
    tensor,
    shape: describe(scope, tensor).shape,
    ratio,
    noiseShape: isComputed ? undefined : noiseShape,
  }
  return { scope, node, tensor, description, isComputed, own }
}

function atTensor(describe: Describe, scope: Scope, tensor: string, own: PointOptions): Point {
  const { shape } = describe(scope, tensor)
  const description = { node: undefined, tensor, shape, ratio: undefined, noiseShape: undefined }
  return { scope, node: undefined, tensor, description, isComputed: false, own }
}
