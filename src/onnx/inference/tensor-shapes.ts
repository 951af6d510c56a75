/** The shape of a node's outputs, by the definitions of the ONNX operators and those of ONNX Runtime. */

import { attributeOf, integerOf, integersOf } from '../attributes.js'
import type { NodeProto } from '../messages.js'
import type { Description } from '../shape-inference.js'
import { constantOf } from './constants.js'
import { argument, lengthOf, reduce, squeeze, unsqueeze } from './shapes-by-axes.js'
import {
  changeAxis,
  concat,
  flatten,
  gather,
  gatherND,
  oneHot,
  pad,
  rangeOf,
  reshape,
  resize,
  slice,
  tile,
  transpose,
} from './shapes-by-moving.js'
import { einsum, gemm, lastState, matMul, recurrent, swapLast } from './shapes-of-products.js'
import { convolve, globalPool, pool } from './shapes-of-windows.js'
import { broadcastShapes, type KnownSize, ofRank, ofSizes } from './sizes.js'

type Shape = readonly KnownSize[]
type Rule = (node: NodeProto, inputs: readonly Description[]) => Shape | undefined

/** The shape of a node's first output; undefined if not even its rank is known. */
export function inferShape(node: NodeProto, inputs: readonly Description[]): Shape | undefined {
  const { opType } = node
  const rule = RULES.get(opType) ?? (opType.startsWith('Reduce') ? reduce : undefined)
  return ofSizes(rule?.(node, inputs))
}

/** The shape of a node's further outputs: masks, indices, states. */
export function inferFurtherShape(
  node: NodeProto,
  inputs: readonly Description[],
  i: number,
  first: Shape | undefined,
): Shape | undefined {
  const { opType } = node
  if (opType === 'Dropout' || opType === 'MaxPool' || opType === 'TopK' || opType === 'Split') return first
  if (opType === 'LSTM' || opType === 'GRU' || opType === 'RNN') return lastState(node, first)
  if (opType === 'DynamicQuantizeLinear') return []
  if (opType === 'BatchNormalization') return inputs[1]?.shape
  return opType === 'SkipLayerNormalization' && i === 3 ? first : undefined
}

const keep: Rule = (_, [x]) => x?.shape
const keepRank: Rule = (_, [x]) => ofRank(x?.shape?.length)
const broadcast: Rule = (_, inputs) => broadcastShapes(inputs.map(({ shape }) => shape))

/** Where the query holds keys and values too, the result is [batch, steps, hidden] of another size. */
const attended: Rule = (node, [query]) =>
  node.input[1] ? query?.shape : query?.shape && [...query.shape.slice(0, 2), null]

/** Operators whose result has the shape of their first input. */
const KEEP = `Abs Acos Acosh Asin Asinh Atan Atanh Attention BatchNormalization Bernoulli BiasGelu Cast
  CastLike Ceil Celu Clip Cos Cosh CumSum DequantizeLinear Dropout DynamicQuantizeLinear Elu Erf Exp EyeLike FastGelu
  Floor Gelu GroupNorm GroupNormalization HardSigmoid HardSwish Hardmax Identity InstanceNormalization IsInf IsNaN LRN
  LayerNormalization LeakyRelu Log LogSoftmax LpNormalization MeanVarianceNormalization Mish Neg Not PRelu
  QLinearLeakyRelu QLinearSigmoid QLinearSoftmax QuantizeLinear QuickGelu RMSNormalization RandomNormalLike
  RandomUniformLike Reciprocal Relu ReverseSequence RotaryEmbedding Round Scatter ScatterElements ScatterND Selu Shrink
  Sigmoid Sign SimplifiedLayerNormalization Sin Sinh SkipLayerNormalization SkipSimplifiedLayerNormalization Softmax
  Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu Trilu`.split(/\s+/)

/** Operators of which only the rank is followed: their sizes depend on attributes and inputs of many kinds. */
const KEEP_RANK = 'CenterCropPad MaxUnpool Upsample'.split(' ')

const BROADCAST =
  'Add And BiasAdd BitwiseAnd BitwiseOr BitwiseXor Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or Pow Sub Sum Where Xor'.split(
    ' ',
  )

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...KEEP.map((name) => [name, keep] as const),
  ...KEEP_RANK.map((name) => [name, keepRank] as const),
  ...BROADCAST.map((name) => [name, broadcast] as const),
  ...Object.entries<Rule>({
    ArgMax: argument,
    ArgMin: argument,
    AveragePool: pool,
    BiasDropout: keep,
    BiasSplitGelu: (_, [x]) => x?.shape && [...x.shape.slice(0, -1), null],
    Concat: concat,
    Constant: (node) => constantOf(node)?.dims,
    ConstantOfShape: (_, [shape]) => shape?.values ?? ofRank(lengthOf(shape)),
    Conv: (node, [x, kernel]) => convolve(node, x, kernel),
    ConvInteger: (node, [x, kernel]) => convolve(node, x, kernel),
    ConvTranspose: (_, [x]) => x?.shape?.map((size, axis) => (axis === 0 ? size : null)),
    DepthToSpace: (_, [x]) => x?.shape?.map((size, axis) => (axis === 0 ? size : null)),
    DynamicQuantizeMatMul: (_, [a, b]) => matMul(a, b),
    Einsum: einsum,
    EmbedLayerNormalization: (_, [ids, , words]) =>
      ids?.shape && [...ids.shape, words?.shape?.at(-1) ?? null],
    Expand: (_, [x, list]) => broadcastShapes([x?.shape, list?.values ?? ofRank(lengthOf(list))]),
    Flatten: flatten,
    FusedConv: (node, [x, kernel]) => convolve(node, x, kernel),
    FusedGemm: (node, [a, b]) => gemm(node, a, b),
    FusedMatMul: (node, [a, b]) =>
      matMul(
        swapLast(a, integerOf(node, 'transA', 0) !== 0),
        swapLast(b, integerOf(node, 'transB', 0) !== 0),
      ),
    FusedMatMulActivation: (_, [a, b]) => matMul(a, b),
    Gather: gather,
    GatherBlockQuantized: (_, [data, indices]) =>
      data?.shape && indices?.shape && ofRank(data.shape.length + indices.shape.length - 1),
    GatherElements: (_, [, indices]) => indices?.shape,
    GatherND: gatherND,
    Gemm: (node, [a, b]) => gemm(node, a, b),
    GlobalAveragePool: globalPool,
    GlobalLpPool: globalPool,
    GlobalMaxPool: globalPool,
    GridSample: (_, [x, grid]) =>
      x?.shape?.map((size, axis) => (axis < 2 ? size : (grid?.shape?.[axis - 1] ?? null))),
    GroupQueryAttention: attended,
    GRU: recurrent,
    LpPool: pool,
    LSTM: recurrent,
    MatMul: (_, [a, b]) => matMul(a, b),
    MatMulInteger: (_, [a, b]) => matMul(a, b),
    MatMulIntegerToFloat: (_, [a, b]) => matMul(a, b),
    MatMulNBits: (node, [x]) => x?.shape && [...x.shape.slice(0, -1), integerOf(node, 'N', 0) || null],
    MaxPool: pool,
    MultiHeadAttention: attended,
    Multinomial: (node, [x]) => [x?.shape?.[0] ?? null, integerOf(node, 'sample_size', 1)],
    NonMaxSuppression: () => [null, 3],
    NonZero: (_, [x]) => [x?.shape?.length ?? null, null],
    OneHot: oneHot,
    Pad: pad,
    QAttention: (_, [x]) => ofRank(x?.shape?.length),
    QGemm: (node, [a, , , b]) => gemm(node, a, b),
    QLinearAdd: (_, [a, , , b]) => broadcastShapes([a?.shape, b?.shape]),
    QLinearAveragePool: pool,
    QLinearConcat: (node, inputs) =>
      concat(
        node,
        inputs.filter((_, i) => i >= 2 && (i - 2) % 3 === 0),
      ),
    QLinearConv: (node, [x, , , kernel]) => convolve(node, x, kernel),
    QLinearGlobalAveragePool: globalPool,
    QLinearMatMul: (_, [a, , , b]) => matMul(a, b),
    QLinearMul: (_, [a, , , b]) => broadcastShapes([a?.shape, b?.shape]),
    RandomNormal: (node) => integersOf(node, 'shape'),
    RandomUniform: (node) => integersOf(node, 'shape'),
    Range: (_, inputs) => [inputs.every(({ values }) => values) ? rangeOf(inputs) : null],
    Reshape: reshape,
    Resize: resize,
    RNN: recurrent,
    RoiAlign: (_, [x, rois]) => [rois?.shape?.[0] ?? null, x?.shape?.[1] ?? null, null, null],
    Shape: (node, [x]) => {
      const whole = attributeOf(node, 'start') === undefined && attributeOf(node, 'end') === undefined
      return [whole ? (x?.shape?.length ?? null) : null]
    },
    Size: () => [],
    Slice: slice,
    SpaceToDepth: (_, [x]) => x?.shape?.map((size, axis) => (axis === 0 ? size : null)),
    Split: (node, [x]) => changeAxis(x?.shape, integerOf(node, 'axis', 0), null),
    Squeeze: squeeze,
    Tile: tile,
    TopK: (node, [x, count]) =>
      changeAxis(
        x?.shape,
        integerOf(node, 'axis', -1),
        count?.values?.[0] ?? (integerOf(node, 'k', 0) || null),
      ),
    Transpose: transpose,
    Unsqueeze: unsqueeze,
  }),
])
