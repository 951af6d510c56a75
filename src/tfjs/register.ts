/** Registers the layers for loading models, and seeds the layers of existing models. */

import { serialization } from '@tensorflow/tfjs-core'
import type { layers } from '@tensorflow/tfjs-layers'
import { reject } from '../validation.js'
import {
  Dropout,
  DropPath,
  FixedDropout,
  SpatialDropout1D,
  SpatialDropout2D,
  SpatialDropout3D,
  StochasticDepth,
} from './layers.js'
import { readLayer, USE_OURS, walk } from './model.js'
import { NoiseLayer, readLayerSeed } from './noise-layer.js'

type Layer = layers.Layer

const CLASSES = [
  Dropout,
  SpatialDropout1D,
  SpatialDropout2D,
  SpatialDropout3D,
  FixedDropout,
  StochasticDepth,
  DropPath,
]

/** Package prefixes that Keras writes before registered class names, as TensorFlow.js spells them on loading. */
const PACKAGES = ['Custom', 'kerasCv', 'Addons']

/**
 * Makes TensorFlow.js use these layers when it loads a model with their class names (tf.loadLayersModel,
 * tf.models.modelFromJSON), instead of its own Dropout and SpatialDropout1D. tf.layers.dropout still creates
 * TensorFlow.js' own layer. It may be called more than once.
 */
export function registerLayers(): void {
  const { classNameMap } = serialization.SerializationMap.getMap()
  for (const Class of CLASSES) {
    serialization.registerClass(Class)
    for (const name of PACKAGES) classNameMap[`${name}>${Class.className}`] = classNameMap[Class.className]
  }
}

/**
 * Seeds all dropout layers of this package in a model, including nested ones, and restarts their masks; the n-th layer
 * gets stream n. Two models with the same architecture then draw the same masks. TensorFlow.js' own dropout layers are
 * not seeded.
 *
 * @param model a model or layer with at least one dropout layer of this package
 * @param seed a safe integer; a negative one is taken as its 64-bit two's complement
 * @throws RangeError if no layer is of this package, or for a seed outside its range; TypeError for a wrong type
 */
export function seedDropout(model: Layer, seed: number): void {
  const layers = [...walk(readLayer(model))]
  const checked = readLayerSeed(seed, 'Pass a number, e.g. seedDropout(model, 42)')
  const found = new Set(layers.filter((layer) => layer instanceof NoiseLayer))
  if (found.size === 0) {
    const name = `the number of noiseshape's dropout layers in '${model.name}'`
    reject(RangeError, name, 0, 'seedDropout needs at least one', USE_OURS)
  }
  let stream = 0
  for (const layer of found) layer.reseed(checked, stream++)
}
