/** Reads the ratio of a Dropout node, which operator sets store in different places. */

import { attributeOf } from './attributes.js'
import { DataLocation, type NodeProto, type TensorProto, DataType as Type } from './messages.js'
import type { Model } from './model.js'
import { type Scope, scopeHolding } from './scope.js'

/** The specification's default. */
const DEFAULT_RATIO = 0.5

/** @returns undefined if the model computes the ratio, takes it as an input, or stores it in another file */
export function ratioOf({ opset }: Model, scope: Scope, node: NodeProto): number | undefined {
  if (opset < 12) {
    const attribute = attributeOf(node, 'ratio')
    return attribute ? shortest(attribute.f) : DEFAULT_RATIO
  }
  const name = node.input[1] ?? ''
  return name === '' ? DEFAULT_RATIO : constantValue(scope, name)
}

/** The number that the model holds for a tensor of one element; undefined if it computes it or takes it as an input. */
export function constantValue(scope: Scope, tensor: string): number | undefined {
  const holder = scopeHolding(scope, tensor)
  const initializer = holder?.initializers.get(tensor)
  // If the initializer is also a graph input, it is only a default: a run may pass another value.
  if (initializer) return holder?.inputs.has(tensor) ? undefined : scalarOf(initializer)
  const producer = holder?.producers.get(tensor)
  if (producer?.opType !== 'Constant') return undefined
  const [only] = producer.attribute // one, by the specification; many Dropout nodes may read the same Constant
  if (only?.name === 'value') return only.t && scalarOf(only.t)
  return only?.name === 'value_float' ? shortest(only.f) : undefined
}

/** The floating-point number of a tensor of one element; undefined for any other. */
export function scalarOf(tensor: TensorProto): number | undefined {
  const { dataType, rawData, floatData, doubleData, int32Data, dataLocation } = tensor
  if (dataLocation === DataLocation.EXTERNAL) return undefined
  const raw = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength)
  const bytes = rawData.byteLength
  switch (dataType) {
    case Type.FLOAT:
      return bytes === 4 ? shortest(raw.getFloat32(0, true)) : only(floatData, shortest)
    case Type.DOUBLE:
      return bytes === 8 ? raw.getFloat64(0, true) : only(doubleData, (value) => value)
    case Type.FLOAT16:
      return bytes === 2 ? fromHalf(raw.getUint16(0, true)) : only(int32Data, fromHalf)
    case Type.BFLOAT16:
      return bytes === 2 ? fromBrain(raw.getUint16(0, true)) : only(int32Data, fromBrain)
    default:
      return undefined
  }
}

function only(values: readonly number[], decode: (value: number) => number): number | undefined {
  return values.length === 1 ? decode(values[0]) : undefined
}

/** The shortest decimal with this float32: an exported 0.3 should mean 0.3, as in the library it was trained with. */
function shortest(value: number): number {
  return decimal(value, 9, Math.fround)
}

/** A float16: sign, 5 bits of exponent, 10 of fraction. */
function fromHalf(bits: number): number {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  const magnitude = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25)
  if (exponent === 31) return Number.NaN
  return decimal(bits & 0x8000 ? -magnitude : magnitude, 5, (value) => nearest(value, 11))
}

/** A bfloat16: the upper half of a float32. */
function fromBrain(bits: number): number {
  const value = new DataView(Uint32Array.of(bits << 16).buffer).getFloat32(0, true)
  return decimal(value, 4, (other) => nearest(other, 8))
}

/** The decimal with the fewest digits that `round` maps to `value`. */
function decimal(value: number, most: number, round: (value: number) => number): number {
  for (let digits = 1; digits < most; digits++) {
    const short = Number(value.toPrecision(digits))
    if (round(short) === value) return short
  }
  return value
}

/** Rounds a normal number to `bits` significant bits. */
function nearest(value: number, bits: number): number {
  if (value === 0) return value
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) + 1 - bits)
  return Math.round(value / unit) * unit
}
