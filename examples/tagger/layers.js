/**
 * An embedding, and the window of a convolution. TensorFlow.js has both, but their gradients are slow on its cpu backend:
 * that of its embedding goes through the whole batch once for each word of the vocabulary, and that of the weights of its
 * conv1d took three quarters of a training.
 */

import * as tf from '@tensorflow/tfjs-core'
import { initializers, layers } from '@tensorflow/tfjs-layers'

/** [sentences, words] of numbers to [sentences, words, channels]: a row of a table for each number, to be learnt. */
export class Embedding extends layers.Layer {
  static className = 'Embedding'

  constructor({ words, channels, ...config }) {
    super(config)
    this.shape = [words, channels]
  }

  build() {
    this.table = this.addWeight('table', this.shape, 'float32', initializers.randomNormal({ stddev: 0.5 }))
    this.built = true
  }

  call([numbers]) {
    const lookUp = tf.customGrad((table, save) => {
      const rows = tf.cast(numbers, 'int32')
      save([rows])
      return {
        value: tf.gather(table, rows),
        gradFunc: (dy, [rows]) => tf.scatterND(tf.expandDims(rows, -1), dy, table.shape), // adds what meets
      }
    })
    return tf.tidy(() => lookUp(this.table.read()))
  }

  computeOutputShape(shape) {
    return [...shape, this.shape[1]]
  }
}

/** [sentences, words, channels] to three times the channels: those of the word before, of the word and of the next. */
export class WithNeighbours extends layers.Layer {
  static className = 'WithNeighbours'

  call([x]) {
    return tf.tidy(() => {
      const padded = tf.pad(x, [
        [0, 0],
        [1, 1],
        [0, 0],
      ])
      return tf.concat(
        [0, 1, 2].map((first) => tf.slice(padded, [0, first, 0], x.shape)),
        -1,
      )
    })
  }

  computeOutputShape([sentences, words, channels]) {
    return [sentences, words, 3 * channels]
  }
}
