/** The one list of conformance cases, which the portable suite and the tests of the gpu project both read. */

import { bindings } from './bindings'
import type { Case } from './case'
import { knownAnswers } from './known-answers'
import { large } from './large'
import { pipelines } from './pipelines'
import { probe } from './probe'
import { sizes } from './sizes'
import { manySamples, statistics } from './statistics'
import { values } from './values'
import { walks } from './walks'
import { windows } from './windows'

/** What `npm test` runs in Chrome. */
export const CASES: readonly Case[] = [
  ...pipelines,
  ...knownAnswers,
  ...windows,
  ...walks,
  ...sizes,
  ...values,
  ...bindings,
  ...statistics,
  ...probe,
]

/** What only the portable suite runs. */
export const LONG_CASES: readonly Case[] = [...large, ...manySamples]
