/** A sentiment model of transformers.js with its dropout on. */

import { AutoConfig, AutoTokenizer, env } from '@huggingface/transformers'
import { createMonteCarloSession, lastPoint, suggestPoints } from 'noiseshape/onnx'
import * as ort from 'onnxruntime-web/webgpu'

/** The folder of the model. README.md says the line for one of the hub. */
const MODEL = new URL('model/', location.href).href

export const SAMPLES = 100

// Two copies of ONNX Runtime would not share a GPU device, and their calls would not wait for each other.
if (env.backends.onnx.wasm !== ort.env.wasm) {
  throw new Error(
    'transformers.js has another copy of onnxruntime-web: give package.json the version that it asks for.',
  )
}
ort.env.wasm.wasmPaths = undefined // transformers.js names a CDN; without it, the file that Vite has bundled
env.remoteHost = MODEL
env.remotePathTemplate = ''
env.useBrowserCache = false // the browser's own is enough, and notices a model that was trained again

const [tokenizer, config, bytes] = await Promise.all([
  AutoTokenizer.from_pretrained('model'),
  AutoConfig.from_pretrained('model'),
  fetch(`${MODEL}onnx/model.onnx`).then((response) => {
    if (!response.ok) throw new Error(`${response.url}: ${response.status}`)
    return response.arrayBuffer()
  }),
])

/** Where dropout can happen: in all the places that training had, or only before the last layer. */
const places = { all: suggestPoints, last: lastPoint }

/** Opens the model with dropout in some places, at the rates of its configuration. */
export function open(where) {
  return createMonteCarloSession(ort, bytes, { points: (model) => places[where](model, { config }) })
}

/** Reads a text `SAMPLES` times. Gives the probability that it is positive, for each sample and in the mean. */
export async function classify(session, text) {
  const { input_ids, attention_mask } = tokenizer(text, { truncation: true })
  const feeds = Object.fromEntries(
    Object.entries({ input_ids, attention_mask }).map(([name, { type, data, dims }]) => [
      name,
      new ort.Tensor(type, data, dims), // that of transformers.js is of another class
    ]),
  )
  const options = { samples: SAMPLES, seed: 1, outputs: 'logits', keepSamples: true }
  const { mean, mutualInformation, keptSamples } = await session.predict(feeds, options)
  const positive = Array.from({ length: SAMPLES }, (_, i) => {
    const [no, yes] = keptSamples.subarray(2 * i, 2 * i + 2)
    return 1 / (1 + Math.exp(no - yes)) // softmax of two logits
  })
  const pieces = tokenizer.tokenize(text)
  return { mean: mean[1], mutualInformation: mutualInformation[0], positive, pieces }
}
