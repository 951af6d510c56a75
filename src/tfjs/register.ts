/** Registers the layers for loading models, and seeds the layers of existing models. */

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
 * Seeds all dropout layers of a model, including nested ones, and restarts their masks; the n-th layer gets stream n.
 * Two models with the same architecture then draw the same masks.
 */
export function seedDropout(model: Layer, seed: number): void {
  const found = new Set<NoiseLayer>()
  collect(model, found)
  let stream = 0
  for (const layer of found) layer.reseed(seed, stream++)
}

/** Models keep their layers in `layers`, wrappers in `layer`, and Bidirectional in two properties. */
function collect(layer: Layer, found: Set<NoiseLayer>): void {
  if (layer instanceof NoiseLayer) found.add(layer)
  const holder = layer as Layer &
    Partial<Record<'layer' | 'forwardLayer' | 'backwardLayer', Layer>> & { layers?: Layer[] }
  const inner = [...(holder.layers ?? []), holder.layer, holder.forwardLayer, holder.backwardLayer]
  for (const next of inner) if (next) collect(next, found)
}
