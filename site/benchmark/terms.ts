/** What the page's words mean: shown where they are first used. By the names of bench/; README.md there says more. */

import { cases } from '../../bench/cases.js'
import { allPeers } from '../../bench/peers/all.js'
import { make } from '../shared/elements.js'

export type Term = readonly [term: string, meaning: string]

export const words: readonly Term[] = [
  [
    'copy baseline',
    'The time that a copy of the same tensor takes: on a GPU the fastest of twelve copy kernels, on the CPU TypedArray.set. Dropout reads and writes every value as a copy does, so it cannot be much faster.',
  ],
  [
    'times the copy',
    'The time of one call divided by the time of the copy baseline in the same run: 1× is the speed of a copy, and lower is better. Forward and backward together are compared with two copies.',
  ],
  [
    'ms',
    'Milliseconds of one call: the median of several batches. Other work on the machine changes it more than it changes a ratio.',
  ],
  ['±', 'Half the interquartile range of the batches, relative to their median: how far they disagree.'],
  [
    'GB/s',
    'Billions of bytes read and written in a second. Four bytes read and four written are counted for each element, whatever a library really moves.',
  ],
  ['noise cell', 'One coin flip. The elements that share a noise cell are kept or dropped together.'],
  ['noise shape', 'The shape of the noise cells: where it is 1, all elements along that axis share them.'],
  ['rate', 'The probability that a noise cell is dropped.'],
  [
    'cold start',
    'From createEngine to the first result of a [32, 768] tensor, with a new engine each time, in a browser whose GPU process already runs.',
  ],
]

/** What a sentence calls it, and what one call of it is. */
const peers: Record<string, { name: string; about: string }> = {
  noiseshape: { name: 'noiseshape', about: 'op.encode: both GPU passes. Each call draws a new mask.' },
  'noiseshape-mask': { name: 'the mask pass', about: 'The first pass alone: it draws the mask.' },
  'noiseshape-apply': {
    name: 'the apply pass',
    about: 'The second pass alone: it applies a mask that was drawn before.',
  },
  'noiseshape-forward-backward': {
    name: 'forward and backward',
    about: 'encode, and encode again with reuseMask: a training step. Compared with two copies.',
  },
  'copy-buffer-to-buffer': {
    name: 'copyBufferToBuffer',
    about: "The driver's own copy. No kernel could compute on the way, so it is not the baseline.",
  },
  'hash-kernel': {
    name: 'a hand-written kernel',
    about: 'One pass as in many blog posts: a pcg hash and a comparison for each element, without a mask.',
  },
  'tensorflow-webgpu': {
    name: 'TensorFlow.js',
    about: 'tf.dropout on the webgpu backend. It draws its masks on the CPU and uploads them.',
  },
  'jax-js': {
    name: 'jax-js',
    about: 'where(bernoulli(...), x * scale, 0), compiled by jit. Each call has a new key.',
  },
  'onnxruntime-web': {
    name: 'ONNX Runtime Web',
    about:
      'Its WebGPU provider has no dropout kernel: noise from Math.random(), uploaded, and a Mul of tensors on the GPU.',
  },
  'typed-array-slice': {
    name: 'TypedArray.slice',
    about: 'A copy into a new array, as every function that returns one must make.',
  },
  'noiseshape-cpu': {
    name: 'noiseshape/cpu',
    about: 'dropout of noiseshape/cpu, which returns a new array each time.',
  },
  'noiseshape-cpu-output': {
    name: 'noiseshape/cpu',
    about: 'The same with the option output: into one array, as the baseline does.',
  },
  'math-random': {
    name: 'a plain loop with Math.random()',
    about: 'The loop that anyone would write, into an existing array. It cannot be seeded.',
  },
  'tensorflow-cpu': { name: 'TensorFlow.js', about: 'tf.dropout on the cpu backend.' },
  'tensorflow-wasm': { name: 'TensorFlow.js on wasm', about: 'tf.dropout on the wasm backend.' },
  'noiseshape-tensorflow-wasm': {
    name: 'noiseshape/tfjs',
    about: 'dropout of noiseshape/tfjs on the wasm backend of TensorFlow.js, on tensors in its memory.',
  },
  'jax-js-wasm': { name: 'jax-js on wasm', about: 'The same as jax-js, on its wasm backend.' },
  'onnxruntime-wasm': {
    name: 'ONNX Runtime Web on wasm',
    about: 'Noise from Math.random(), and a Mul by its wasm provider.',
  },
  'noiseshape-onnx': {
    name: 'noiseshape/onnx',
    about: 'predict of createMonteCarloSession, on WebGPU in ONNX Runtime Web.',
  },
  'noiseshape-tfjs': { name: 'noiseshape/tfjs', about: 'mcPredict, on the webgpu backend of TensorFlow.js.' },
  'tensorflow-training': {
    name: 'TensorFlow.js',
    about: 'model.apply(x, { training: true }) once for each sample, with its own layers and statistics.',
  },
  'onnxruntime-host-noise': {
    name: 'ONNX Runtime Web with host noise',
    about: 'Each sample draws its noise with Math.random(), uploads it and reads the logits back.',
  },
  'noiseshape-onnx-wasm': {
    name: 'noiseshape/onnx',
    about: 'predict of createMonteCarloSession, on wasm in ONNX Runtime Web.',
  },
  'one-run-wasm': {
    name: 'one run without dropout',
    about: 'The same network without its dropout, run once: what a prediction without uncertainty costs.',
  },
  'onnxruntime-host-noise-wasm': {
    name: 'ONNX Runtime Web with host noise',
    about: 'One run for each sample, with noise from Math.random().',
  },
  'onnxruntime-batch-wasm': {
    name: 'ONNX Runtime Web with all samples in the batch',
    about: 'One run with the input repeated for each sample, and noise from Math.random().',
  },
  'onnxruntime-batch': {
    name: 'ONNX Runtime Web with all samples in the batch',
    about: 'One run with the input repeated for each sample, and noise from Math.random(), uploaded.',
  },
  'tensorflow-training-wasm': {
    name: 'TensorFlow.js',
    about: 'The same as on WebGPU, on the wasm backend.',
  },
  'noiseshape-tfjs-wasm': {
    name: 'noiseshape/tfjs',
    about: 'mcPredict, on the wasm backend of TensorFlow.js.',
  },
}

const caseTerms: Record<string, string> = {
  elementwise: 'Plain dropout: each element has a coin flip of its own.',
  spatial1d: 'One coin flip for each example and channel: the steps of a sequence share it.',
  'spatial2d-first': 'Whole feature maps are kept or dropped, channels before height and width.',
  'spatial2d-last': 'Whole feature maps are kept or dropped, channels after height and width.',
  droppath: 'Each example is kept or dropped whole, as in stochastic depth.',
  'batch-mask': 'All examples of a batch share one mask, as in Monte Carlo dropout.',
  small: 'A small tensor: what a call costs beside the work itself.',
  'monte-carlo':
    'A network with its dropout on: 100 samples, from the input to mean, variance and mutual information. A quick run takes one that reads digits.',
}

/** What a sentence calls a network, and what it is. */
const networks: Record<string, { name: string; about: string }> = {
  'digits 1': { name: '1 digit', about: 'The digits network with one image' },
  'digits 32': { name: '32 digits', about: 'The digits network with a batch of 32 images' },
  mobilenet: {
    name: 'a MobileNetV2',
    about:
      'MobileNetV2 with random weights and an image of 224 pixels a side: it drops before the classifier only',
  },
  'bert-head': {
    name: 'a small BERT that drops before the classifier',
    about: 'A BERT of 4 layers with random weights and 64 tokens: it drops before the classifier only',
  },
  bert: {
    name: 'a small BERT with all its dropout',
    about: 'A BERT of 4 layers with random weights and 64 tokens, with all of its dropout',
  },
}

const GROWTH = 'Plain dropout of that many elements: the curve of time over size.'

/** How a sentence names a peer: up to the first comma of its title, if nothing better is known. */
export function nameOf({ name, title }: { name: string; title: string }): string {
  return peers[name]?.name ?? title.split(',')[0]
}

export function aboutPeer(name: string): string | undefined {
  return peers[name]?.about
}

export function nameOfNetwork(network: string): string {
  return networks[network]?.name ?? network
}

export function aboutNetwork(network: string): string | undefined {
  return networks[network]?.about
}

export function aboutCase(name: string): string | undefined {
  return name.startsWith('sweep-') ? GROWTH : caseTerms[name]
}

/** Every case and peer that can be chosen, in the order of the choices. */
export function choiceTerms(): Term[] {
  const term = ({ title }: { title: string }, about?: string): Term[] =>
    about ? [[title, about] as const] : []
  return [
    ...cases.filter((one) => one.task || !one.sweep).flatMap((one) => term(one, aboutCase(one.name))),
    ['Growth', GROWTH],
    ...allPeers.flatMap((peer) => term(peer, aboutPeer(peer.name))),
  ]
}

export function definitions(terms: readonly Term[]): Element {
  return make(
    'dl',
    { className: 'definitions' },
    terms.map(([term, meaning]) =>
      make('div', {}, [make('dt', { textContent: term }), make('dd', { textContent: meaning })]),
    ),
  )
}

/** Behind a line that opens it. */
export function explained(summary: string, terms: readonly Term[]): Element {
  return make('details', { className: 'terms' }, [
    make('summary', { textContent: summary }),
    definitions(terms),
  ])
}
