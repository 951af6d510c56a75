/** Errors in the model itself, as opposed to other arguments. */

/** The bytes are not an ONNX model, or the model cannot be made stochastic; the message says what and where. */
export class OnnxModelError extends Error {
  override name = 'OnnxModelError'
}
