/** Parses ONNX files. Fields that this library does not know are preserved. */

import { reject } from '../validation.js'
import { OnnxModelError } from './errors.js'
import { type GraphProto, type ModelProto, modelType } from './messages.js'

export interface Model {
  proto: ModelProto
  graph: GraphProto
  /** Version of the default operator set. */
  opset: number
}

/** The first operator set with NumPy broadcasting and without `is_test` in `Dropout`. */
const OLDEST_OPSET = 7

/** @throws OnnxModelError if the bytes are not an ONNX model with operator set 7 or later; TypeError if not bytes */
export function readModel(modelBytes: unknown): Model {
  const proto = parse(readBytes(modelBytes))
  const { graph } = proto
  if (proto.irVersion < 1n || !graph || graph.output.length === 0) {
    throw new OnnxModelError(
      'noiseshape: the bytes are not an ONNX model: they have no IR version, no graph or no graph output. The file may be cut off, or in another format.',
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
      `noiseshape: the model uses operator set ${opset}, and ${OLDEST_OPSET} is the oldest supported one. Convert it with onnx.version_converter.`,
    )
  }
  return { proto, graph, opset }
}

/** Whether a domain is that of the standard operators, which has two names in the specification. */
export function isDefaultDomain(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx'
}

function parse(bytes: Uint8Array): ModelProto {
  if (bytes.length === 0) throw new OnnxModelError('noiseshape: the model is empty: it has no bytes.')
  try {
    return modelType.read(bytes)
  } catch (cause) {
    throw new OnnxModelError(
      `noiseshape: the ${bytes.length} bytes are not an ONNX model (${(cause as Error).message}). The file may be cut off, or in another format.`,
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
