/** Options with junk in some places, and the error that they must give. */

import fc from 'fast-check'
import { type Junk, junk, makeJunk } from './junk'

const OPTION_NAMES = [
  'shape',
  'noiseShape',
  'rate',
  'seed',
  'stream',
  'step',
  'cellOffset',
  'dataFormat',
  'oneMaskForBatch',
  'noise_shape', // no name at all
] as const

export interface Change {
  where: 'x' | 'options' | (typeof OPTION_NAMES)[number] | 'an entry of shape' | 'an entry of noiseShape'
  axis: number
  junk: Junk
}

export const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.record({
    where: fc.constantFrom<Change['where'][]>(
      'x',
      'options',
      ...OPTION_NAMES,
      'an entry of shape',
      'an entry of noiseShape',
      'an entry of shape',
      'an entry of noiseShape',
    ),
    axis: fc.nat({ max: 8 }),
    junk,
  }),
  { maxLength: 2 },
)

/** Options with changes. */
export function buildOptions(given: Record<string, unknown>, changes: readonly Change[]): unknown {
  const whole = changes.find(({ where }) => where === 'options')
  if (whole) return makeJunk(whole.junk)
  const options: Record<string, unknown> = { ...given }
  for (const name of ['shape', 'noiseShape'] as const) {
    const entries = changes.filter(({ where }) => where === `an entry of ${name}`)
    if (!Array.isArray(options[name]) && entries.length === 0) continue
    const array = [...((options[name] as unknown[] | null | undefined) ?? [])]
    for (const { axis, junk } of entries) array[axis % (array.length + 1)] = makeJunk(junk)
    options[name] = array
  }
  for (const { where, junk } of changes) {
    if (where in options || OPTION_NAMES.some((name) => name === where)) options[where] = makeJunk(junk)
  }
  return options
}

/** An argument error of the library. */
export function expectArgumentError(error: unknown): void {
  const isKind = error instanceof RangeError || error instanceof TypeError
  if (!isKind || /call stack/.test(error.message)) throw new Error('no argument error', { cause: error })
}

export function quietly<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined // nothing that could be allowed
  }
}
