/** Fused operators, which hold dropout places inside. */

import { isDefaultDomain } from '../model.js'
import type { GraphView } from './graph-view.js'
import type { Place } from './place.js'

const ATTENTION = new Set(
  `Attention MultiHeadAttention GroupQueryAttention PackedAttention PackedMultiHeadAttention QAttention
  DecoderAttention DecoderMaskedMultiHeadAttention DecoderMaskedSelfAttention QOrderedAttention
  QOrderedLongformerAttention LongformerAttention SparseAttention PagedAttention`.split(/\s+/),
)
const NORMALISATION = new Set(
  `SkipLayerNormalization SkipSimplifiedLayerNormalization SkipGroupNorm EmbedLayerNormalization`.split(
    /\s+/,
  ),
)

/** The output of each fused operator, which can be dropped instead of what is inside. */
export function fusedPlaces(view: GraphView): Place[] {
  return view.nodes.flatMap((node) => {
    const isAttention = ATTENTION.has(node.opType)
    if (!isAttention && !NORMALISATION.has(node.opType)) return []
    const inside = isAttention
      ? 'the attention weights are'
      : node.opType.startsWith('Embed')
        ? 'the embedding is'
        : 'the end of a residual branch is'
    const remedy =
      isAttention && isDefaultDomain(node.domain)
        ? 'export with operator set 22 or earlier'
        : "take the file from before ONNX Runtime's optimisation, e.g. model.onnx in place of model_optimized.onnx"
    const place: Place = {
      tensor: node.output[0],
      kind: isAttention ? 'attention' : node.opType.startsWith('Embed') ? 'embedding' : 'residual',
      role: isAttention ? 'attention' : 'residual',
      confidence: 'out of reach',
      reason: `${inside} inside the fused operator ${node.opType}, whose output this is. To reach it, ${remedy}`,
      near: node,
    }
    return [place]
  })
}
