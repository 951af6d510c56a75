/** Turns dropout on in an ONNX model, for any runtime. */

import { type Names, readFlag, readOptions } from '../validation.js'
import { PASS_POINTS, STOCHASTIC_NAMES, type StochasticModel, type StochasticOptions } from './options.js'
import { rewrite } from './rewrite.js'
import { splitAtNoise } from './split.js'
import { writeModel } from './write-model.js'

export interface MakeStochasticOptions extends StochasticOptions {
  /** Whether to cut the model at its noise, in two models of which only the second runs for each sample. Default false. */
  split?: boolean | undefined
}

const NAMES = { ...STOCHASTIC_NAMES, split: true } satisfies Names<MakeStochasticOptions>

/** A model with its dropout on, cut in two ordinary ONNX models that share no weights unless both read them. */
export interface SplitStochasticModel extends Omit<StochasticModel, 'model'> {
  /** What depends on no noise; undefined if the model is not cut. Its outputs are `crossing`, and the model's own without noise. */
  trunk: Uint8Array<ArrayBuffer> | undefined
  /** The rest. Its inputs are the noise, `crossing`, and those of the model that it reads. */
  tail: Uint8Array<ArrayBuffer>
  /** The tensors that the trunk computes and the tail reads. */
  crossing: readonly string[]
  /** Why the model is not cut; undefined if it is. */
  reason: string | undefined
}

/**
 * Replaces each dropout point of an ONNX model by a `Mul` with a new graph input, the noise: 0 where a cell is dropped,
 * the scale 1 / (1 - rate) where it is kept, as returned by `noise()` of `noiseshape` and `noiseshape/cpu`. If all noise
 * is 1, the outputs are those of the model without dropout; a point with rate 0 gets no input.
 *
 * All other randomness is taken out, and `notes` says what was changed: dropout that is not among the points becomes
 * inactive, random numbers for other purposes are replaced by their mean, and batch normalisations of a training-mode
 * export use their stored statistics. The rest of the model is unchanged.
 *
 * With `split`, what comes before all noise is a model of its own, whose outputs are the same for all samples.
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
  options: MakeStochasticOptions & { split: true },
): SplitStochasticModel
export function makeStochastic(
  modelBytes: Uint8Array | ArrayBuffer,
  options?: MakeStochasticOptions & { split?: false | undefined },
): StochasticModel
export function makeStochastic(
  modelBytes: Uint8Array | ArrayBuffer,
  options?: MakeStochasticOptions,
): StochasticModel | SplitStochasticModel
export function makeStochastic(
  modelBytes: Uint8Array | ArrayBuffer,
  options: MakeStochasticOptions = {},
): StochasticModel | SplitStochasticModel {
  const { split, ...stochastic } = readOptions(options, NAMES, PASS_POINTS)
  const isSplit = readFlag('split', split, 'Pass true for a trunk and a tail')
  const { model, inputs, notes } = rewrite(modelBytes, stochastic)
  const placed = inputs.map(({ scope: _, plain: __, batchAxis: ___, ...input }) => input)
  if (!isSplit) return { model: writeModel(model), inputs: placed, notes }
  const cut = splitAtNoise(
    model,
    inputs.map(({ name }) => name),
  )
  return typeof cut === 'string'
    ? { trunk: undefined, tail: writeModel(model), crossing: [], reason: cut, inputs: placed, notes }
    : {
        trunk: writeModel(cut.trunk),
        tail: writeModel(cut.tail),
        crossing: [...cut.crossing.keys()],
        reason: undefined,
        inputs: placed,
        notes,
      }
}
