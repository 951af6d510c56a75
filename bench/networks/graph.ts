/** Writes an ONNX model node by node, with random weights from a seed. */

import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import {
  type AttributeProtoSchema,
  AttributeProto_AttributeType as Kind,
  ModelProtoSchema,
  type NodeProtoSchema,
  type TensorProtoSchema,
  TensorProto_DataType as Type,
  type ValueInfoProtoSchema,
} from 'onnx-buf'

type Attributes = Readonly<Record<string, number | bigint | readonly bigint[]>>

const FLOAT = Type.FLOAT
export const INT64 = Type.INT64

/** The first dim of inputs and outputs has no fixed size. */
const BATCH = { value: { case: 'dimParam', value: 'batch' } } as const

export class Graph {
  readonly #nodes: MessageInitShape<typeof NodeProtoSchema>[] = []
  readonly #initializers: MessageInitShape<typeof TensorProtoSchema>[] = []

  /** Adds a node, named as its output; returns that name. */
  node(opType: string, output: string, input: readonly string[], attributes: Attributes = {}): string {
    const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value))
    this.#nodes.push({ opType, name: output, input: [...input], output: [output], attribute })
    return output
  }

  /** Adds weights; returns their name. */
  floats(name: string, dims: readonly number[], values: Float32Array<ArrayBuffer>): string {
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    this.#initializers.push({ name, dataType: FLOAT, dims: dims.map(BigInt), rawData })
    return name
  }

  scalar(name: string, value: number): string {
    return this.floats(name, [], Float32Array.of(value))
  }

  integers(name: string, values: readonly number[]): string {
    const int64Data = values.map(BigInt)
    this.#initializers.push({ name, dataType: INT64, dims: [BigInt(values.length)], int64Data })
    return name
  }

  /**
   * @param input its dims are without the batch, as are those of the output
   */
  toBytes(
    input: { name: string; dims: readonly number[]; type?: Type },
    output: { name: string; dims: readonly number[] },
  ): Uint8Array<ArrayBuffer> {
    return toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, {
        irVersion: 8n,
        opsetImport: [{ domain: '', version: 17n }],
        graph: {
          name: 'made',
          node: this.#nodes,
          initializer: this.#initializers,
          input: [infoOf(input.name, input.dims, input.type)],
          output: [infoOf(output.name, output.dims)],
        },
      }),
    )
  }
}

function attributeOf(name: string, value: Attributes[string]): MessageInitShape<typeof AttributeProtoSchema> {
  if (typeof value === 'number') return { name, type: Kind.FLOAT, f: value }
  return typeof value === 'bigint'
    ? { name, type: Kind.INT, i: value }
    : { name, type: Kind.INTS, ints: [...value] }
}

function infoOf(
  name: string,
  dims: readonly number[],
  elemType: Type = FLOAT,
): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = dims.map((size) => ({ value: { case: 'dimValue', value: BigInt(size) } as const }))
  return {
    name,
    type: { value: { case: 'tensorType', value: { elemType, shape: { dim: [BATCH, ...dim] } } } },
  }
}

/** Draws weights, one array after the other; the same for the same seed. */
export type Weights = (size: number, deviation: number) => Float32Array<ArrayBuffer>

/** Uniform, with mean 0 and the given standard deviation. */
export function createWeights(seed: number): Weights {
  let state = seed >>> 0
  return (size, deviation) => {
    const values = new Float32Array(size)
    const width = deviation * Math.sqrt(12)
    for (let i = 0; i < size; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      values[i] = ((state >>> 8) / 2 ** 24 - 0.5) * width
    }
    return values
  }
}
