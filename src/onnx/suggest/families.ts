/**
 * Families of architectures, recognised by the names of the modules in a block, with the dropout that their source code
 * has. Where a file records no names, none of this applies.
 */

import type { Role } from './place.js'

export interface Family {
  name: string
  /**
   * Patterns over a block's own path (after 'in:') and the paths of the modules inside, joined by spaces. A block of the
   * family matches all.
   */
  has: readonly RegExp[]
  /** And does not match this. */
  lacks?: RegExp
  /**
   * The rate of each role where the source code has a dropout: 0 if it is off unless asked for, null where there is none.
   * What is left out is not known.
   */
  rates: Partial<Record<Role, number | null>>
  /** Modules that end a residual branch without dropout, by their path. */
  withoutDropout?: RegExp
  /** Modules that end a residual branch, and have the dropout behind all that they do to their output. */
  dropoutBehind?: RegExp
  /** Dense layers whose input is dropped, by their path: heads. */
  heads?: RegExp
  /** Modules in front of the first block whose output is dropped, by their path. */
  before?: RegExp
  /** Modules behind the last block whose output is dropped, by their path. */
  behind?: RegExp
}

/** A module path as a word of a block's list; a module that is called twice is called NAME_1 the second time. */
const path = (name: string) => new RegExp(`(^| )${name}(_\\d+)?( |$)`)

/** A head of this name, alone or with a hidden layer. */
const CLASSIFIER = /(^|\.)classifier(\.dense|\.out_proj)?$/

const TIMM_RATES = {
  attention: 0,
  residual: 0.1,
  embedding: 0,
  'feed-forward': 0.1,
  classifier: 0.1,
  branch: 0,
  'scaled branch': 0.1, // LayerScale came with stochastic depth (CaiT, DeiT III, BEiT)
}
const TIMM_HEAD = /(^|\.)(head|head\.fc)$/

/**
 * The rates are the defaults of the libraries' configurations (transformers 4 and 5, timm 1, torchvision 0.2x, torch 2);
 * where a default is 0 but the module has a Dropout, the rate that its papers train with.
 */
export const FAMILIES: readonly Family[] = [
  {
    name: 'ALBERT of transformers',
    has: [path('ffn'), path('ffn_output')],
    rates: { attention: 0.1, residual: 0.1, embedding: 0.1, 'feed-forward': null, classifier: 0.1 },
    withoutDropout: /ffn_output(_\d+)?$/,
    heads: CLASSIFIER,
  },
  {
    name: 'DistilBERT of transformers',
    has: [path('ffn\\.lin1'), path('ffn\\.lin2')],
    rates: { attention: 0.1, residual: 0.1, embedding: 0.1, 'feed-forward': null, classifier: 0.2 },
    withoutDropout: /out_lin$/,
    heads: /(^|\.)(classifier|qa_outputs)$/,
  },
  {
    name: 'T5 of transformers',
    has: [/SelfAttention\.q/, /Dense\w*\.wo/],
    rates: { attention: 0.1, residual: 0.1, embedding: 0.1, 'feed-forward': 0.1 },
    behind: /(^|\.)final_layer_norm$/,
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
    dropoutBehind: /(^|\.)attention$/, // WavLM computes the whole attention in one function
    heads: /(^|\.)lm_head$/,
    before: /(^|\.)(feature_projection\.projection|encoder\.layer_norm)$/,
  },
  {
    name: 'OPT of transformers',
    has: [/in:\S*decoder/, path('self_attn\\.out_proj'), path('fc1')],
    lacks: /encoder_attn/, // else the decoder of BART
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
    rates: { attention: 0, residual: null, embedding: null, 'feed-forward': null },
  },
  {
    name: 'a language model trained without dropout',
    has: [/\.o_proj/, path('mlp\\.gate_proj')],
    rates: { attention: null, residual: null, embedding: null, 'feed-forward': null },
  },
  {
    name: 'MobileBERT of transformers',
    has: [/(^| )bottleneck\.input/, /(^| )attention\.self/],
    rates: { attention: 0.1, residual: 0.1, embedding: 0.1, 'feed-forward': null, classifier: 0.1 },
    withoutDropout: /output\.dense$/,
    heads: CLASSIFIER,
  },
  {
    name: 'BLOOM of transformers',
    has: [path('self_attention\\.query_key_value'), path('self_attention\\.dense')],
    rates: { attention: 0.1, residual: 0.1, embedding: null, 'feed-forward': null },
  },
  {
    name: 'SegFormer of transformers',
    has: [/(^| )attention\.\w*(self|o_proj|q_proj)/, /(^| )mlp\.dw_?conv/],
    rates: { attention: 0.1, residual: 0.1, 'feed-forward': 0.1, embedding: null, branch: 0.1 },
  },
  {
    name: 'Swin of transformers',
    has: [/in:\S*layers\.\d+\.blocks/, path('layernorm_before')],
    rates: { attention: 0.1, residual: 0.1, embedding: 0.1, 'feed-forward': null, branch: 0.1 },
    before: /(^|\.)embeddings\.norm$/,
  },
  {
    name: 'BERT and its relatives of transformers',
    has: [/attention\.(self|attn|attention)/, path('intermediate\\.dense'), path('output\\.dense')],
    rates: { attention: 0.1, residual: 0.1, embedding: 0.1, 'feed-forward': null, classifier: 0.1 },
    heads: CLASSIFIER,
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
    dropoutBehind: /(^|\.)(self_attn|multihead_attn)$/,
  },
  {
    name: 'ViT of torchvision',
    has: [path('self_attention'), path('mlp\\.3')],
    rates: { attention: 0.1, residual: 0.1, embedding: 0.1, 'feed-forward': 0.1 },
    dropoutBehind: /(^|\.)self_attention$/,
  },
  {
    name: 'Swin of torchvision',
    has: [path('attn'), path('mlp\\.3')],
    rates: { attention: 0.1, residual: 0.1, 'feed-forward': 0.1, embedding: null, branch: 0.2 },
  },
  {
    name: 'MaxViT of torchvision',
    has: [/window_attention\.attn_layer/, /grid_attention\.attn_layer/],
    rates: { attention: null, residual: null, embedding: null, 'feed-forward': null, branch: 0.2 },
  },
  {
    name: 'class attention of CaiT of timm',
    has: [/in:\S*token_only/],
    rates: { attention: null, residual: null, 'feed-forward': null, branch: null, 'scaled branch': null },
  },
  {
    name: 'a MetaFormer of timm',
    has: [/(^| )token_mixer/, path('mlp\\.fc1')],
    rates: { residual: 0.1, 'feed-forward': 0.1, branch: 0, 'scaled branch': null },
  },
  {
    name: 'MobileViT of timm',
    has: [/in:\S*transformer\.\d/, /(^| )attn\.proj/],
    rates: { attention: null, residual: null, embedding: null, 'feed-forward': null, branch: 0 },
  },
  {
    name: 'EdgeNeXt of timm',
    has: [/(^| )xca\.proj/],
    rates: { ...TIMM_RATES, attention: null, residual: null, embedding: null, 'feed-forward': null },
  },
  {
    name: 'Swin of timm',
    has: [/in:\S*layers\.\d+\.blocks/, /(^| )attn\.proj/, path('mlp\\.fc1'), path('mlp\\.act')],
    rates: { ...TIMM_RATES, branch: 0.1 },
    heads: TIMM_HEAD,
  },
  {
    name: 'ConvNeXt of timm',
    has: [path('conv_dw'), path('mlp\\.fc1')],
    rates: { 'feed-forward': null },
  },
  {
    name: 'a transformer of timm',
    has: [path('mlp\\d*\\.fc1'), path('mlp\\d*\\.act'), path('mlp\\d*\\.fc2')],
    rates: TIMM_RATES,
    heads: TIMM_HEAD,
  },
  {
    name: 'a mixer of timm',
    has: [/mlp_channels\.fc1/, /mlp_channels\.act/],
    rates: TIMM_RATES,
    heads: TIMM_HEAD,
  },
]
