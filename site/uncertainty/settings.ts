/** The settings, and the state of the page in its address: image, samples, seed and runner. */

import { type Digit, readDigit, SIDE, writeDigit } from '../../models/digits/digits.js'
import { writeState } from '../shared/address.js'
import { element } from '../shared/elements.js'
import { type Example, examples } from './examples.js'
import { RUNNERS, type RunnerName } from './runner.js'

const MAX_SAMPLES = 10_000

export interface Settings {
  samples: number
  seed: number
}

export const input = {
  samples: element<HTMLInputElement>('samples'),
  seed: element<HTMLInputElement>('seed'),
}
const DEFAULTS = { samples: input.samples.value, seed: input.seed.value }

/** The settings; where one is wrong its message is shown beside it, and returned. */
export function readSettings(): Settings | { wrong: string } {
  const [samples, seed] = [Number(input.samples.value), Number(input.seed.value)]
  const wrong = {
    samples:
      Number.isInteger(samples) && samples >= 1 && samples <= MAX_SAMPLES
        ? ''
        : `‘${input.samples.value}’: enter a whole number from 1 to ${MAX_SAMPLES}.`,
    seed:
      input.seed.value.trim() !== '' && Number.isSafeInteger(seed) && seed >= 0
        ? ''
        : `‘${input.seed.value}’: enter a whole number from 0 to 2^53 - 1.`,
  }
  for (const [name, message] of Object.entries(wrong)) {
    element(`${name}-error`).textContent = message
    element(name).setAttribute('aria-invalid', String(message !== ''))
  }
  const message = wrong.samples || wrong.seed
  return message ? { wrong: message } : { samples, seed }
}

export function runnerRadios(): HTMLInputElement[] {
  return RUNNERS.map((name) => element<HTMLInputElement>(`runner-${name}`))
}

export function chosenRunner(): RunnerName {
  return RUNNERS.find((_, i) => runnerRadios()[i].checked) ?? 'own'
}

export function chooseRunner(name: RunnerName): void {
  element<HTMLInputElement>(`runner-${name}`).checked = true
}

/** In place of an example's number: the sheet is empty. */
const NOTHING = 'none'

/** Writes what is on the page into the address: an example by its number, a drawing by its pixels. */
export function writeAddress(example: Example | undefined, digit: Digit | undefined): void {
  writeState({
    example: example ? String(examples.indexOf(example)) : digit ? undefined : NOTHING,
    digit: example || !digit ? undefined : writeDigit(digit),
    samples: input.samples.value,
    seed: input.seed.value,
    runner: chosenRunner(),
  })
}

/**
 * Sets fields and runner to what an address says, and returns its image, if it has one; what it leaves out or has wrong is
 * the default.
 */
export function applyAddress(state: Readonly<Record<string, string>>): Example | Digit | undefined {
  input.samples.value = state.samples ?? DEFAULTS.samples
  input.seed.value = state.seed ?? DEFAULTS.seed
  chooseRunner(RUNNERS.find((name) => name === state.runner) ?? 'own')
  const drawn = new RegExp(`^[0-9a-g]{${SIDE * SIDE}}$`)
  if (state.digit !== undefined && drawn.test(state.digit)) return readDigit(state.digit)
  if (state.example === NOTHING) return undefined
  return examples[Number(state.example ?? 0)] ?? examples[0]
}
