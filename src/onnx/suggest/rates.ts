/** The rate of a place: stated by the model, by a Hugging Face config.json, or customary. */

import { reject } from '../../validation.js'
import type { Family } from './families.js'
import type { Place, Role } from './place.js'

/** The parsed config.json of a model. Only its dropout rates are read. */
export type ModelConfig = Readonly<Record<string, unknown>>

/** Keys of configurations for each role, the most specific first; the last ones stand for all of a network. */
const KEYS: Readonly<Record<Role, readonly string[]>> = {
  attention:
    words(`attention_probs_dropout_prob attention_dropout attn_pdrop attn_dropout attention_dropout_prob
    attention_dropout_rate dropout_rate`),
  residual: words(
    `hidden_dropout_prob hidden_dropout resid_pdrop resid_dropout residual_dropout dropout_rate dropout`,
  ),
  embedding: words(`embd_pdrop embed_dropout embedding_dropout embd_dropout hidden_dropout_prob hidden_dropout
    dropout_rate dropout`),
  'feed-forward': words('activation_dropout ffn_dropout dropout_rate'),
  hidden:
    words(`classifier_dropout classifier_dropout_prob seq_classif_dropout summary_first_dropout pooler_dropout
    hidden_dropout_prob hidden_dropout dropout_rate dropout`),
  classifier:
    words(`classifier_dropout classifier_dropout_prob seq_classif_dropout summary_first_dropout cls_dropout
    final_dropout hidden_dropout_prob hidden_dropout dropout_rate dropout`),
  branch: words('drop_path_rate stochastic_depth_rate'),
  'scaled branch': words('drop_path_rate stochastic_depth_rate'),
  recurrent: words('dropout dropout_rate'),
  convolution: [],
  stated: [],
}

function words(text: string): string[] {
  return text.trim().split(/\s+/)
}

/** Rates that are common where nothing says more. */
const CUSTOMARY: Readonly<Record<Role, number>> = {
  attention: 0.1,
  residual: 0.1,
  embedding: 0.1,
  'feed-forward': 0.1,
  branch: 0.1,
  'scaled branch': 0.1,
  classifier: 0.2,
  recurrent: 0.2,
  convolution: 0.1,
  hidden: 0.5, // Hinton et al. 2012, and AlexNet and VGG since
  stated: 0.5,
}

export interface Rate {
  rate: number
  source: 'model' | 'config' | 'customary'
  /** In words, as a clause. */
  why: string
}

export function rateOfPlace(
  { role, rate, customary: ofKind }: Place,
  config: ModelConfig | undefined,
  family: Family | undefined,
): Rate {
  if (rate !== undefined) return { rate, source: 'model', why: `rate ${rate} is the model's own` }
  const found = configRate(config, role)
  if (found)
    return { rate: found.rate, source: 'config', why: `rate ${found.rate} is the config's ${found.key}` }
  const customary = family?.rates[role]
  if (typeof customary === 'number' && customary > 0) {
    return { rate: customary, source: 'customary', why: `rate ${customary} is customary for ${family?.name}` }
  }
  if (ofKind !== undefined)
    return { rate: ofKind, source: 'customary', why: `rate ${ofKind} is customary for it` }
  const common = CUSTOMARY[role]
  return { rate: common, source: 'customary', why: `rate ${common} is a common one` }
}

/** The first of a role's keys that holds a number; null means "as elsewhere". */
function configRate(config: ModelConfig | undefined, role: Role): { rate: number; key: string } | undefined {
  for (const key of config ? KEYS[role] : []) {
    const rate = config?.[key]
    if (typeof rate === 'number' && rate >= 0 && rate <= 1) return { rate, key }
  }
  return undefined
}

export function readConfig(config: unknown): ModelConfig | undefined {
  if (config === undefined || config === null) return undefined
  if (typeof config !== 'object' || Array.isArray(config)) {
    const remedy = "Pass e.g. await (await fetch('config.json')).json()"
    reject(TypeError, 'config', config, 'it must be the object of a config.json', remedy)
  }
  return config as ModelConfig
}
