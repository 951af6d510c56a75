/** The layers among TensorFlow.js' own: for the models it loads, and in the models it holds. */

import { serialization } from '@tensorflow/tfjs-core'
import type { layers } from '@tensorflow/tfjs-layers'
import {
  Dropout,
  DropPath,
  FixedDropout,
  SpatialDropout1D,
  SpatialDropout2D,
  SpatialDropout3D,
  StochasticDepth,
} from './layers.js'
import { NoiseLayer } from './noise-layer.js'

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

/** Packages whose name Keras writes before a registered class, as TensorFlow.js spells them when it reads a model. */
const PACKAGES = ['Custom', 'kerasCv', 'Addons']

/**
 * Makes TensorFlow.js use these layers for their class names when it loads a model: tf.loadLayersModel,
 * tf.models.modelFromJSON. Its own Dropout and SpatialDropout1D are replaced there; tf.layers.dropout still makes its
 * own. May be called again.
 */
export function registerLayers(): void {
  const { classNameMap } = serialization.SerializationMap.getMap()
  for (const Class of CLASSES) {
    serialization.registerClass(Class)
    for (const name of PACKAGES) classNameMap[`${name}>${Class.className}`] = classNameMap[Class.className]
  }
}

/**
 * Seeds all dropout layers of a model, nested ones too, and begins their masks anew: the n-th gets stream n. Two models
 * built alike then draw the same masks.
 */
export function seedDropout(model: Layer, seed: number): void {
  const found = new Set<NoiseLayer>()
  collect(model, found)
  let stream = 0
  for (const layer of found) layer.reseed(seed, stream++)
}

/** Models hold their layers in `layers`, wrappers theirs in `layer` or, Bidirectional, in two. */
function collect(layer: Layer, found: Set<NoiseLayer>): void {
  if (layer instanceof NoiseLayer) found.add(layer)
  const holder = layer as Layer &
    Partial<Record<'layer' | 'forwardLayer' | 'backwardLayer', Layer>> & { layers?: Layer[] }
  const inner = [...(holder.layers ?? []), holder.layer, holder.forwardLayer, holder.backwardLayer]
  for (const next of inner) if (next) collect(next, found)
}
