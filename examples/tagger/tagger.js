/** The tagger: its network, its training, and what it says of a sentence with dropout on. */

import corpus from 'virtual:corpus'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { Dropout, mcPredict, SpatialDropout1D } from 'noiseshape/tfjs'
import { Embedding, WithNeighbours } from './layers.js'

export const { classes, training, heldOut } = corpus
export const EPOCHS = 5
export const SAMPLES = 30
const RATE = 0.25

/** What can be dropped of the embedded sentences, a tensor of [sentences, words, channels]. */
const dropouts = {
  channels: () => new SpatialDropout1D({ rate: RATE }),
  values: () => new Dropout({ rate: RATE }),
  words: () => new Dropout({ rate: RATE, noiseShape: [null, null, 1] }),
}

const [PADDING, UNKNOWN] = [0, 1]
const counts = new Map()
for (const word of training.flatMap(({ words }) => words)) counts.set(word, (counts.get(word) ?? 0) + 1)
/** A word that the training sentences have only once is unknown, so that the tagger learns what new words may be. */
const known = [...counts.keys()].filter((word) => counts.get(word) > 1)
const numbers = new Map(known.map((word, i) => [word, UNKNOWN + 1 + i]))

export const isKnown = (word) => numbers.has(word)

/** A network for [sentences, words] of numbers, that gives the probability of each class for each word. */
export function createTagger(dropped) {
  const model = sequential({
    layers: [
      new Embedding({ words: UNKNOWN + 1 + numbers.size, channels: 24, inputShape: [null] }),
      dropouts[dropped](),
      new WithNeighbours({}),
      layers.dense({ units: 32, activation: 'relu' }), // with the layer before it, a convolution over 3 words
      layers.dense({ units: classes.length, activation: 'softmax' }),
    ],
  })
  model.compile({ optimizer: tf.train.adam(0.01), loss: crossEntropy })
  return model
}

/** Trains, and calls `onEpoch` after each epoch with its number, its loss, and the accuracy on held-out words. */
export async function train(model, onEpoch) {
  const [x, y, heldOutX, heldOutY] = [training, heldOut].flatMap((sentences) => [
    encode(sentences.map(({ words }) => words)),
    encodeClasses(sentences.map(({ classes }) => classes)),
  ])
  await model.fit(x, y, {
    epochs: EPOCHS,
    batchSize: 32,
    callbacks: {
      async onEpochEnd(epoch, { loss }) {
        const accuracy = tf.tidy(() => rightShare(heldOutY, model.predict(heldOutX)))
        onEpoch(epoch, loss, (await accuracy.data())[0])
        accuracy.dispose()
      },
    },
  })
  tf.dispose([x, y, heldOutX, heldOutY])
}

/** What the tagger says of each word of some sentences, when it reads them `SAMPLES` times with dropout on. */
export async function tag(model, sentences) {
  const x = encode(sentences)
  const options = { samples: SAMPLES, seed: 1, outputs: 'probabilities', batchSize: sentences.length }
  const prediction = await mcPredict(model, x, options)
  const [mean, mutualInformation] = await Promise.all([
    prediction.mean.array(),
    prediction.mutualInformation.array(),
  ])
  tf.dispose([x, prediction])
  return sentences.map((words, row) =>
    words.map((word, column) => {
      const probability = Math.max(...mean[row][column])
      const best = classes[mean[row][column].indexOf(probability)]
      return { word, class: best, probability, mutualInformation: mutualInformation[row][column] }
    }),
  )
}

/** Words as a tensor of [sentences, words]: their numbers, and padding behind each sentence. */
function encode(sentences) {
  return pad(sentences, (word) => numbers.get(word) ?? UNKNOWN, PADDING)
}

/** Classes as a tensor of [sentences, words, classes]: a 1 for the class of a word, and none for padding. */
function encodeClasses(sentences) {
  return tf.tidy(() => oneHot(pad(sentences, (name) => classes.indexOf(name), -1)))
}

function pad(sentences, toNumber, padding) {
  const length = 1 + Math.max(...sentences.map((sentence) => sentence.length))
  const rows = sentences.map((sentence) => [
    ...sentence.map(toNumber),
    ...Array(length - sentence.length).fill(padding),
  ])
  return tf.tensor(rows, [sentences.length, length], 'int32')
}

function oneHot(numbers) {
  return tf.oneHot(numbers, classes.length, 1, 0, 'float32')
}

/** The mean over all words of -log of the probability of their class. Padding, where `truth` has no 1, does not count. */
function crossEntropy(truth, guess) {
  return perWord(tf.neg(tf.mul(truth, tf.log(tf.maximum(guess, 1e-7)))), truth)
}

/** The share of the words whose most probable class is theirs. */
function rightShare(truth, guess) {
  return perWord(tf.mul(truth, oneHot(tf.argMax(guess, -1))), truth)
}

function perWord(values, truth) {
  return tf.div(tf.sum(values), tf.sum(truth))
}
