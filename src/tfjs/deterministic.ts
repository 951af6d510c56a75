/** Which layers give the same output for the same input in every sample. */

import type { layers } from '@tensorflow/tfjs-layers'
import { walk } from './model.js'
import { NoiseLayer } from './noise-layer.js'

type Layer = layers.Layer

/**
 * TensorFlow.js' own classes (4.22) that `predict` runs without randomness: GaussianNoise is only on in training. Any other
 * class may be random, a user's own dropout for example, and so may an RNN whose cell is the user's.
 */
const CLASSES = new Set(
  `Model Functional Sequential InputLayer Bidirectional TimeDistributed
  Dense Activation ELU LeakyReLU PReLU ReLU Softmax ThresholdedReLU
  Conv1D Conv2D Conv2DTranspose Conv3D Conv3DTranspose DepthwiseConv2D SeparableConv2D
  AveragePooling1D AveragePooling2D AveragePooling3D GlobalAveragePooling1D GlobalAveragePooling2D
  MaxPooling1D MaxPooling2D MaxPooling3D GlobalMaxPooling1D GlobalMaxPooling2D
  Cropping2D ZeroPadding2D UpSampling2D Flatten Permute RepeatVector Reshape
  Add Average Concatenate Dot Maximum Minimum Multiply
  BatchNormalization LayerNormalization GaussianNoise Embedding Masking
  SimpleRNN GRU LSTM ConvLSTM2D
  CategoryEncoding CenterCrop Rescaling Resizing`.split(/\s+/),
)

/** These make masks from values; the others of TensorFlow.js pass on or combine the masks of their inputs. */
const MASKING = new Set(['Embedding', 'Masking'])

/** Methods that users replace on a layer, for example to run it in training mode. */
const METHODS = ['apply', 'call', 'predict']

/** Whether a layer is of a class above and does what that class does. */
export function isKnown(layer: Layer): boolean {
  return (
    !(layer instanceof NoiseLayer) &&
    CLASSES.has(layer.getClassName()) &&
    METHODS.every((method) => !Object.hasOwn(layer, method))
  )
}

/** Whether a layer, with all layers inside it, has no randomness in `predict` and no state. */
export function isDeterministic(layer: Layer): boolean {
  return [...walk(layer)].every((inner) => isKnown(inner) && !inner.stateful)
}

/** Whether a layer may make a mask from the values of its input. */
export function makesMasks(layer: Layer): boolean {
  if (layer instanceof NoiseLayer) return false
  return MASKING.has(layer.getClassName()) || (!isKnown(layer) && layer.supportsMasking)
}
