/** How sure a place is, from what names, architecture and config say about it. */

import type { Family } from './families.js'
import { above, type Confidence, type Place } from './place.js'
import type { Rate } from './rates.js'

/** What is known about the surroundings of a place. */
export interface Surroundings {
  family: Family | undefined
  rate: Rate
  /** Path of the module that says the family, joined by dots. */
  module: string | undefined
  /** Whether the file records names of modules, and the network reads words: those are trained with dropout. */
  hasWords: boolean
  /** What is missing there in a sequence of modules. */
  gap: string | undefined
  /** Whether the tensor goes from one numbered module to the next. */
  unbroken: boolean
  /** Whether the model states such places itself, and this is none of them. */
  statedElsewhere: boolean
}

/** The confidence and the reason of a place, in the light of its surroundings. */
export function judge(place: Place, around: Surroundings): { confidence: Confidence; reason: string } {
  const { family, rate, statedElsewhere, gap, unbroken, hasWords } = around
  const { confidence, reason, role } = place
  if (confidence === 'out of reach' || role === 'stated') return { confidence, reason }
  if (rate.source === 'config' && rate.rate === 0) {
    return { confidence: 'low', reason: `${reason}, but ${rate.why}` }
  }
  if (statedElsewhere)
    return { confidence: 'low', reason: `${reason}, but the model has dropout in other places` }
  if (gap !== undefined) return { confidence: 'high', reason: `${reason}, and ${gap}` }
  if (unbroken && (role === 'hidden' || role === 'feed-forward')) {
    return {
      confidence: 'low',
      reason: `${reason}, but the numbers of the modules leave no room for a Dropout`,
    }
  }
  const customary = family?.rates[role]
  const isExcluded = role === 'residual' && family?.withoutDropout?.test(around.module ?? '')
  if (family && (customary === null || isExcluded)) {
    return { confidence: 'low', reason: `${reason}, but ${family.name} has no dropout here` }
  }
  if (family && customary === 0 && rate.source !== 'config') {
    return { confidence: 'medium', reason: `${reason}, whose dropout is off by default in ${family.name}` }
  }
  if (family && customary !== undefined) {
    return { confidence: 'high', reason: `${reason}, where ${family.name} has a dropout` }
  }
  if (hasWords && role === 'attention') return { confidence: 'high', reason }
  if (rate.source === 'config' && above('high', confidence)) {
    return { confidence: 'high', reason: `${reason}, and the config has a rate for it` }
  }
  return { confidence, reason }
}
