/**
 * Writes ONNX files. Weights are most of a file, so each is copied once, to its place; a general writer would copy it for
 * the tensor, for the graph and for the model.
 */

import { OnnxModelError } from './errors.js'
import { graphType, modelType, type TensorProto, tensorType } from './messages.js'
import type { Model } from './model.js'

/** Numbers of the fields that hold the weights: ModelProto.graph, GraphProto.initializer, TensorProto.raw_data. */
const FIELDS = { graph: 7, initializer: 5, rawData: 9 } as const

/** The largest file of the format, 2 GiB less a byte. */
const MOST_BYTES = 2 ** 31 - 1

type Part = Uint8Array

/** @throws OnnxModelError if the model is larger than the format allows */
export function writeModel({ proto, graph }: Model): Uint8Array<ArrayBuffer> {
  const written = [
    graphType.write({ ...graph, initializer: [] }),
    ...graph.initializer.flatMap((tensor) => field(FIELDS.initializer, tensorParts(tensor))),
  ]
  return joined([modelType.write({ ...proto, graph: undefined }), ...field(FIELDS.graph, written)])
}

function tensorParts(tensor: TensorProto): Part[] {
  const { rawData, ...rest } = tensor
  if (!(rawData?.length > 0)) return [tensorType.write(tensor)]
  return [tensorType.write(rest as TensorProto), ...field(FIELDS.rawData, [rawData])]
}

/** A field that holds bytes: its number and kind, its length, and the bytes. */
function field(number: number, parts: readonly Part[]): Part[] {
  const LENGTH_DELIMITED = 2
  return [varint((number << 3) | LENGTH_DELIMITED), varint(lengthOf(parts)), ...parts]
}

/** Seven bits per byte, the lowest first; all but the last byte have their top bit set. */
function varint(value: number): Part {
  const bytes: number[] = []
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128)
  return Uint8Array.from([...bytes, value])
}

function lengthOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0)
}

function joined(parts: readonly Part[]): Uint8Array<ArrayBuffer> {
  const length = lengthOf(parts)
  if (length > MOST_BYTES) {
    throw new OnnxModelError(
      `noiseshape: the model takes ${length} bytes, and an ONNX file has at most ${MOST_BYTES}. Save it with external data (onnx.save_model with save_as_external_data), and pass that as sessionOptions.externalData.`,
    )
  }
  const all = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
