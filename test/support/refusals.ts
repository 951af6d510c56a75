/** What tests of refused arguments share: the error, and what its message must hold. */

import { expect } from 'vitest'

export type Kind = typeof RangeError | typeof TypeError

/** A remedy is an imperative sentence at the end of the message. */
const REMEDY = /\. (Pass|Leave|Remove|Split|Convert|Use|Make|Create|Give|Add|Take|Call|Flatten)\b.*$/s

/** What `run` throws or rejects with; a failure where it does neither. */
export async function caught(run: () => Promise<unknown>): Promise<Error> {
  try {
    await run()
  } catch (error) {
    return error as Error
  }
  throw new Error('expected an error, got none')
}

/** Checks the kind of an error, that its message holds what it should, and that it ends with a remedy. */
export function expectRefusal(
  error: Error,
  kind: Kind | readonly Kind[],
  says: readonly (string | RegExp)[],
): void {
  const kinds = Array.isArray(kind) ? (kind as Kind[]) : [kind as Kind]
  const shown = `${error.name}: ${error.message}`
  expect(
    kinds.map(({ name }) => name),
    shown,
  ).toContain(error.name)
  for (const part of says) expect(error.message).toMatch(part)
  expect(error.message, 'a message ends with a remedy').toMatch(REMEDY)
}
