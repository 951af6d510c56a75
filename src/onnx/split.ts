/**
 * Cuts a rewritten model at its noise. What depends on no noise is the same in every sample: the trunk. The rest is the
 * tail. Both are ordinary models.
 */

import { makeDim, makeInfo, makeInfoOfDims } from './make-node.js'
import {
  type GraphProto,
  graphType,
  modelType,
  type NodeProto,
  DataType as Type,
  type ValueInfoProto,
} from './messages.js'
import { isDefaultDomain, type Model } from './model.js'
import { multiplicationsOf } from './multiplications.js'
import { readsOf, scopesOf } from './scope.js'
import { type Description, describeTensors } from './shape-inference.js'

export interface Split {
  /** Its outputs are the crossing tensors and the model's outputs that depend on no noise. */
  trunk: Model
  /** Its inputs are the noise, the crossing tensors and the model's inputs that it reads. */
  tail: Model
  /** The tensors that the trunk computes and the tail reads, with what is known of them. */
  crossing: ReadonlyMap<string, Description>
  /** The share of the multiplications that the trunk takes; undefined if sizes are missing that only a run can tell. */
  trunkShare: number | undefined
}

/**
 * Cuts a model at its noise. The parts share nodes and weights with the given model, which must not be changed later.
 *
 * @param noise names of the noise inputs
 * @returns the parts, or the reason why a cut would gain nothing
 */
export function splitAtNoise(model: Model, noise: Iterable<string>): Split | string {
  const { graph } = model
  const scopes = scopesOf(graph)
  const [main] = scopes
  const steps = graph.node.map((node) => ({ node, reads: readsOf(node) }))
  const backwards = [...steps].reverse()

  // Forwards: what depends on noise, and what only on weights.
  const noisy = new Set(noise)
  const fixed = new Set([...main.initializers.keys()].filter((name) => !main.inputs.has(name)))
  for (const { node, reads } of steps) {
    const kind = reads.some((name) => noisy.has(name))
      ? noisy
      : reads.every((name) => fixed.has(name))
        ? fixed
        : undefined
    for (const name of node.output) kind?.add(name)
  }
  const isNoisy = ({ name }: { name: string }) => noisy.has(name)
  if (!graph.output.some(isNoisy)) return 'no output depends on a dropout point'

  // Backwards: the tail also computes what depends only on weights, lists of sizes, and what cannot be an input.
  const describe = describeTensors(scopes)
  const crossing = new Map<string, Description>()
  const tail = new Set<NodeProto>()
  const again = new Set<string>()
  for (const { node, reads } of backwards) {
    if (!node.output.some((name) => noisy.has(name) || again.has(name))) continue
    tail.add(node)
    for (const name of reads) {
      if (noisy.has(name) || !main.producers.has(name)) continue
      const description = describe(main, name)
      if (fixed.has(name) || !canCross(description)) again.add(name)
      else crossing.set(name, description)
    }
  }
  for (const { output } of tail) for (const name of output) crossing.delete(name)

  // Backwards again: the trunk computes what crosses and what depends on no noise.
  const trunk = new Set<NodeProto>()
  const wanted = new Set([...crossing.keys(), ...graph.output.map(({ name }) => name)])
  for (const { node, reads } of backwards) {
    if (!node.output.some((name) => wanted.has(name) && !noisy.has(name))) continue
    trunk.add(node)
    for (const name of reads) wanted.add(name)
  }
  if (![...trunk].some(multiplies)) return 'no product with weights comes before the first dropout point'

  const workOf = (nodes: ReadonlySet<NodeProto>) =>
    multiplicationsOf([...nodes].filter(multiplies), (tensor) => describe(main, tensor))
  const [before, behind] = [workOf(trunk), workOf(tail)]

  const kept = graph.output.filter((output) => !isNoisy(output))
  const crossed = [...crossing].filter(([name]) => !kept.some((output) => output.name === name))
  return {
    crossing,
    trunkShare: before === undefined || behind === undefined ? undefined : before / (before + behind || 1),
    trunk: part(model, trunk, {
      input: graph.input,
      output: [...kept, ...crossed.map(([name, { type }]) => infoOf(name, { type, shape: undefined }))],
      valueInfo: graph.valueInfo,
    }),
    tail: part(model, tail, {
      input: [...graph.input, ...[...crossing].map(([name, known]) => infoOf(name, known))].map(openFirstDim),
      output: graph.output.filter(isNoisy).map(openFirstDim),
      valueInfo: [], // it may state the size of the batch, where several samples are stacked
    }),
  }
}

/**
 * Whether the trunk hands the tensor over. A list of sizes it does not: it may hold the size of the batch, which the tail
 * asks of the tensors that it is given.
 */
function canCross({ type, shape }: Description): boolean {
  return type !== undefined && !(type === Type.INT64 && (shape?.length ?? 0) < 2)
}

/** Operators whose cost is worth a cut. Those of other domains are taken to be among them. */
const PRODUCTS = new Set(
  `Attention Conv ConvInteger ConvTranspose DeformConv Einsum GRU Gemm If LSTM Loop MatMul MatMulInteger QLinearConv
  QLinearMatMul RNN Scan`.split(/\s+/),
)

function multiplies({ opType, domain }: NodeProto): boolean {
  return !isDefaultDomain(domain) || PRODUCTS.has(opType)
}

type Ends = Pick<GraphProto, 'input' | 'output' | 'valueInfo'>

/** A model of some of the nodes, with what they read. */
function part(
  { proto, graph, opset }: Model,
  nodes: ReadonlySet<NodeProto>,
  { input, output, valueInfo }: Ends,
): Model {
  const node = graph.node.filter((each) => nodes.has(each))
  const made = new Set(node.flatMap((each) => each.output))
  const used = new Set([...node.flatMap(readsOf), ...output.map(({ name }) => name)])
  const partial = graphType.make({
    ...graph,
    node,
    input: input.filter(({ name }) => used.has(name)),
    output,
    valueInfo: valueInfo.filter(({ name }) => made.has(name)),
    initializer: graph.initializer.filter(({ name }) => used.has(name)),
    sparseInitializer: graph.sparseInitializer.filter(({ values }) => used.has(values?.name ?? '')),
  })
  return { proto: modelType.make({ ...proto, graph: partial }), graph: partial, opset }
}

/** Sizes that have only a name stay open. */
function infoOf(name: string, { type, shape }: Description): ValueInfoProto {
  return makeInfo(
    name,
    type,
    shape?.map((size) => (typeof size === 'number' ? size : null)),
  )
}

/** The same tensor with a first dim of any size. */
function openFirstDim(info: ValueInfoProto): ValueInfoProto {
  const tensor = info.type?.tensorType
  if (!tensor) return info
  const dim = tensor.shape?.dim.map((size, axis) => (axis === 0 ? makeDim(null) : size))
  return makeInfoOfDims(info.name, tensor.elemType, dim)
}
