/**
 * What is customary: families of architectures, recognised by the names of the modules in a block, with the dropout that
 * their source code has. Where a file records no names, none of this applies.
 */

import type { NodeProto } from 'onnx-buf'
import type { GraphView } from './graph-view.js'
import type { Role } from './place.js'

/** The rate of each role where the source code has a dropout; null where it has none; what is left out is not known. */
export interface Family {
  name: string
  rates: Partial<Record<Role, number | null>>
  /** Residual branches that end without dropout, by the name of their last module. */
  withoutDropout?: RegExp | undefined
}

interface Signature extends Family {
  /** Names that a block must have, each by a pattern over its inner module paths, joined by spaces. */
  has: readonly RegExp[]
}

/** A module path as a word of a block's list. */
const path = (name: string) => new RegExp(`(^| )${name}( |$)`)

/**
 * The rates are the defaults of the libraries' configurations (transformers 4 and 5, timm 1, torchvision 0.2x, torch 2);
 * where a default is 0 but the module has a Dropout, the rate that its papers train with.
 */
const FAMILIES: readonly Signature[] = [
  {
    name: 'ALBERT of transformers',
    has: [/albert_layers/, path('ffn_output')],
    rates: { attention: 0.1, residual: 0.1, embedding: 0.1, 'feed-forward': null },
    withoutDropout: /ffn_output$/,
  },
  {
    name: 'DistilBERT of transformers',
    has: [path('ffn\\.lin1'), path('ffn\\.lin2')],
    rates: { attention: 0.1, residual: 0.1, embedding: 0.1, 'feed-forward': null },
    withoutDropout: /out_lin$/,
  },
  {
    name: 'T5 of transformers',
    has: [/SelfAttention\.q/, /Dense\w*\.wo/],
    rates: { attention: 0.1, residual: 0.1, embedding: 0.1, 'feed-forward': 0.1 },
  },
  {
    name: 'GPT-2 of transformers',
    has: [/attn\.c_proj/, path('mlp\\.c_proj')],
    rates: { attention: 0.1, residual: 0.1, embedding: 0.1, 'feed-forward': null },
  },
  {
    name: 'wav2vec 2.0 of transformers',
    has: [path('feed_forward\\.intermediate_dense'), path('feed_forward\\.output_dense')],
    rates: { attention: 0.1, residual: 0.1, embedding: 0.1, 'feed-forward': 0.1, classifier: 0.1 },
  },
  {
    name: 'OPT of transformers',
    has: [/(^| )(OPT)/, path('self_attn\\.out_proj')],
    rates: { attention: 0.1, residual: 0.1, embedding: null, 'feed-forward': null },
  },
  {
    name: 'BART and its relatives of transformers',
    has: [path('self_attn\\.out_proj'), path('fc1'), path('fc2')],
    rates: { attention: 0.1, residual: 0.1, embedding: 0.1, 'feed-forward': 0.1 },
  },
  {
    name: 'CLIP of transformers',
    has: [path('self_attn\\.out_proj'), path('mlp\\.fc1')],
    rates: { residual: null, embedding: null, 'feed-forward': null },
  },
  {
    name: 'a language model trained without dropout',
    has: [/\.o_proj/, path('mlp\\.gate_proj')],
    rates: { attention: null, residual: null, embedding: null, 'feed-forward': null },
  },
  {
    name: 'BERT and its relatives of transformers',
    has: [/attention\.(self|attn|attention)/, path('intermediate\\.dense'), path('output\\.dense')],
    rates: { attention: 0.1, residual: 0.1, embedding: 0.1, 'feed-forward': null },
  },
  {
    name: 'ViT of transformers',
    has: [/attention\.(q_proj|o_proj)/, path('mlp\\.fc1'), path('layernorm_before')],
    rates: { attention: 0.1, residual: 0.1, embedding: 0.1, 'feed-forward': null },
  },
  {
    name: 'a transformer layer of torch.nn',
    has: [path('linear1'), path('linear2'), path('self_attn')],
    rates: { attention: 0.1, residual: 0.1, 'feed-forward': 0.1 },
  },
  {
    name: 'ViT of torchvision',
    has: [path('self_attention'), path('mlp\\.3')],
    rates: { attention: 0.1, residual: 0.1, embedding: 0.1, 'feed-forward': 0.1 },
  },
  {
    name: 'Swin of torchvision',
    has: [path('attn'), path('mlp\\.3')],
    rates: { attention: 0.1, residual: 0.1, 'feed-forward': 0.1, embedding: null },
  },
  {
    name: 'a transformer of timm',
    has: [/(^| )attn\.proj/, path('mlp\\.fc1'), path('mlp\\.act')],
    rates: { residual: 0.1, 'feed-forward': 0.1 },
  },
  {
    name: 'a mixer of timm',
    has: [/mlp_channels\.fc1/, /mlp_channels\.act/],
    rates: { residual: 0.1, 'feed-forward': 0.1 },
  },
]

/** Finds the family of the block that a node belongs to. */
export function familyFinder(view: GraphView): (node: NodeProto | undefined) => Family | undefined {
  const inner = innerPaths(view)
  const known = new Map<string, Family | undefined>()
  return (node) => {
    const own = node && view.module(node).path
    if (!own) return undefined
    for (const depth of blockDepths(own)) {
      const block = own.slice(0, depth).join('.')
      if (!known.has(block)) {
        const words = inner.get(block) ?? ''
        known.set(
          block,
          FAMILIES.find(({ has }) => has.every((pattern) => pattern.test(words))),
        )
      }
      const family = known.get(block)
      if (family) return family
    }
    return undefined
  }
}

/** How much of a path may be its block: up to its last number, the number before, ... */
function blockDepths(own: readonly string[]): number[] {
  return own.flatMap((part, i) => (/\d$/.test(part) ? [i + 1] : [])).reverse()
}

/** For each numbered module, the paths of the modules inside, joined by spaces. */
function innerPaths(view: GraphView): ReadonlyMap<string, string> {
  const inner = new Map<string, Set<string>>()
  for (const node of view.nodes) {
    const { path: own, classes } = view.module(node)
    for (const depth of own ? blockDepths(own) : []) {
      const block = (own ?? []).slice(0, depth).join('.')
      const words = inner.get(block) ?? new Set()
      inner.set(block, words)
      words.add((own ?? []).slice(depth).join('.'))
      for (const name of classes) words.add(name.split('.').at(-1) ?? '')
    }
  }
  return new Map([...inner].map(([block, words]) => [block, [...words].join(' ')]))
}
