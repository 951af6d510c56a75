/** What a Constant node holds, which the specification allows in several attributes. */

import { type NodeProto, type TensorProto, DataType as Type } from '../messages.js'

export interface Constant {
  type: number
  dims: readonly number[]
  /** Undefined for the shorthand attributes. */
  tensor: TensorProto | undefined
  /** The numbers of a shorthand attribute. */
  values: readonly number[] | undefined
}

export function constantOf({ attribute }: NodeProto): Constant | undefined {
  const short = (type: number, dims: number[], values: number[]) => ({
    type,
    dims,
    tensor: undefined,
    values,
  })
  for (const { name, t, f, i, floats, ints } of attribute) {
    if (name === 'value')
      return t && { type: t.dataType, dims: t.dims.map(Number), tensor: t, values: undefined }
    if (name === 'value_float') return short(Type.FLOAT, [], [f])
    if (name === 'value_floats') return short(Type.FLOAT, [floats.length], floats)
    if (name === 'value_int') return short(Type.INT64, [], [Number(i)])
    if (name === 'value_ints') return short(Type.INT64, [ints.length], ints.map(Number))
  }
  return undefined
}
