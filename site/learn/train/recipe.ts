/**
 * Trains the digits network with one variant of dropout on the maps of its first convolution, and tests it with maps
 * removed. Learning rate, batches, movement and schedule are those of the experiment with 20 seeds (experiments/).
 */

import { dropout, type NoiseShape } from 'noiseshape/cpu'
import { readDigit, SIDE, toInput } from '../../../models/digits/digits.js'
import { featureMaps, logits, MAPS, type Weights } from '../../../models/digits/forward.js'
import { createRandom, type Random } from '../random.js'
import { addGradients, createAdamW, createParameters, initialise } from './network.js'

const PIXELS = SIDE * SIDE

/** The tensor is [batch, 8, 8, 16], channels last. */
export const variants: readonly { name: string; noiseShape?: NoiseShape }[] = [
  { name: 'no dropout' },
  { name: 'Dropout', noiseShape: [null, null, null, null] },
  { name: 'SpatialDropout2D', noiseShape: [null, 1, 1, null] },
]
export const DROPOUT_RATE = 0.25
/** How many of the 16 maps are set to 0 at test time. */
export const REMOVED = 8

const BATCH = 64
const LEARNING_RATE = 3e-3
const WEIGHT_DECAY = 1e-2
/** How many sets of maps are removed for each held-out digit. */
const SETS = 2

export interface Settings {
  seed: number
  epochs: number
  /** How many of the training digits are used. */
  digits: number
}

/** A split as models/digits has it. */
export interface Split {
  labels: string
  pixels: readonly string[]
}

/** How a network does after an epoch: shares of the held-out digits that it reads right. */
export interface Progress {
  /** Index into `variants`. */
  variant: number
  epoch: number
  intact: number
  removed: number
}

/** Trains the network of a variant. Those of one seed begin with the same weights and see the same digits. */
export function* trainOne(
  variant: number,
  train: Split,
  test: Split,
  settings: Settings,
): Generator<Progress> {
  const { seed, epochs } = settings
  const { images, labels } = read(train, settings.digits)
  const heldOut = read(test)
  const sets = chooseSets(seed, heldOut.labels.length)
  const random = createRandom(seed)
  const parameters = createParameters()
  const gradients = createParameters()
  initialise(parameters, random)
  const descend = createAdamW(parameters, WEIGHT_DECAY)
  const steps = epochs * Math.ceil(labels.length / BATCH)
  let step = 0
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const order = random.shuffled(labels.length)
    for (let first = 0; first < order.length; first += BATCH) {
      const batch = order.slice(first, first + BATCH)
      gradients.values.fill(0)
      addGradients(
        parameters.layers,
        moved(images, batch, random),
        batch.map((i) => labels[i]),
        dropoutOf(variant, batch.length, { seed, step }),
        gradients.layers,
      )
      descend(gradients.values, (LEARNING_RATE / 2) * (1 + Math.cos((Math.PI * step) / steps)))
      step++
    }
    yield { variant, epoch, ...accuracy(parameters.layers, heldOut, sets) }
  }
}

/** A variant's dropout of the maps of a batch, with the library's mask for a step of training. */
export function dropoutOf(variant: number, batch: number, draw: { seed: number; step: number }) {
  const { noiseShape } = variants[variant]
  return (maps: Float32Array): Float32Array =>
    noiseShape
      ? dropout(maps, { shape: [batch, SIDE, SIDE, MAPS], noiseShape, rate: DROPOUT_RATE, ...draw })
      : maps
}

interface Digits {
  /** [digits, 8, 8], 0 to 1. */
  images: Float32Array
  labels: readonly number[]
}

function read({ labels, pixels }: Split, count = labels.length): Digits {
  return {
    images: toInput(pixels.slice(0, count).map(readDigit)),
    labels: [...labels.slice(0, count)].map(Number),
  }
}

/** The images of a batch, each moved by -1, 0 or 1 pixels both ways, as in models/digits/train.py. */
function moved(images: Float32Array, batch: readonly number[], random: Random): Float32Array {
  const output = new Float32Array(batch.length * PIXELS)
  batch.forEach((image, i) => {
    const [down, across] = [random.below(3) - 1, random.below(3) - 1]
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const [row, column] = [y + down, x + across]
        if (row < 0 || row >= SIDE || column < 0 || column >= SIDE) continue
        output[i * PIXELS + y * SIDE + x] = images[image * PIXELS + row * SIDE + column]
      }
    }
  })
  return output
}

/** For each held-out digit, the maps that are removed, several times: the same for all networks and epochs. */
export function chooseSets(seed: number, digits: number): number[][][] {
  const random = createRandom(seed + 1_000_000)
  const set = () => random.shuffled(MAPS).slice(0, REMOVED)
  return Array.from({ length: digits }, () => Array.from({ length: SETS }, set))
}

function accuracy(weights: Weights, { images, labels }: Digits, sets: readonly number[][][]) {
  let intact = 0
  let removed = 0
  labels.forEach((label, i) => {
    const isRight = (maps: Float32Array) => {
      const scores = logits(weights, maps)
      return scores.indexOf(Math.max(...scores)) === label
    }
    const maps = featureMaps(weights, images.subarray(i * PIXELS, (i + 1) * PIXELS))
    if (isRight(maps)) intact++
    for (const set of sets[i]) if (isRight(without(maps, set))) removed++
  })
  return { intact: intact / labels.length, removed: removed / labels.length / SETS }
}

/** The maps with some of them set to 0; nothing is scaled to make up for them. */
function without(maps: Float32Array, set: readonly number[]): Float32Array {
  const left = maps.slice()
  for (let pixel = 0; pixel < PIXELS; pixel++) for (const map of set) left[pixel * MAPS + map] = 0
  return left
}
