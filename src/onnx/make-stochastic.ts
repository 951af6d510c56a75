/** Turns dropout on in an ONNX model, for any runtime. */

import { writeModel } from './model.js'
import type { StochasticModel, StochasticOptions } from './options.js'
import { rewrite } from './rewrite.js'

/**
 * Replaces each dropout point of an ONNX model by a `Mul` with a new graph input, the noise: 0 where a cell is dropped,
 * the scale 1 / (1 - rate) where it is kept, as returned by `noise()` of `noiseshape` and `noiseshape/cpu`. The rest of
 * the model is unchanged. If all noise is 1, the outputs are those of the model without dropout.
 *
 * A point inside If, Loop or Scan gets an input of the main graph, which is visible in the branch or body; all
 * iterations of a loop share it.
 *
 * @param modelBytes an ONNX file with operator set 7 or later; external data is left where it is
 * @throws OnnxModelError for bytes that are not such a model, a model without a dropout point, or a tensor that cannot
 *   be dropped
 * @throws RangeError or TypeError for an option outside its documented range, or a name that the model does not have
 */
export function makeStochastic(
  modelBytes: Uint8Array | ArrayBuffer,
  options: StochasticOptions = {},
): StochasticModel {
  const { model, inputs } = rewrite(modelBytes, options)
  return { model: writeModel(model), inputs }
}
