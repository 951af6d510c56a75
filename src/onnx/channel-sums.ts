/**
 * A convolution of x times noise with one value per channel is a sum over the channels: the noise of a channel times the
 * convolution of that channel alone. These parts are the same in all samples, so a sample multiplies once per channel, not
 * once per channel and place in the window.
 */

import { float32 } from '../elements/float32.js'
import { product } from '../shape.js'
import { integerOf } from './attributes.js'
import type { KnownSize } from './inference/sizes.js'
import { integerAttribute, integersAttribute, makeNode, tensorAttribute } from './make-node.js'
import { type AttributeProto, type NodeProto, DataType as Type, tensorType } from './messages.js'
import { isDefaultDomain } from './model.js'
import type { Rewritten } from './rewrite.js'
import { readersIn, readsOf, scopesOf } from './scope.js'
import { describeTensors } from './shape-inference.js'

/** The first operator set in which every operator used here takes the types that it is given. */
const OLDEST_OPSET = 13

/** With a smaller window, reading the parts costs about as much as their sum saves. */
const SMALLEST_WINDOW = 4

/** The most bytes that the parts of one example may take. */
const MOST_BYTES = 2 ** 21

/** A convolution that can be replaced. */
interface Convolution {
  node: NodeProto
  /** The product with noise that it reads. */
  noisy: NodeProto
  channels: number
  filters: number
  /** Sizes of the window. */
  window: readonly number[]
  /** Sizes of the output behind its filters. */
  places: readonly number[]
}

type Graph = Pick<Rewritten, 'model' | 'inputs'>

/**
 * Changes the graph: replaces convolutions of x times noise by sums of parts, where the parts are small.
 *
 * @returns the tensors that hold parts, [batch, channels, ...], with their number of channels
 */
export function sumChannels(rewritten: Graph & Pick<Rewritten, 'name'>): Map<string, number> {
  const { model, name } = rewritten
  const { graph } = model
  const channelsOf = new Map<string, number>()
  const found = new Map(findConvolutions(rewritten).map((convolution) => [convolution.node, convolution]))
  graph.node = graph.node.flatMap((node) => {
    const convolution = found.get(node)
    if (!convolution) return [node]
    const { nodes, parts } = sumOfParts(convolution, name)
    channelsOf.set(parts, convolution.channels)
    return nodes
  })
  const products = new Set([...found.values()].map(({ noisy }) => noisy))
  const readers = readersIn(scopesOf(graph)[0])
  graph.node = graph.node.filter((node) => !products.has(node) || readers.has(node.output[0]))
  return channelsOf
}

function findConvolutions({ model, inputs }: Graph): Convolution[] {
  if (model.opset < OLDEST_OPSET) return []
  const scopes = scopesOf(model.graph)
  const [main] = scopes
  const describe = describeTensors(scopes)
  const shapes = new Map(inputs.map(({ name, noiseShape }) => [name, noiseShape]))
  const noisy = new Set(shapes.keys())
  return model.graph.node.flatMap((node) => {
    if (readsOf(node).some((tensor) => noisy.has(tensor))) for (const name of node.output) noisy.add(name)
    const [x, ...weights] = node.input
    const mul = main.producers.get(x)
    if (!isA('Conv', node) || integerOf(node, 'group', 1) !== 1 || !mul || !isA('Mul', mul)) return []
    const [plain, noise] = mul.input
    const noiseShape = shapes.get(noise)
    const isOnce = [plain, ...weights].every((tensor) => !noisy.has(tensor))
    if (!noiseShape || !isOnce || describe(main, plain).type !== Type.FLOAT) return []
    const kernel = numbersIn(describe(main, weights[0]).shape)
    const output = numbersIn(describe(main, node.output[0]).shape?.slice(1))
    if (!kernel || !output) return []
    const [filters, channels, ...window] = kernel
    const [, ...places] = output
    const [, ofChannels, ...ofPlaces] = noiseShape
    const isPerChannel =
      noiseShape.length === kernel.length &&
      (ofChannels === null || ofChannels === channels) &&
      ofPlaces.every((entry) => entry === 1)
    const bytes = channels * filters * product(places) * float32.bytes
    const isWorthIt = product(window) >= SMALLEST_WINDOW && bytes <= MOST_BYTES
    return isPerChannel && isWorthIt ? [{ node, noisy: mul, channels, filters, window, places }] : []
  })
}

function isA(opType: string, node: NodeProto): boolean {
  return node.opType === opType && isDefaultDomain(node.domain)
}

/** The sizes, if all are known. */
function numbersIn(shape: readonly KnownSize[] | undefined): number[] | undefined {
  const numbers = shape?.filter((size) => typeof size === 'number')
  return numbers?.length === shape?.length ? numbers : undefined
}

/** The nodes that compute the convolution, and the tensor of its parts. */
function sumOfParts(
  { node, noisy, channels, filters, window, places }: Convolution,
  name: Rewritten['name'],
): { nodes: NodeProto[]; parts: string } {
  const [plain, noise] = noisy.input
  const [, kernel, bias] = node.input
  const [output] = node.output
  const nodes: NodeProto[] = []
  const add = (opType: string, input: string[], attribute: AttributeProto[] = []) => {
    const made = name(`${output}_${opType}`)
    nodes.push(makeNode(opType, input, made, name(`${made}/${opType}`), attribute))
    return made
  }
  const integers = (...values: number[]) => add('Constant', [], [list(values)])
  const [zero, one, any] = [0, 1, -1].map((value) => integers(value))
  const join = (...lists: string[]) => add('Concat', lists, [integerAttribute('axis', 0)])
  const reshape = (tensor: string, ...sizes: number[]) => add('Reshape', [tensor, integers(...sizes)])
  const swap = (tensor: string, rank: number) => {
    const rest = Array.from({ length: rank - 2 }, (_, i) => i + 2)
    return add('Transpose', [tensor], [integersAttribute('perm', [1, 0, ...rest])])
  }
  const rowsOf = (tensor: string) => add('Gather', [add('Shape', [tensor]), zero])

  // The same in all samples: each channel alone, with all filters.
  const kernels = reshape(swap(kernel, 2 + window.length), channels * filters, 1, ...window)
  const others = node.attribute.filter((attribute) => attribute.name !== 'group')
  const alone = add('Conv', [plain, kernels], [...others, integerAttribute('group', channels)])
  const parts = reshape(alone, -1, channels, filters * product(places))

  // The noise as [batch, samples, channels]. A batch may share its noise, or be empty.
  const batch = rowsOf(parts)
  const samples = add('Div', [rowsOf(noise), add('Max', [batch, one])])
  const bySample = add('Reshape', [noise, join(add('Max', [samples, one]), any, integers(channels))])
  const weights = swap(add('Expand', [bySample, join(one, batch, one)]), 3)

  const sums = swap(add('MatMul', [weights, parts]), 3)
  const last = reshape(sums, -1, filters, ...places)
  if (bias) add('Add', [last, reshape(bias, filters, ...places.map(() => 1))])
  const end = nodes[nodes.length - 1]
  end.name = node.name
  end.output = [output]
  return { nodes, parts }
}

/** A list of integers as the value of a Constant node. */
function list(values: readonly number[]): AttributeProto {
  const tensor = tensorType.make({
    dataType: Type.INT64,
    dims: [BigInt(values.length)],
    int64Data: values.map(BigInt),
  })
  return tensorAttribute('value', tensor)
}
