/** An ONNX model with its dropout on, for whatever runs ONNX models. */

import { writeModel } from './model.js'
import type { StochasticModel, StochasticOptions } from './options.js'
import { rewrite } from './rewrite.js'

/**
 * Makes each dropout point of an ONNX model a `Mul` by a new graph input, the noise: 0 where a cell is dropped, the
 * scale 1 / (1 - rate) where it is kept, as `noise()` of `noiseshape` and `noiseshape/cpu` gives it. All else of the
 * model stays as it is. With noise of ones the outputs are those of the model without dropout.
 *
 * A point inside If, Loop or Scan gets an input of the main graph, which the branch or body sees; all rounds of a loop
 * share it.
 *
 * @param modelBytes an ONNX file of operator set 7 or later; external data stays where it is
 * @throws OnnxModelError for bytes that are no such model, a model without a point, or a point that cannot be dropped
 * @throws RangeError or TypeError for an option outside its documented range, or a name that the model does not have
 */
export function makeStochastic(
  modelBytes: Uint8Array | ArrayBuffer,
  options: StochasticOptions = {},
): StochasticModel {
  const { model, inputs } = rewrite(modelBytes, options)
  return { model: writeModel(model), inputs }
}
