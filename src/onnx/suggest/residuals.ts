/** Residual branches: additions of a tensor to what was computed from it. */

import type { NodeProto } from '../messages.js'
import { dataInput, dataInputs, type GraphView, isMove, movedFrom, weightsOf } from './graph-view.js'
import { layerKind, type WeightLayer } from './weight-layers.js'

export interface Branch {
  /** The addition in which the branch ends. */
  add: NodeProto
  /** The tensor that is added: the branch as a whole ends here. */
  tensor: string
  /** The tensor beside it. */
  skip: string
  /** The last layer with weights; undefined if something else ends the branch. */
  last: WeightLayer | undefined
  /** Whether a learned scale stands behind that layer: LayerScale (arXiv:2103.17239). */
  isScaled: boolean
  /** The nodes of the branch, last first. */
  nodes: readonly NodeProto[]
}

/** A longer path from a tensor to the addition is a skip connection of a U-Net, not a residual branch. */
const MOST_NODES = 400

/** Layers on a shortcut that changes the size: a convolution, its normalisation, perhaps a pooling. */
const MOST_ON_SHORTCUT = 5

export function residualBranches(view: GraphView, layers: readonly WeightLayer[]): Branch[] {
  const byNode = new Map(layers.map((layer) => [layer.node, layer]))
  return view.nodes.flatMap((add) => {
    if (add.opType !== 'Add' && add.opType !== 'Sum') return []
    const inputs = dataInputs(view, add)
    if (inputs.length !== 2 || inputs[0] === inputs[1]) return []
    const [a, b] = inputs
    return branchBeside(view, byNode, add, a, b) ?? branchBeside(view, byNode, add, b, a) ?? []
  })
}

/** The branch that ends in `tensor`, if it starts where `skip` comes from. */
function branchBeside(
  view: GraphView,
  byNode: ReadonlyMap<NodeProto, WeightLayer>,
  add: NodeProto,
  skip: string,
  tensor: string,
): Branch[] | undefined {
  const shortcut = shortcutOf(view, skip)
  for (const { start, layers } of shortcut) {
    const nodes = between(view, start, tensor)
    if (!nodes) continue
    const inside = nodes.filter((node) => byNode.has(node))
    if (inside.length <= layers) return undefined // nothing computed, or the shortcut is the longer of the two
    return splitSum(view, tensor).map((end) => ({
      add,
      tensor: end,
      skip,
      last: lastLayer(view, byNode, end),
      isScaled: isScaled(view, end),
      nodes,
    }))
  }
  return undefined
}

/** The tensors that a skip may start from: itself, or those before a short chain with at most one layer. */
function shortcutOf(view: GraphView, skip: string): { start: string; layers: number }[] {
  const starts = [{ start: skip, layers: 0 }]
  let layers = 0
  let at = skip
  for (let i = 0; i < MOST_ON_SHORTCUT; i++) {
    const node = view.producer(at)
    const before = dataInput(view, node)
    if (!node || before === undefined) break
    if (layerKind(view, node)) layers++
    if (layers > 1) break
    starts.push({ start: before, layers })
    at = before
  }
  return starts
}

/** The nodes on the paths from `start` to `end`, last first; undefined if there is no path, or too long a one. */
function between(view: GraphView, start: string, end: string): NodeProto[] | undefined {
  const origin = view.producer(start)
  const first = origin ? view.order(origin) : -1
  const seen = new Set<NodeProto>()
  const open = [end]
  let found = false
  for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
    if (tensor === start) {
      found = true
      continue
    }
    const node = view.producer(tensor)
    if (!node || seen.has(node) || view.order(node) <= first) continue
    if (seen.size === MOST_NODES) return undefined
    seen.add(node)
    open.push(...dataInputs(view, node))
  }
  return found ? [...seen].sort((a, b) => view.order(b) - view.order(a)) : undefined
}

/** Attention and feed-forward in parallel (GPT-J) are added first: each is a branch by itself. */
function splitSum(view: GraphView, tensor: string): string[] {
  const sum = view.producer(tensor)
  if (sum?.opType !== 'Add') return [tensor]
  const parts = dataInputs(view, sum)
  const chains = parts.map((part) => lastLayerNode(view, part))
  return parts.length === 2 && chains.every((node) => node !== undefined) ? parts : [tensor]
}

function lastLayer(
  view: GraphView,
  byNode: ReadonlyMap<NodeProto, WeightLayer>,
  tensor: string,
): WeightLayer | undefined {
  const node = lastLayerNode(view, tensor)
  return node && byNode.get(node)
}

/** The layer in which a branch ends, behind its bias, scale (LayerScale), normalisation of a convolution and moves. */
function lastLayerNode(view: GraphView, tensor: string): NodeProto | undefined {
  let at = tensor
  for (let i = 0; i < MOST_NODES; i++) {
    const node = view.producer(at)
    if (!node) return undefined
    if (layerKind(view, node)) return node
    const inputs = dataInputs(view, node)
    const quantized =
      node.opType === 'Mul' ? inputs.find((input) => isIntegerProduct(view, input)) : undefined
    if (quantized !== undefined) {
      at = quantized
      continue
    }
    const scales = (node.opType === 'Mul' || node.opType === 'Add') && inputs.length === 1
    if (!scales && !isMove(node) && !/^(Batch|Layer)Normalization$/.test(node.opType)) return undefined
    at = inputs[0] ?? ''
  }
  return undefined
}

/** The result of a quantized layer, before it is multiplied with its scale, which depends on the data too. */
function isIntegerProduct(view: GraphView, tensor: string): boolean {
  const cast = view.producer(tensor)
  const product = cast?.opType === 'Cast' ? view.producer(cast.input[0]) : undefined
  return product?.opType.endsWith('Integer') ?? false
}

function isScaled(view: GraphView, tensor: string): boolean {
  const node = movedFrom(view, tensor)
    .map((name) => view.producer(name))
    .find((producer) => producer && !isMove(producer))
  return node?.opType === 'Mul' && node.input.some((name) => weightsOf(view, name) !== undefined)
}
