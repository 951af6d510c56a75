/** The element type of a node's outputs, by the definitions of the ONNX operators and those of ONNX Runtime. */

import { attributeOf, integerOf } from '../attributes.js'
import { type NodeProto, DataType as Type } from '../messages.js'
import type { Description } from '../shape-inference.js'
import { constantOf } from './constants.js'

const FLOATS = new Set<number>([Type.FLOAT, Type.FLOAT16, Type.BFLOAT16, Type.DOUBLE])

/** Whether noise can multiply a tensor of this type; one of unknown type is taken to be float32. */
export function isDroppable(type: number | undefined): boolean {
  return type === undefined || FLOATS.has(type)
}

const TRUTHS = new Set('And Equal Greater GreaterOrEqual IsInf IsNaN Less LessOrEqual Not Or Xor'.split(' '))
const INDICES = new Set('ArgMax ArgMin NonMaxSuppression NonZero Shape Size'.split(' '))
const PRODUCTS_OF_INTEGERS = new Set(['ConvInteger', 'MatMulInteger'])
const RANDOM_LIKE = new Set(['Bernoulli', 'EyeLike', 'RandomNormalLike', 'RandomUniformLike'])
const RANDOM = new Set(['RandomNormal', 'RandomUniform'])

/** Operators whose result is no tensor. */
const NO_TENSOR = new Set(
  'Optional SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceMap SplitToSequence'.split(
    ' ',
  ),
)

/** Operators whose result has the type of another input than the first. */
const BY_INPUT: ReadonlyMap<string, number> = new Map(
  Object.entries({
    CastLike: 1,
    DequantizeLinear: 1,
    EmbedLayerNormalization: 2, // the words
    GatherBlockQuantized: 2, // the scales
    MatMulIntegerToFloat: 2,
    OneHot: 2,
    QAttention: 3, // the scale of the input
    QLinearConv: 7, // the zero point of the result
    QLinearMatMul: 7,
    Where: 1,
  }),
)

/** The type of a node's first output; undefined if unknown. */
export function inferType(node: NodeProto, inputs: readonly Description[]): number | undefined {
  const { opType } = node
  if (opType === 'Cast') return integerOf(node, 'to', 0) || undefined
  if (opType === 'Constant') return constantOf(node)?.type
  if (opType === 'ConstantOfShape') return attributeOf(node, 'value')?.t?.dataType ?? Type.FLOAT
  if (NO_TENSOR.has(opType)) return undefined
  if (TRUTHS.has(opType)) return Type.BOOL
  if (INDICES.has(opType)) return Type.INT64
  if (PRODUCTS_OF_INTEGERS.has(opType)) return Type.INT32
  if (RANDOM.has(opType)) return integerOf(node, 'dtype', Type.FLOAT)
  if (opType === 'Multinomial') return integerOf(node, 'dtype', Type.INT32)
  if (RANDOM_LIKE.has(opType)) return integerOf(node, 'dtype', 0) || inputs[0]?.type
  if (opType === 'DynamicQuantizeLinear') return Type.UINT8
  if (opType === 'QuantizeLinear') {
    return integerOf(node, 'output_dtype', 0) || (node.input[2] ? inputs[2].type : Type.UINT8)
  }
  // Without the zero point of its result, the result is not quantized.
  if (opType === 'QGemm') return node.input[8] ? inputs[8].type : Type.FLOAT
  if (opType === 'QLinearConcat') return inputs[1]?.type
  return inputs[BY_INPUT.get(opType) ?? 0]?.type
}

/** The type of a node's further outputs: masks, indices, states; undefined if unknown. */
export function inferFurtherType({ opType }: NodeProto, i: number, first: number | undefined) {
  if (opType === 'Dropout') return Type.BOOL
  if (opType === 'MaxPool' || opType === 'TopK') return Type.INT64
  if (opType === 'DynamicQuantizeLinear') return i === 1 ? Type.FLOAT : Type.UINT8
  return SAME_TYPE.has(opType) ? first : undefined
}

const SAME_TYPE = new Set(['BatchNormalization', 'GRU', 'LSTM', 'RNN', 'SkipLayerNormalization', 'Split'])
