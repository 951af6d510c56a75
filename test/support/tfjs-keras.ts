/** Keras models as TensorFlow.js gets them. */

import * as tfl from '@tensorflow/tfjs-layers'

export interface KerasModel {
  class_name: string
  config: {
    name: string
    layers: ({ class_name: string; config: Record<string, unknown> } & Record<string, unknown>)[]
  }
}

/** A topology as `tf.keras.Model.to_json` (Keras 2) writes it and tensorflowjs_converter passes it on. */
export function keras2(
  shape: readonly number[],
  className: string,
  config: object,
  more: KerasModel['config']['layers'] = [],
): KerasModel & { keras_version: string; backend: string } {
  return {
    class_name: 'Sequential',
    config: {
      name: 'sequential',
      layers: [
        {
          class_name: 'InputLayer',
          config: {
            batch_input_shape: [null, ...shape],
            dtype: 'float32',
            sparse: false,
            ragged: false,
            name: 'input_1',
          },
        },
        { class_name: className, config: { name: 'drop', trainable: true, dtype: 'float32', ...config } },
        ...more,
      ],
    },
    keras_version: '2.13.1',
    backend: 'tensorflow',
  }
}

export function load(topology: object): Promise<tfl.LayersModel> {
  return tfl.models.modelFromJSON(structuredClone(topology) as tfl.ModelAndWeightsConfig)
}
