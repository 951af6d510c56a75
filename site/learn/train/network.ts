/**
 * How the digits network learns: the gradients of its loss, backwards through the layers of models/digits/forward.ts, and
 * AdamW. Everything is for this one network, so that it can be read beside its forward pass.
 */

import { SIDE } from '../../../models/digits/digits.js'
import {
  convolve,
  createWindow,
  FIRST,
  featureMaps,
  type Geometry,
  type Layer,
  MAPS,
  multiply,
  PARAMETERS,
  pool,
  readWeights,
  readWindow,
  relu,
  SECOND,
  softmax,
  type Weights,
} from '../../../models/digits/forward.js'

const PIXELS = SIDE * SIDE
const AREA = PIXELS * MAPS
const INNER = SIDE - 2 // side of what the second convolution makes

/** Weights as layers, and the same numbers in a row. */
export interface Parameters {
  values: Float32Array
  layers: Weights
}

export function createParameters(): Parameters {
  const values = new Float32Array(PARAMETERS)
  return { values, layers: readWeights(values.buffer) }
}

/** Uniform in ±1 / √(inputs of a unit), kernel and bias, as PyTorch begins. */
export function initialise({ layers }: Parameters, random: () => number): void {
  for (const { kernel, bias } of Object.values(layers)) {
    const bound = Math.sqrt(bias.length / kernel.length)
    for (const values of [kernel, bias]) {
      for (let i = 0; i < values.length; i++) values[i] = bound * (2 * random() - 1)
    }
  }
}

/**
 * The mean cross-entropy of a batch, whose gradients are added to `gradients`.
 *
 * @param images [batch, 8, 8], 0 to 1
 * @param drop dropout of [batch, 8, 8, 16]. Its gradient is the same dropout of the gradient, so it must draw the same
 *   mask both times.
 */
export function addGradients(
  weights: Weights,
  images: Float32Array,
  labels: readonly number[],
  drop: (maps: Float32Array) => Float32Array,
  gradients: Weights,
): number {
  const batch = labels.length
  const part = (values: Float32Array, i: number) => values.subarray(i * AREA, (i + 1) * AREA)
  const image = (i: number) => images.subarray(i * PIXELS, (i + 1) * PIXELS)
  const maps = new Float32Array(batch * AREA)
  for (let i = 0; i < batch; i++) maps.set(featureMaps(weights, image(i)), i * AREA)
  const kept = drop(maps)

  const toKept = new Float32Array(batch * AREA)
  let loss = 0
  for (let i = 0; i < batch; i++) {
    const convolved = relu(convolve(part(kept, i), SECOND, weights.conv2))
    const pooled = pool(convolved, INNER)
    const hidden = relu(multiply(pooled, weights.dense))
    const toLogits = softmax(multiply(hidden, weights.out))

    loss -= Math.log(toLogits[labels[i]]) / batch
    toLogits[labels[i]] -= 1 // the gradient of softmax and cross-entropy together
    for (let digit = 0; digit < toLogits.length; digit++) toLogits[digit] /= batch

    const toHidden = multiplyBack(hidden, weights.out, toLogits, gradients.out)
    const toPooled = multiplyBack(pooled, weights.dense, toHidden, gradients.dense)
    const toConvolved = poolBack(convolved, pooled, toPooled)
    convolveBack(part(kept, i), SECOND, weights.conv2, toConvolved, gradients.conv2, part(toKept, i))
  }

  const toMaps = drop(toKept) // 0 where ReLU made the map 0, as below
  for (let i = 0; i < batch; i++) {
    convolveBack(image(i), FIRST, weights.conv1, part(toMaps, i), gradients.conv1, new Float32Array(PIXELS))
  }
  return loss
}

/*
 * Backwards through a layer: from the gradient of its output (`toOutput`) to those of kernel and bias, which are added to,
 * and of its input. The inputs of all layers are rectified or ink, never negative: where one is 0, it gives the kernel no
 * gradient, and ReLU before it would let none through. Such inputs are skipped, and their own gradient is left 0.
 */

function multiplyBack(
  input: Float32Array,
  { kernel, bias }: Layer,
  toOutput: Float32Array,
  { kernel: toKernel, bias: toBias }: Layer,
): Float32Array {
  const units = bias.length
  const toInput = new Float32Array(input.length)
  for (let unit = 0; unit < units; unit++) toBias[unit] += toOutput[unit]
  for (let i = 0; i < input.length; i++) {
    const value = input[i]
    if (value === 0) continue
    let sum = 0
    for (let unit = 0; unit < units; unit++) {
      const at = i * units + unit
      sum += kernel[at] * toOutput[unit]
      toKernel[at] += value * toOutput[unit]
    }
    toInput[i] = sum
  }
  return toInput
}

/** The gradient goes to the largest of each 2 x 2 block, the first of equals. */
function poolBack(input: Float32Array, output: Float32Array, toOutput: Float32Array): Float32Array {
  const toInput = new Float32Array(input.length)
  const size = INNER / 2
  for (let block = 0; block < size * size; block++) {
    const first = (2 * Math.floor(block / size) * INNER + 2 * (block % size)) * MAPS
    const places = [first, first + MAPS, first + INNER * MAPS, first + INNER * MAPS + MAPS]
    for (let map = 0; map < MAPS; map++) {
      const at = block * MAPS + map
      if (output[at] === 0) continue // ReLU lets nothing through
      for (const place of places) {
        if (input[place + map] !== output[at]) continue
        toInput[place + map] = toOutput[at]
        break
      }
    }
  }
  return toInput
}

function convolveBack(
  input: Float32Array,
  geometry: Geometry,
  { kernel }: Layer,
  toOutput: Float32Array,
  { kernel: toKernel, bias: toBias }: Layer,
  toInput: Float32Array,
): void {
  const size = geometry.side + 2 * geometry.padding - 2
  const window = createWindow(geometry.channels)
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      readWindow(window, input, geometry, y, x)
      const { count, values, places, weights } = window
      for (let map = 0; map < MAPS; map++) {
        const gradient = toOutput[(y * size + x) * MAPS + map]
        if (gradient === 0) continue // as three of four are after pooling
        toBias[map] += gradient
        for (let i = 0; i < count; i++) {
          const at = weights[i] + map
          toKernel[at] += values[i] * gradient
          toInput[places[i]] += kernel[at] * gradient
        }
      }
    }
  }
}

/** AdamW (Loshchilov and Hutter 2019): Adam, and a weight decay beside it. */
export function createAdamW({ values }: Parameters, weightDecay: number) {
  const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8]
  const mean = new Float32Array(values.length)
  const square = new Float32Array(values.length)
  let steps = 0

  /** One step against the gradients. */
  return function step(gradients: Float32Array, rate: number): void {
    steps++
    const [correction1, correction2] = [1 - BETA1 ** steps, 1 - BETA2 ** steps]
    for (let i = 0; i < values.length; i++) {
      mean[i] += (1 - BETA1) * (gradients[i] - mean[i])
      square[i] += (1 - BETA2) * (gradients[i] ** 2 - square[i])
      values[i] -=
        rate *
        (weightDecay * values[i] + mean[i] / correction1 / (Math.sqrt(square[i] / correction2) + EPSILON))
    }
  }
}
