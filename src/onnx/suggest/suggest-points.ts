/** Finds the places of a model where dropout was, or may be: the entry of this folder. */

import type { NoiseShape } from '../../options.js'
import { type Names, readOptions, reject } from '../../validation.js'
import { OnnxModelError } from '../errors.js'
import { type Model, readModel } from '../model.js'
import { findPlaces, type RatedPlace } from './find-places.js'
import { above, type Confidence, type SuggestionKind } from './place.js'
import { type ModelConfig, readConfig } from './rates.js'

export type { Confidence, SuggestionKind }

/** A place where a model had dropout, or may get it. It can be passed as a point. */
export interface Suggestion {
  /** The tensor to drop. */
  tensor: string
  kind: SuggestionKind
  /** In [0, 1]. `rateSource` says where it is from. */
  rate: number
  /** `'customary'`: the file does not say the rate; this is what such networks are trained with. */
  rateSource: 'model' | 'config' | 'customary'
  /** Undefined for the tensor's own shape. */
  noiseShape: NoiseShape | undefined
  confidence: Confidence
  /** Whether a session takes it: of high confidence, of a kind that you asked for, or the best there is. */
  selected: boolean
  /** Why this place, in words. */
  reason: string
}

export interface SuggestOptions {
  /** The parsed `config.json` of a Hugging Face model: its dropout rates are used. */
  config?: ModelConfig | null | undefined
  /** Only these kinds, and all of them, of any confidence. Default: every kind, and those of high confidence selected. */
  kinds?: readonly SuggestionKind[] | undefined
}

const OPTION_NAMES = { config: true, kinds: true } satisfies Names<SuggestOptions>

const KINDS: readonly SuggestionKind[] = [
  'embedding',
  'attention',
  'residual',
  'features',
  'classifier',
  'droppath',
]

/**
 * Lists the places of a model where dropout was in training, or where it can be: the most certain of each tensor.
 *
 * Pass it as `points` of a Monte Carlo session or of `makeStochastic`: of what it gives, those that are `selected` are
 * taken. These are the ones of high confidence; if there are none, the one before the last layer, so that every model
 * opens. Sources, the most reliable first: Dropout nodes, active random operators, the module names that exporters
 * record, and the structure of the graph.
 *
 * @param model an ONNX file, or the parsed model that a `points` function receives
 * @throws OnnxModelError for bytes that are not a model; RangeError or TypeError for a wrong option
 */
export function suggestPoints(
  model: Uint8Array | ArrayBuffer | Model,
  options: SuggestOptions = {},
): Suggestion[] {
  const { config, kinds } = readSuggestOptions(options)
  const places = findPlaces(parsed(model), config)
  if (kinds) {
    const wanted = oncePerTensor(places.filter(({ kind }) => kinds.includes(kind)))
    return wanted.map((place) => suggestion(place, place.confidence !== 'out of reach' && place.rate > 0))
  }
  const listed = oncePerTensor(places)
  const best = listed.some(isCertain) ? undefined : lastOf(listed)
  return listed.map((place) =>
    place.tensor === best?.tensor
      ? { ...suggestion(best, true), reason: `${best.reason}; the best there is, as nothing is certain` }
      : suggestion(place, isCertain(place)),
  )
}

/**
 * The place before the last layer alone, whatever its confidence: the cheapest Monte Carlo dropout, because everything
 * before it can be computed once. For `points` of a session, as `suggestPoints`.
 *
 * @throws OnnxModelError for bytes that are not a model, or a model without a layer
 */
export function lastPoint(
  model: Uint8Array | ArrayBuffer | Model,
  options: Pick<SuggestOptions, 'config'> = {},
): Suggestion[] {
  const { config } = readOptions(options, { config: true }, 'Pass e.g. { config }, or leave it out')
  const best = lastOf(oncePerTensor(findPlaces(parsed(model), readConfig(config))))
  if (best) return [suggestion(best, true)]
  throw new OnnxModelError(
    "noiseshape: the model has no layer with weights, before which dropout could stand. Name a tensor, e.g. points: [{ tensor: 'relu_1', rate: 0.2 }].",
  )
}

function suggestion(place: RatedPlace, selected: boolean): Suggestion {
  const { tensor, kind, rate, rateSource, noiseShape, confidence, reason } = place
  return { tensor, kind, rate, rateSource, noiseShape, confidence, selected, reason }
}

/** The most certain place of each tensor; of equal ones the first. A classifier stays one, whatever else it is. */
function oncePerTensor(places: readonly RatedPlace[]): RatedPlace[] {
  const best = new Map<string, RatedPlace>()
  for (const place of places) {
    const known = best.get(place.tensor)
    if (!known) best.set(place.tensor, place)
    else {
      const better = above(place.confidence, known.confidence) ? place : known
      const isClassifier = [place, known].some(({ kind }) => kind === 'classifier')
      best.set(place.tensor, isClassifier ? { ...better, kind: 'classifier' } : better)
    }
  }
  return [...best.values()]
}

function isCertain({ confidence, rate }: RatedPlace): boolean {
  return confidence === 'high' && rate > 0
}

/** The last place before a classifier, or the last of all, with a rate above 0. */
function lastOf(places: readonly RatedPlace[]): RatedPlace | undefined {
  const within = places.filter(({ confidence }) => confidence !== 'out of reach')
  const last = within.filter(({ kind }) => kind === 'classifier').at(-1) ?? within.at(-1)
  if (last?.rate !== 0) return last
  const reason = `${last.reason}, so here rate ${COMMON_RATE}, a common one`
  return { ...last, rate: COMMON_RATE, rateSource: 'customary', reason }
}

/** Before a classifier, where a config says 0. */
const COMMON_RATE = 0.2

function parsed(model: Uint8Array | ArrayBuffer | Model): Model {
  return typeof model === 'object' && model !== null && 'proto' in model ? model : readModel(model)
}

function readSuggestOptions(options: SuggestOptions) {
  const remedy = "Pass e.g. { kinds: ['attention', 'residual'] }, or leave it out"
  const { config, kinds } = readOptions(options, OPTION_NAMES, remedy)
  if (kinds !== undefined && !Array.isArray(kinds)) {
    reject(TypeError, 'kinds', kinds, 'it must be an array', remedy)
  }
  const wrong = kinds?.find((kind) => !KINDS.includes(kind))
  if (wrong !== undefined) {
    const rule = 'it is no kind of place'
    reject(RangeError, 'kinds', wrong, rule, `The kinds are ${KINDS.join(', ')}`)
  }
  return { config: readConfig(config), kinds }
}
