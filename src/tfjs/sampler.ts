/**
 * Runs a split model sample after sample. The first sample runs every layer, as `predict` does (executor.ts of
 * TensorFlow.js 4.22), and keeps the tensors that cross the split; the others start from those.
 */

import { cast, dispose, keep, Tensor, tidy } from '@tensorflow/tfjs-core'
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers'
import { float32 } from '../elements/float32.js'
import { type Split, type Step, splitAtNoise } from './split.js'

/** What a layer is called with besides its inputs; undefined until a mask is met. */
type Kwargs = { readonly mask: Tensor | undefined } | undefined

interface State {
  values: Map<SymbolicTensor, Tensor>
  masks: Map<SymbolicTensor, Tensor | undefined>
  kwargs: Kwargs
}

/** What later samples start from. */
interface Kept extends Omit<State, 'kwargs'> {
  /** By the steps of the tail that follow one of the trunk: TensorFlow.js leaves them the trunk's last mask. */
  kwargs: Map<Step, Kwargs>
}

/** Rows beyond this total keep nothing, so that many rows of a model with early dropout do not fill the memory. */
const MOST_KEPT_BYTES = 2 ** 28

/** Where the model cannot be split, or has no noise, each sample is a `predict`. */
export class Sampler {
  readonly #model: LayersModel
  readonly #split: Split | undefined
  /** By the index of their first row. */
  readonly #kept = new Map<number, Kept>()
  #freeBytes: number

  constructor(model: LayersModel, inputs: readonly Tensor[], mostKeptBytes = MOST_KEPT_BYTES) {
    this.#model = model
    this.#freeBytes = mostKeptBytes
    this.#split = splitAtNoise(model, inputs)
  }

  /** Runs one sample on `size` rows from `firstRow`. Their inputs are asked for only if they are needed. */
  run(firstRow: number, size: number, inputs: () => Tensor[]): Tensor {
    const split = this.#split
    if (!split) return this.#model.predict(inputs(), { batchSize: size }) as Tensor
    return tidy(() => {
      const kept = this.#kept.get(firstRow)
      if (kept) return runTail(split, kept)
      const { output, kept: crossing } = runWhole(split, feed(this.#model, inputs()))
      this.#keep(firstRow, crossing)
      return output
    })
  }

  #keep(firstRow: number, kept: Kept): void {
    const tensors = tensorsOf(kept)
    const bytes = tensors.reduce((sum, { size }) => sum + size * float32.bytes, 0)
    if (bytes > this.#freeBytes) return
    this.#freeBytes -= bytes
    this.#kept.set(firstRow, kept)
    for (const tensor of tensors) keep(tensor)
  }

  /** Frees what is kept. */
  dispose(): void {
    for (const kept of this.#kept.values()) dispose(tensorsOf(kept))
    this.#kept.clear()
  }
}

/** Tensors of our own with the values of the user's: what crosses is disposed in the end. */
function feed(model: LayersModel, inputs: Tensor[]): Map<SymbolicTensor, Tensor> {
  return new Map(model.inputs.map((input, i) => [input, cast(inputs[i], input.dtype ?? inputs[i].dtype)]))
}

function runWhole({ steps, crossing }: Split, values: State['values']): { output: Tensor; kept: Kept } {
  const state: State = { values, masks: new Map(), kwargs: undefined }
  const kwargs: Kept['kwargs'] = new Map()
  let wasInTail = true
  let output: Tensor | undefined
  for (const step of steps) {
    if (step.inTail && !wasInTail) kwargs.set(step, state.kwargs)
    wasInTail = step.inTail
    output = runStep(step, state)
  }
  const crossed = <T>(map: Map<SymbolicTensor, T>) =>
    new Map([...map].filter(([tensor]) => crossing.has(tensor)))
  const kept = { values: crossed(state.values), masks: crossed(state.masks), kwargs }
  return { output: output as Tensor, kept }
}

function runTail({ steps }: Split, { values, masks, kwargs }: Kept): Tensor {
  const state: State = { values: new Map(values), masks: new Map(masks), kwargs: undefined }
  let output: Tensor | undefined
  for (const step of steps) {
    if (!step.inTail) continue
    if (kwargs.has(step)) state.kwargs = kwargs.get(step)
    output = runStep(step, state)
  }
  return output as Tensor
}

/** Runs a layer as TensorFlow.js does, and gives the output that the step is for. */
function runStep({ layer, inputs, outputs, output, done }: Step, state: State): Tensor {
  const values = inputs.map((input) => state.values.get(input) as Tensor)
  const masks = inputs.map((input) => state.masks.get(input))
  if (masks.some((mask) => mask)) state.kwargs = { mask: masks[0] }
  const kwargs = state.kwargs && { ...state.kwargs } // layers may write into it
  const results = [layer.apply(values, kwargs)].flat() as Tensor[]
  const [mask] = layer.supportsMasking ? [layer.computeMask(values, masks as Tensor[])].flat() : []
  outputs.forEach((output, i) => {
    if (state.values.has(output)) return // a layer runs once for each of its outputs that is read
    state.values.set(output, results[i])
    state.masks.set(output, mask ?? undefined)
  })
  for (const tensor of done) state.values.get(tensor)?.dispose()
  return results[outputs.indexOf(output)]
}

function tensorsOf({ values, masks, kwargs }: Kept): Tensor[] {
  const lastMasks = [...kwargs.values()].map((kwargs) => kwargs?.mask)
  const ownMasks = [...values.values()].map((value: Tensor & { kerasMask?: Tensor }) => value.kerasMask)
  const all = [...values.values(), ...masks.values(), ...lastMasks, ...ownMasks]
  return [...new Set(all)].filter((tensor) => tensor instanceof Tensor)
}
