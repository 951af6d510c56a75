/** What goes into a model, and what comes out of it. */

import type { Tensor } from 'onnxruntime-web'
import { float32 } from '../elements/float32.js'
import { reject, show } from '../validation.js'
import type { LastDim } from './predict-options.js'

export type Feeds = Readonly<Record<string, Tensor>>

/** @param needed names of inputs without which the model cannot run */
export function readFeeds(feeds: unknown, inputNames: readonly string[], needed: readonly string[]): void {
  const example = `{ '${inputNames[0] ?? 'x'}': new ort.Tensor('float32', values, dims) }`
  const remedy = `Pass tensors by the names of the model's inputs, ${show(inputNames)}, e.g. ${example}`
  if (typeof feeds !== 'object' || feeds === null) {
    reject(TypeError, 'feeds', feeds, 'it must be an object', remedy)
  }
  for (const [name, tensor] of Object.entries(feeds)) {
    if (!inputNames.includes(name))
      reject(RangeError, 'a name in feeds', name, 'the model has no input of that name', remedy)
    if (!Array.isArray(tensor?.dims))
      reject(TypeError, `feeds.${name}`, tensor, 'it must be an ort.Tensor', remedy)
  }
  const missing = inputNames.find((name) => needed.includes(name) && !Object.hasOwn(feeds, name))
  if (missing !== undefined)
    reject(RangeError, `feeds.${missing}`, undefined, 'the model needs each of its inputs', remedy)
}

/**
 * An output in the form that `monteCarlo` takes: a buffer on the GPU, or an array.
 *
 * @param dims those of one sample
 */
export function readOutput(
  tensor: Tensor,
  dims: readonly number[],
  name: string,
  { classes, targets }: LastDim,
) {
  if (tensor.type !== 'float32') {
    const remedy = 'Pass the name of another output, or end the model with a Cast to float32'
    reject(
      RangeError,
      'output',
      name,
      `it holds ${tensor.type}, and statistics need floating-point numbers`,
      remedy,
    )
  }
  const last = dims.at(-1)
  if (classes !== undefined && last !== classes) {
    const rule = `the last dim of the output '${name}', [${dims.join(', ')}], has another size`
    reject(RangeError, 'classes', classes, rule, 'Pass its size, or leave classes out')
  }
  if (targets !== undefined && last !== 2 * targets) {
    const rule = `the last dim of the output '${name}', [${dims.join(', ')}], is not twice that`
    reject(RangeError, 'targets', targets, rule, 'Pass half its size')
  }
  return tensor.location === 'gpu-buffer'
    ? { buffer: tensor.gpuBuffer as GPUBuffer, size: tensor.size * float32.bytes }
    : (tensor.data as Float32Array)
}
