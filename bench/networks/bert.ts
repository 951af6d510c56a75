/**
 * A small BERT that classifies sequences (Devlin et al. 2018), with random weights and all its dropout: of the embeddings,
 * and in each layer of the attention's probabilities, its result and the feed-forward's result, and before the classifier.
 */

import { createWeights, Graph, INT64, type Weights } from './graph.js'
import type { Network } from './network.js'

const TOKENS = 64
const CLASSES = 5
const VOCABULARY = 1000
/** The name of the Dropout node before the classifier. */
const HEAD_DROPOUT = 'classifier_dropout'

const LAYERS = 4
const HIDDEN = 256
const HEADS = 4
const FEED_FORWARD = 1024
const RATE = 0.1
const EPSILON = 1e-12

/** With all its dropout, or only that before the classifier. */
export function bert(name: 'bert' | 'bert-head'): Network {
  const model = async () => toOnnx()
  return {
    name,
    rows: 1,
    classes: CLASSES,
    input: {
      name: 'ids',
      dims: [1, TOKENS],
      values: BigInt64Array.from({ length: TOKENS }, (_, i) => BigInt((i * 37) % VOCABULARY)),
    },
    ...(name === 'bert-head' && { points: [{ node: HEAD_DROPOUT }] }),
    model,
    inferenceModel: model, // a Dropout node without training_mode drops nothing
  }
}

/** From `ids` [batch, 64], int64, to `logits` [batch, 5]. */
function toOnnx(): Uint8Array<ArrayBuffer> {
  const graph = new Graph()
  const layers = layersOf(graph, createWeights(2))
  graph.scalar('ratio', RATE)
  graph.scalar('scale', 1 / Math.sqrt(HIDDEN / HEADS))
  graph.scalar('half', 0.5)
  graph.scalar('one', 1)
  graph.scalar('root', Math.SQRT1_2)
  graph.integers('heads_shape', [0, TOKENS, HEADS, HIDDEN / HEADS])
  graph.integers('hidden_shape', [0, TOKENS, HIDDEN])
  graph.integers('first', [0])

  let x = layers.embeddings()
  for (let i = 0; i < LAYERS; i++) {
    x = layers.attention(`attention${i}`, x)
    x = layers.feedForward(`feed_forward${i}`, x)
  }
  x = graph.node('Gather', 'first_token', [x, 'first'], { axis: 1n })
  x = graph.node('Flatten', 'first_row', [x])
  x = graph.node('Tanh', 'pooled', [layers.dense('pooler', x, HIDDEN, HIDDEN)])
  x = layers.dropout(HEAD_DROPOUT, x)
  x = layers.dense('logits', x, HIDDEN, CLASSES, 0.2)
  return graph.toBytes({ name: 'ids', dims: [TOKENS], type: INT64 }, { name: x, dims: [CLASSES] })
}

function layersOf(graph: Graph, weights: Weights) {
  const dense = (name: string, x: string, inputs: number, units: number, deviation = inputs ** -0.5) => {
    const kernel = graph.floats(`${name}_kernel`, [inputs, units], weights(inputs * units, deviation))
    const product = graph.node('MatMul', `${name}_product`, [x, kernel])
    return graph.node('Add', name, [product, graph.floats(`${name}_bias`, [units], weights(units, 0.1))])
  }
  const dropout = (name: string, x: string) => graph.node('Dropout', name, [x, 'ratio'])
  const normalized = (name: string, x: string) => {
    const gain = graph.floats(`${name}_gain`, [HIDDEN], new Float32Array(HIDDEN).fill(1))
    const bias = graph.floats(`${name}_bias`, [HIDDEN], new Float32Array(HIDDEN))
    return graph.node('LayerNormalization', name, [x, gain, bias], { axis: -1n, epsilon: EPSILON })
  }
  const added = (name: string, x: string, branch: string) =>
    normalized(`${name}_norm`, graph.node('Add', `${name}_sum`, [x, dropout(`${name}_dropout`, branch)]))
  return {
    dense,
    dropout,
    embeddings() {
      const table = graph.floats('words', [VOCABULARY, HIDDEN], weights(VOCABULARY * HIDDEN, 1))
      const places = graph.floats('places', [1, TOKENS, HIDDEN], weights(TOKENS * HIDDEN, 1))
      const sum = graph.node('Add', 'embedded', [graph.node('Gather', 'looked_up', [table, 'ids']), places])
      return dropout('embeddings', normalized('embeddings_norm', sum))
    },
    attention(name: string, x: string) {
      const perHead = (what: string, perm: readonly bigint[]) => {
        const all = dense(`${name}_${what}`, x, HIDDEN, HIDDEN)
        const split = graph.node('Reshape', `${name}_${what}_split`, [all, 'heads_shape'])
        return graph.node('Transpose', `${name}_${what}_heads`, [split], { perm })
      }
      const query = perHead('query', [0n, 2n, 1n, 3n])
      const key = perHead('key', [0n, 2n, 3n, 1n])
      const value = perHead('value', [0n, 2n, 1n, 3n])
      const scores = graph.node('MatMul', `${name}_scores`, [query, key])
      const scaled = graph.node('Mul', `${name}_scaled`, [scores, 'scale'])
      const soft = graph.node('Softmax', `${name}_probabilities`, [scaled], { axis: -1n })
      const mixed = graph.node('MatMul', `${name}_mixed`, [
        dropout(`${name}_probabilities_dropout`, soft),
        value,
      ])
      const back = graph.node('Transpose', `${name}_back`, [mixed], { perm: [0n, 2n, 1n, 3n] })
      const joined = graph.node('Reshape', `${name}_joined`, [back, 'hidden_shape'])
      return added(name, x, dense(`${name}_output`, joined, HIDDEN, HIDDEN))
    },
    feedForward(name: string, x: string) {
      const wide = dense(`${name}_wide`, x, HIDDEN, FEED_FORWARD)
      return added(name, x, dense(`${name}_narrow`, gelu(graph, name, wide), FEED_FORWARD, HIDDEN))
    },
  }
}

/** x / 2 (1 + erf(x / sqrt 2)), as exporters write it. */
function gelu(graph: Graph, name: string, x: string): string {
  const erf = graph.node('Erf', `${name}_erf`, [graph.node('Mul', `${name}_in`, [x, 'root'])])
  const gate = graph.node('Add', `${name}_gate`, [erf, 'one'])
  const product = graph.node('Mul', `${name}_gated`, [x, gate])
  return graph.node('Mul', `${name}_gelu`, [product, 'half'])
}
