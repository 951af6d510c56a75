/**
 * Rewrites a model: each dropout point becomes a product with a new graph input, and all other randomness is taken out.
 * Everything else is unchanged.
 */

import { type BatchAxis, batchAxisOf, batchOf } from './batch-axis.js'
import { findSites, quietFunctions, type Site } from './dropout-sites.js'
import { OnnxModelError } from './errors.js'
import type { KnownSize } from './inference/sizes.js'
import { normaliseWithStoredStatistics } from './inference-mode.js'
import { makeInfo } from './make-node.js'
import { dataTypeName, DataType as Type } from './messages.js'
import { type Model, readModel } from './model.js'
import { NodeEdits, TYPES } from './node-edits.js'
import {
  type DropoutPoint,
  type ElementType,
  type NoiseInput,
  nameOf,
  noiseShapeOf,
  rateOf,
  readStochasticOptions,
  type StochasticOptions,
} from './options.js'
import { findPoints, type Point } from './points.js'
import { replaceByMeans } from './random-nodes.js'
import { namer, type Scope, scopesOf } from './scope.js'
import { type Describe, type Description, describeTensors } from './shape-inference.js'
import { removeUnreadInputs, settingsOf } from './unused-inputs.js'

/** A noise input, and where its tensor stands in the model. */
export interface PlacedInput extends NoiseInput {
  scope: Scope
  /** The tensor without noise. */
  plain: string
  /** `'none'` for an initializer. */
  batchAxis: BatchAxis
}

/** What a session keeps of it: without the scope, which would hold the whole model. */
export interface RunInput extends Omit<PlacedInput, 'scope' | 'plain'> {
  /** Whether it stands in a subgraph, which may not run. */
  isInside: boolean
}

export interface Rewritten {
  model: Model
  points: readonly DropoutPoint[]
  /** The points that need noise. */
  inputs: readonly PlacedInput[]
  /** What is known about each output of the graph. */
  outputs: ReadonlyMap<string, Description>
  notes: readonly string[]
  /** Makes unused names. */
  name: (wanted: string) => string
}

/** Parses and rewrites a model. The caller may modify the result. */
export function rewrite(modelBytes: unknown, given: StochasticOptions): Rewritten {
  const options = readStochasticOptions(given)
  const model = readModel(modelBytes)
  const scopes = scopesOf(model.graph)
  const [main] = scopes
  const describe = describeTensors(scopes)
  const { sites, others } = findSites(model, scopes, describe)
  const found = findPoints(model, scopes, describe, sites, options)
  const name = namer(scopes)
  const points = found.map((point, stream) => describePoint(point, stream, describe, options, name))
  const batch = batchOf(main, describe)
  const settings = new Set(sites.flatMap(({ node }) => settingsOf(node)))
  const edits = new NodeEdits(model.graph, model.opset, name)
  found.forEach(({ scope, node, description }, i) => {
    const point = points[i]
    if (node && isInput(point)) edits.multiplyAt(scope, node, point, description.shape !== undefined)
    else if (node) edits.passOn(scope, node, point)
  })
  const named = new Set(found.map(({ node }) => node))
  const unnamed = sites.filter(({ node }) => !named.has(node))
  for (const { scope, node, tensor } of unnamed) {
    edits.passOn(scope, node, { tensor, elementType: typeNameOf(describe(scope, tensor).type) ?? 'float32' })
  }
  // Named tensors come last, because those that replaced nodes read may be among them.
  const inputs = found.flatMap(({ scope, node, tensor, description }, i): PlacedInput[] => {
    const point = points[i]
    if (!isInput(point)) return []
    const batchAxis = scope.initializers.has(tensor)
      ? 'none'
      : batchAxisOf(describe(scope, tensor).shape, batch)
    const plain = node ? tensor : edits.multiplyTensor(scope, point, description.shape !== undefined)
    return [{ ...point, scope, plain, batchAxis }]
  })
  const means = replaceByMeans(others, describe, edits, name)
  edits.apply(scopes)
  const quiet = quietFunctions(model)
  const notes = [...normaliseWithStoredStatistics(model, name), ...noteOf(unnamed), ...quiet, ...means]
  removeUnreadInputs(model, main, settings)
  for (const input of inputs) model.graph.input.push(noiseInfo(input))
  const outputs = new Map(model.graph.output.map(({ name }) => [name, describe(main, name)]))
  return { model, points, inputs, outputs, notes, name }
}

function describePoint(
  { description, isComputed, own, scope, tensor }: Point,
  stream: number,
  describe: Describe,
  options: StochasticOptions,
  name: (wanted: string) => string,
): DropoutPoint {
  const noiseShape = noiseShapeOf(options, own, description, isComputed)
  const rate = rateOf(options, own, description)
  return {
    name: rate === 0 ? undefined : name(`noise_${stream}`),
    node: description.node,
    tensor,
    shape: description.shape ?? noiseShape.map(() => null),
    rate,
    noiseShape,
    elementType: elementTypeOf(description, describe(scope, tensor).type),
    stream,
    kind: own.kind,
    reason: own.reason,
  }
}

function isInput(point: DropoutPoint): point is NoiseInput {
  return point.name !== undefined
}

function noteOf(unnamed: readonly Site[]): string[] {
  if (unnamed.length === 0) return []
  const what =
    unnamed.length === 1
      ? "1 dropout of the model's own is"
      : `${unnamed.length} dropouts of the model's own are`
  return [`${what} not among the points: made inactive.`]
}

function typeNameOf(type: number | undefined): ElementType | undefined {
  return (Object.keys(TYPES) as ElementType[]).find((name) => TYPES[name] === (type ?? Type.FLOAT))
}

/** A tensor without a declared type is taken to be float32. */
function elementTypeOf(description: Point['description'], type: number | undefined): ElementType {
  const found = typeNameOf(type)
  if (found) return found
  const held = dataTypeName(type ?? 0) ?? `values of type ${type}`
  throw new OnnxModelError(
    `noiseshape: ${nameOf(description)} cannot be dropped: it holds ${held}, and dropout multiplies floating-point numbers. Name another tensor.`,
  )
}

/**
 * The size of each dim that an input declares, undefined for one that is left open. The first dim and the batch are, so
 * that a batch can share its noise.
 */
export function declaredSizes({
  shape,
  noiseShape,
  batchAxis,
}: Pick<PlacedInput, 'shape' | 'noiseShape' | 'batchAxis'>): (number | undefined)[] {
  return noiseShape.map((entry, axis) => {
    const size: KnownSize = entry ?? shape[axis]
    const isShared = (axis === 0 || axis === batchAxis) && size !== 1
    return typeof size === 'number' && !isShared ? size : undefined
  })
}

/** Declares the rank, as the specification requires for inputs, and the sizes that hold in every run. */
function noiseInfo(input: PlacedInput) {
  // The input gets its own symbols, because a batch can share its noise.
  const sizes = declaredSizes(input).map((size, axis) => size ?? `${input.name}_${axis}`)
  return makeInfo(input.name, Type.FLOAT, sizes)
}
