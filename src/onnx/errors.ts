/** What can be wrong with a model, apart from the arguments beside it. */

/** The bytes are no ONNX model, or hold something that cannot be made stochastic; the message says what and where. */
export class OnnxModelError extends Error {
  override name = 'OnnxModelError'
}
