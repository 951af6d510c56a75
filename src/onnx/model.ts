/** An ONNX file: from its bytes to the message and back. What this library does not know of it stays in it. */

import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { type GraphProto, type ModelProto, ModelProtoSchema } from 'onnx-buf'
import { reject } from '../validation.js'
import { OnnxModelError } from './errors.js'

export interface Model {
  proto: ModelProto
  graph: GraphProto
  /** Version of the default operator set. */
  opset: number
}

/** Operators broadcast as NumPy does, and `Dropout` has no `is_test` any more, since this operator set. */
const OLDEST_OPSET = 7

/** @throws OnnxModelError when the bytes are no ONNX model of operator set 7 or later; TypeError when they are no bytes */
export function readModel(modelBytes: unknown): Model {
  const proto = parse(readBytes(modelBytes))
  const { graph } = proto
  if (proto.irVersion < 1n || !graph || graph.output.length === 0) {
    throw new OnnxModelError(
      'noiseshape: the bytes are no ONNX model: they have no IR version, no graph or no graph output. The file may be cut off, or in another format.',
    )
  }
  const opsets = proto.opsetImport.filter(({ domain }) => isDefaultDomain(domain))
  if (opsets.length === 0) {
    throw new OnnxModelError(
      'noiseshape: the model does not say which version of the ONNX operator set it uses. The file may be cut off.',
    )
  }
  const opset = Number(opsets[0].version)
  if (opset < OLDEST_OPSET) {
    throw new OnnxModelError(
      `noiseshape: the model uses operator set ${opset}, and ${OLDEST_OPSET} is the oldest that is understood. Convert it with onnx.version_converter.`,
    )
  }
  return { proto, graph, opset }
}

export function writeModel({ proto }: Model): Uint8Array<ArrayBuffer> {
  return toBinary(ModelProtoSchema, proto)
}

/** The operators of ONNX itself; the specification has two names for their domain. */
export function isDefaultDomain(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx'
}

function parse(bytes: Uint8Array): ModelProto {
  if (bytes.length === 0) throw new OnnxModelError('noiseshape: the model is empty: it has no bytes.')
  try {
    return fromBinary(ModelProtoSchema, bytes)
  } catch (cause) {
    throw new OnnxModelError(
      `noiseshape: the ${bytes.length} bytes are no ONNX model (${(cause as Error).message}). The file may be cut off, or in another format.`,
      { cause },
    )
  }
}

function readBytes(modelBytes: unknown): Uint8Array {
  if (modelBytes instanceof Uint8Array) return modelBytes
  if (modelBytes instanceof ArrayBuffer) return new Uint8Array(modelBytes)
  const remedy = 'Pass e.g. await (await fetch(url)).arrayBuffer()'
  return reject(TypeError, 'modelBytes', modelBytes, 'it must be a Uint8Array or an ArrayBuffer', remedy)
}
