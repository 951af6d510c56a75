/** Turns dropout on in an ONNX model, for any runtime. */

import { writeModel } from './model.js'
import type { StochasticModel, StochasticOptions } from './options.js'
import { rewrite } from './rewrite.js'

/**
 * Replaces each dropout point of an ONNX model by a `Mul` with a new graph input, the noise: 0 where a cell is dropped,
 * the scale 1 / (1 - rate) where it is kept, as returned by `noise()` of `noiseshape` and `noiseshape/cpu`. If all noise
 * is 1, the outputs are those of the model without dropout; a point with rate 0 gets no input.
 *
 * All other randomness is taken out, and `notes` says what was changed: dropout that is not among the points becomes
 * inactive, random numbers for other purposes are replaced by their mean, and batch normalisations of a training-mode
 * export use their stored statistics. The rest of the model is unchanged.
 *
 * A point inside If, Loop or Scan gets an input of the main graph, which is visible in the branch or body; all
 * iterations of a loop share it.
 *
 * @param modelBytes an ONNX file with operator set 7 or later; external data is left where it is
 * @throws OnnxModelError for bytes that are not such a model, a model without a dropout point, a tensor that cannot be
 *   dropped, or random numbers that can neither be repeated nor replaced
 * @throws RangeError or TypeError for an option outside its documented range, or a name that the model does not have
 */
export function makeStochastic(
  modelBytes: Uint8Array | ArrayBuffer,
  options: StochasticOptions = {},
): StochasticModel {
  const { model, inputs, notes } = rewrite(modelBytes, options)
  const placed = inputs.map(({ scope: _, plain: __, batchAxis: ___, ...input }) => input)
  return { model: writeModel(model), inputs: placed, notes }
}
