/** Layers with weights: convolutions, dense layers and recurrent layers, and where each ends. */

import type { NodeProto } from '../messages.js'
import { dataInputs, type GraphView } from './graph-view.js'

export type LayerKind = 'dense' | 'convolution' | 'recurrent'

export interface WeightLayer {
  kind: LayerKind
  node: NodeProto
  /** The tensor that the layer reads. */
  input: string
  /** Its output, with bias, before any activation. */
  output: string
}

const DENSE = new Set(
  `Gemm MatMul MatMulInteger QLinearMatMul FusedMatMul FusedGemm MatMulNBits MatMulBnb4 DynamicQuantizeMatMul
  MatMulIntegerToFloat QGemm GemmFastGelu`.split(/\s+/),
)
const CONVOLUTION = new Set(
  'Conv ConvTranspose ConvInteger QLinearConv FusedConv NhwcConv NhwcFusedConv QLinearConvTranspose'.split(
    ' ',
  ),
)
const RECURRENT = new Set('LSTM GRU RNN DynamicQuantizeLSTM'.split(' '))

/** The layers of a graph, in order. */
export function weightLayers(view: GraphView): WeightLayer[] {
  return view.nodes.flatMap((node) => {
    const kind = layerKind(view, node)
    return kind
      ? [{ kind, node, input: beforeQuantizing(view, node.input[0]), output: layerEnd(view, node, kind) }]
      : []
  })
}

/** A quantized layer reads integers; the numbers before them can be dropped. */
function beforeQuantizing(view: GraphView, tensor: string): string {
  const node = view.producer(tensor)
  return node && isQuantizing(node) ? node.input[0] : tensor
}

export function isQuantizing({ opType }: NodeProto): boolean {
  return opType === 'QuantizeLinear' || opType === 'DynamicQuantizeLinear'
}

/** @returns undefined for other operators, and for products of two tensors that both depend on the data */
export function layerKind(view: GraphView, { opType, input }: NodeProto): LayerKind | undefined {
  if (RECURRENT.has(opType)) return 'recurrent'
  const kind = DENSE.has(opType) ? 'dense' : CONVOLUTION.has(opType) ? 'convolution' : undefined
  if (!kind || !view.isData(input[0] ?? '')) return undefined
  // Quantized operators have scales and zero points between the two, which may depend on the data.
  const weights = opType.startsWith('QLinear') || opType === 'QGemm' ? input[3] : input[1]
  return weights !== undefined && !view.isData(weights) ? kind : undefined
}

/**
 * The output of a layer: after the bias, the scale of a quantized product, and the Reshape that exporters put behind a
 * Gemm to undo the one before it.
 */
function layerEnd(view: GraphView, node: NodeProto, kind: LayerKind): string {
  let [end] = node.output
  if (kind === 'recurrent') return end
  for (let i = 0; i < MOST_BEHIND; i++) {
    const readers = view.readers(end)
    if (readers.length !== 1) return end
    const [next] = readers
    const isBias = next.opType === 'Add' && dataInputs(view, next).length === 1
    const isScale = /Integer/.test(node.opType) && (next.opType === 'Cast' || next.opType === 'Mul')
    if (!isBias && !isScale && !(node.opType === 'Gemm' && foldsBack(view, node, next))) return end
    end = next.output[0]
  }
  return end
}

/** A damaged model may have circles. */
const MOST_BEHIND = 16

/** Whether a Gemm stands between two Reshapes, as a dense layer on more than two dims does. */
function foldsBack(view: GraphView, gemm: NodeProto, next: NodeProto): boolean {
  return next.opType === 'Reshape' && view.producer(gemm.input[0])?.opType === 'Reshape'
}
