/**
 * The forward pass of the digits network in plain JavaScript: 90,000 multiplications a sample, so there is nothing to
 * load but its 40 kB of weights. Tensors are channels last, as the weights of tfjs/ are.
 */

import { dropout } from 'noiseshape/cpu'
import { SIDE } from './digits.js'
import manifest from './tfjs/model.json'

export const CLASSES = 10
export const MAPS = 16
export const UNITS = 48

/**
 * The network's two dropouts. Their streams are those that an ONNX session of the same points uses, and with one image
 * [1, 8, 8, 16] has the noise cells of [1, 16, 8, 8] in the same order, so both drop the same.
 */
export const SPATIAL = {
  shape: [1, SIDE, SIDE, MAPS],
  noiseShape: [null, 1, 1, null],
  rate: 0.25,
  stream: 0,
}
export const HIDDEN = { shape: [1, UNITS], rate: 0.5, stream: 1 }

/** What selects the masks of a sample. */
export interface Draw {
  seed: number | bigint
  step: number
}

interface Layer {
  /** Row-major; the last dim is that of the outputs. */
  kernel: Float32Array
  bias: Float32Array
}

export type Weights = Readonly<Record<'conv1' | 'conv2' | 'dense' | 'out', Layer>>

/** Reads tfjs/weights.bin: float32 tensors one after the other, as tfjs/model.json names them. */
export function readWeights(bytes: ArrayBuffer): Weights {
  const tensors = new Map<string, Float32Array>()
  let at = 0
  for (const { name, shape } of manifest.weightsManifest[0].weights) {
    const values = new Float32Array(
      bytes,
      at,
      shape.reduce((product, size) => product * size, 1),
    )
    tensors.set(name, values)
    at += values.byteLength
  }
  if (at !== bytes.byteLength) {
    throw new Error(`The weights have ${bytes.byteLength} bytes, and ${at} are described.`)
  }
  const tensor = (name: string) => {
    const found = tensors.get(name)
    if (!found) throw new Error(`The weights have no tensor ${name}.`)
    return found
  }
  const layer = (name: string) => ({ kernel: tensor(`${name}/kernel`), bias: tensor(`${name}/bias`) })
  return { conv1: layer('conv1'), conv2: layer('conv2'), dense: layer('dense'), out: layer('out') }
}

/** The feature maps of an image of 8 x 8 pixels from 0 to 1, [8, 8, 16], before their dropout: the same for all samples. */
export function featureMaps({ conv1 }: Weights, image: Float32Array): Float32Array {
  return relu(convolve(image, { side: SIDE, channels: 1, padding: 1 }, conv1))
}

/** The network's ten outputs from feature maps on, with the masks of `draw`; without dropout if there is no draw. */
export function logits({ conv2, dense, out }: Weights, maps: Float32Array, draw?: Draw): Float32Array {
  const kept = draw ? dropout(maps, { ...SPATIAL, ...draw }) : maps
  const convolved = relu(convolve(kept, { side: SIDE, channels: MAPS, padding: 0 }, conv2))
  const hidden = relu(multiply(pool(convolved, SIDE - 2), dense))
  return multiply(draw ? dropout(hidden, { ...HIDDEN, ...draw }) : hidden, out)
}

export function softmax(logits: Float32Array): Float32Array {
  const largest = Math.max(...logits)
  const powers = logits.map((logit) => Math.exp(logit - largest))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}

/** A convolution with a kernel [3, 3, channels, 16] over a square input [side, side, channels]. */
function convolve(
  input: Float32Array,
  { side, channels, padding }: { side: number; channels: number; padding: number },
  { kernel, bias }: Layer,
): Float32Array {
  const size = side + 2 * padding - 2
  const output = new Float32Array(size * size * MAPS)
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const at = (y * size + x) * MAPS
      output.set(bias, at)
      for (let tap = 0; tap < 9; tap++) {
        const row = y + Math.floor(tap / 3) - padding
        const column = x + (tap % 3) - padding
        if (row < 0 || row >= side || column < 0 || column >= side) continue
        for (let channel = 0; channel < channels; channel++) {
          const value = input[(row * side + column) * channels + channel]
          if (value === 0) continue // dropped, or not activated: most are
          const weights = (tap * channels + channel) * MAPS
          for (let map = 0; map < MAPS; map++) output[at + map] += value * kernel[weights + map]
        }
      }
    }
  }
  return output
}

/** The largest of each 2 x 2 block of [side, side, 16]. */
function pool(input: Float32Array, side: number): Float32Array {
  const size = side / 2
  const output = new Float32Array(size * size * MAPS)
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      for (let map = 0; map < MAPS; map++) {
        const first = (2 * y * side + 2 * x) * MAPS + map
        const second = first + side * MAPS
        output[(y * size + x) * MAPS + map] = Math.max(
          input[first],
          input[first + MAPS],
          input[second],
          input[second + MAPS],
        )
      }
    }
  }
  return output
}

function multiply(input: Float32Array, { kernel, bias }: Layer): Float32Array {
  const output = Float32Array.from(bias)
  input.forEach((value, i) => {
    if (value === 0) return
    const weights = i * output.length
    for (let unit = 0; unit < output.length; unit++) output[unit] += value * kernel[weights + unit]
  })
  return output
}

function relu(values: Float32Array): Float32Array {
  return values.map((value) => Math.max(value, 0))
}
