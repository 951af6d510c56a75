/** What is read of a model: that it is one, its layers, and which of its dropout layers are TensorFlow.js' own. */

import type { LayersModel, layers } from '@tensorflow/tfjs-layers'
import { reject } from '../validation.js'
import { NoiseLayer } from './noise-layer.js'

type Layer = layers.Layer

export const USE_OURS =
  'Call registerLayers() before the model is loaded, or build it with layers of noiseshape/tfjs'

const MODEL_REMEDY = 'Pass e.g. what tf.sequential() or await tf.loadLayersModel() gives'

/** Reads a layer or a model. */
export function readLayer(model: Layer): Layer {
  if (typeof model?.getClassName !== 'function') {
    reject(TypeError, 'model', model, 'it must be a LayersModel or a layer', MODEL_REMEDY)
  }
  return model
}

/** Reads a model in which every dropout layer is of this package. */
export function readModel(model: LayersModel): LayersModel {
  if (isGraphModel(model)) {
    const rule = 'it is a graph model, from which the converter has removed all dropout'
    const remedy =
      'Convert the model to ONNX, e.g. python -m tf2onnx.convert --saved-model DIR --output model.onnx, and open that with createMonteCarloSession of noiseshape/onnx, which can put dropout in by the names of tensors'
    reject(TypeError, 'model', model, rule, remedy)
  }
  if (typeof model?.predict !== 'function' || !Array.isArray(model.layers)) {
    reject(TypeError, 'model', model, 'it must be a LayersModel', MODEL_REMEDY)
  }
  for (const layer of walk(model)) {
    const remedy = REMEDIES[layer.getClassName()]
    if (layer instanceof NoiseLayer || !remedy || (layer as Layer & { rate?: number }).rate === 0) continue
    const rule =
      "this layer is TensorFlow.js' own, which mcPredict cannot turn on: its noise cannot be repeated"
    reject(RangeError, `the class of layer '${layer.name}'`, layer.getClassName(), rule, remedy)
  }
  return model
}

/** TensorFlow.js' own dropout layers, and what to do about them. */
const REMEDIES: Partial<Record<string, string>> = {
  Dropout: USE_OURS,
  SpatialDropout1D: USE_OURS,
  GaussianDropout: 'Use Dropout of noiseshape/tfjs in its place',
  AlphaDropout: 'Use Dropout of noiseshape/tfjs in its place',
}

/** What `tf.loadGraphModel` gives: a graph to execute, and no layers. */
function isGraphModel(model: unknown): boolean {
  return (
    typeof model === 'object' &&
    model !== null &&
    typeof Reflect.get(model, 'executeAsync') === 'function' &&
    !Array.isArray(Reflect.get(model, 'layers'))
  )
}

/** All layers of a model. Models keep theirs in `layers`, wrappers in `layer`, and Bidirectional in two properties. */
export function* walk(layer: Layer): Iterable<Layer> {
  yield layer
  const holder = layer as Layer &
    Partial<Record<'layer' | 'forwardLayer' | 'backwardLayer', Layer>> & { layers?: Layer[] }
  const inner = [...(holder.layers ?? []), holder.layer, holder.forwardLayer, holder.backwardLayer]
  for (const next of inner) if (next) yield* walk(next)
}
