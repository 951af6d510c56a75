/** Dropout points: the places in a model where dropout happens, either all Dropout nodes or those named. */

import type { NodeProto } from 'onnx-buf'
import { reject } from '../validation.js'
import { OnnxModelError } from './errors.js'
import { isDefaultDomain, type Model } from './model.js'
import { type PointDescription, type PointOptions, readPoints, type StochasticOptions } from './options.js'
import { ratioOf } from './ratio.js'
import { holds, type Scope } from './scope.js'
import type { Describe } from './shape-inference.js'

/** A Dropout node to replace by a product, or a tensor to multiply for all its readers. */
export interface Point {
  scope: Scope
  /** The Dropout node; undefined if the user named a tensor. */
  dropout: NodeProto | undefined
  /** The tensor that is multiplied. */
  tensor: string
  description: PointDescription
  /** The user's options for this point. */
  own: PointOptions
}

/** @throws RangeError for a name that the model does not have; OnnxModelError for a model without a dropout point */
export function findPoints(
  model: Model,
  scopes: readonly Scope[],
  describe: Describe,
  options: StochasticOptions,
): Point[] {
  const atNode = (scope: Scope, dropout: NodeProto, own: PointOptions = {}): Point => {
    const tensor = dropout.input[0] ?? ''
    const { shape } = describe(scope, tensor)
    const description = { node: dropout.name, tensor, shape, ratio: ratioOf(model, scope, dropout) }
    return { scope, dropout, tensor, description, own }
  }
  const atTensor = (scope: Scope, tensor: string, own: PointOptions): Point => {
    const { shape } = describe(scope, tensor)
    return {
      scope,
      dropout: undefined,
      tensor,
      description: { node: undefined, tensor, shape, ratio: undefined },
      own,
    }
  }
  const dropouts = scopes.flatMap((scope) =>
    scope.graph.node.filter(isDropout).map((node) => ({ scope, node })),
  )
  const wanted = readPoints(options)
  if (!wanted) {
    assertNoneInFunctions(model)
    if (dropouts.length > 0) return dropouts.map(({ scope, node }) => atNode(scope, node))
    throw new OnnxModelError(
      "noiseshape: the model has no Dropout node: exporters remove them from a model for inference. Name the tensors to drop, e.g. points: [{ tensor: 'relu_1', rate: 0.2 }].",
    )
  }
  const points = wanted.map((own, i) => {
    const { tensor, node } = own
    const named = dropouts.filter((found) =>
      node === undefined ? found.node.output[0] === tensor : found.node.name === node,
    )
    const places =
      named.length > 0 || tensor === undefined ? [] : scopes.filter((scope) => holds(scope, tensor))
    const count = named.length + places.length
    if (count !== 1) {
      const [what, names] =
        node === undefined
          ? (['tensor', scopes.flatMap(({ producers }) => [...producers.keys()])] as const)
          : (['Dropout node', dropouts.map((found) => found.node.name)] as const)
      const rule =
        count === 0 ? `the model has no ${what} of that name` : `the model has ${count} ${what}s of that name`
      reject(
        RangeError,
        `points[${i}].${node === undefined ? 'tensor' : 'node'}`,
        tensor ?? node,
        rule,
        remedyFor(names),
      )
    }
    return named.length > 0
      ? atNode(named[0].scope, named[0].node, own)
      : atTensor(places[0], tensor as string, own)
  })
  points.forEach(({ scope, dropout, tensor }, i) => {
    const first = points.findIndex((other) =>
      dropout
        ? other.dropout === dropout
        : !other.dropout && other.scope === scope && other.tensor === tensor,
    )
    if (first < i) {
      const rule = `points[${first}] is the same place`
      reject(RangeError, `points[${i}]`, wanted[i].tensor ?? wanted[i].node, rule, 'Leave one of them out')
    }
  })
  return points
}

function isDropout({ opType, domain, input, output }: NodeProto): boolean {
  return opType === 'Dropout' && isDefaultDomain(domain) && input.length > 0 && output.length > 0
}

/** Dropout in a model function cannot get a noise input: a function sees only its arguments and has many callers. */
function assertNoneInFunctions({ proto }: Model): void {
  const holder = proto.functions.find(({ node }) => node.some(isDropout))
  if (!holder) return
  throw new OnnxModelError(
    `noiseshape: the model's own function '${holder.name}' holds a Dropout node, and a function cannot read graph inputs. Inline it first (onnx.inliner.inline_local_functions), or name the points.`,
  )
}

function remedyFor(names: readonly string[]): string {
  const shown = names.filter((name) => name !== '').slice(0, 8)
  const more = names.length > shown.length ? ', ...' : ''
  return shown.length > 0
    ? `There are e.g. ${shown.map((name) => `'${name}'`).join(', ')}${more}`
    : 'The model has none'
}
