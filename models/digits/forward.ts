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

export interface Layer {
  /** Row-major; the last dim is that of the outputs. */
  kernel: Float32Array
  bias: Float32Array
}

export type Weights = Readonly<Record<'conv1' | 'conv2' | 'dense' | 'out', Layer>>

const tensors = manifest.weightsManifest[0].weights
const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1)

/** How many numbers the weights are. */
export const PARAMETERS = tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0)

/** Reads tfjs/weights.bin: float32 tensors one after the other, as tfjs/model.json names them. They are views of `bytes`. */
export function readWeights(bytes: ArrayBuffer): Weights {
  const views = new Map<string, Float32Array>()
  let at = 0
  for (const { name, shape } of tensors) {
    const values = new Float32Array(bytes, at, sizeOf(shape))
    views.set(name, values)
    at += values.byteLength
  }
  if (at !== bytes.byteLength) {
    throw new Error(`The weights have ${bytes.byteLength} bytes, and ${at} are described.`)
  }
  const tensor = (name: string) => {
    const found = views.get(name)
    if (!found) throw new Error(`The weights have no tensor ${name}.`)
    return found
  }
  const layer = (name: string) => ({ kernel: tensor(`${name}/kernel`), bias: tensor(`${name}/bias`) })
  return { conv1: layer('conv1'), conv2: layer('conv2'), dense: layer('dense'), out: layer('out') }
}

/** The feature maps of an image of 8 x 8 pixels from 0 to 1, [8, 8, 16], before their dropout: the same for all samples. */
export function featureMaps({ conv1 }: Weights, image: Float32Array): Float32Array {
  return relu(convolve(image, FIRST, conv1))
}

/** The network's ten outputs from feature maps on, with the masks of `draw`; without dropout if there is no draw. */
export function logits({ conv2, dense, out }: Weights, maps: Float32Array, draw?: Draw): Float32Array {
  const kept = draw ? dropout(maps, { ...SPATIAL, ...draw }) : maps
  const convolved = relu(convolve(kept, SECOND, conv2))
  const hidden = relu(multiply(pool(convolved, SIDE - 2), dense))
  return multiply(draw ? dropout(hidden, { ...HIDDEN, ...draw }) : hidden, out)
}

export function softmax(logits: Float32Array): Float32Array {
  const largest = Math.max(...logits)
  const powers = logits.map((logit) => Math.exp(logit - largest))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}

/** A square input [side, side, channels] with that many pixels of 0 around it. */
export interface Geometry {
  side: number
  channels: number
  padding: number
}

export const FIRST: Geometry = { side: SIDE, channels: 1, padding: 1 }
export const SECOND: Geometry = { side: SIDE, channels: MAPS, padding: 0 }

/** The inputs that an output pixel of a convolution sees and that are not 0: dropped or not activated, most are. */
export function createWindow(channels: number) {
  return {
    count: 0,
    values: new Float32Array(9 * channels),
    /** Where they are in the input. */
    places: new Uint16Array(9 * channels),
    /** Where their weights begin in the kernel: one for each map. */
    weights: new Uint16Array(9 * channels),
  }
}

export function readWindow(
  window: ReturnType<typeof createWindow>,
  input: Float32Array,
  { side, channels, padding }: Geometry,
  y: number,
  x: number,
): void {
  let count = 0
  for (let tap = 0; tap < 9; tap++) {
    const row = y + Math.floor(tap / 3) - padding
    const column = x + (tap % 3) - padding
    if (row < 0 || row >= side || column < 0 || column >= side) continue
    for (let channel = 0; channel < channels; channel++) {
      const place = (row * side + column) * channels + channel
      if (input[place] === 0) continue
      window.values[count] = input[place]
      window.places[count] = place
      window.weights[count] = (tap * channels + channel) * MAPS
      count++
    }
  }
  window.count = count
}

/** A convolution with a kernel [3, 3, channels, 16]. */
export function convolve(input: Float32Array, geometry: Geometry, { kernel, bias }: Layer): Float32Array {
  const size = geometry.side + 2 * geometry.padding - 2
  const output = new Float32Array(size * size * MAPS)
  const window = createWindow(geometry.channels)
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      readWindow(window, input, geometry, y, x)
      const { count, values, weights } = window
      const at = (y * size + x) * MAPS
      // Four maps at a time, whose sums stay in registers: a quarter of the time of sums in the output.
      for (let map = 0; map < MAPS; map += 4) {
        let a = bias[map]
        let b = bias[map + 1]
        let c = bias[map + 2]
        let d = bias[map + 3]
        for (let i = 0; i < count; i++) {
          const value = values[i]
          const from = weights[i] + map
          a += value * kernel[from]
          b += value * kernel[from + 1]
          c += value * kernel[from + 2]
          d += value * kernel[from + 3]
        }
        output[at + map] = a
        output[at + map + 1] = b
        output[at + map + 2] = c
        output[at + map + 3] = d
      }
    }
  }
  return output
}

/** The largest of each 2 x 2 block of [side, side, 16]. */
export function pool(input: Float32Array, side: number): Float32Array {
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

export function multiply(input: Float32Array, { kernel, bias }: Layer): Float32Array {
  const output = Float32Array.from(bias)
  for (let i = 0; i < input.length; i++) {
    const value = input[i]
    if (value === 0) continue
    const weights = i * output.length
    for (let unit = 0; unit < output.length; unit++) output[unit] += value * kernel[weights + unit]
  }
  return output
}

export function relu(values: Float32Array): Float32Array {
  const output = new Float32Array(values.length)
  for (let i = 0; i < values.length; i++) if (values[i] > 0) output[i] = values[i]
  return output
}
