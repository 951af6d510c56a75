/** Finds the cases and peers that a command line or a page names. */

import type { Predictor } from './monte-carlo/predictor.js'
import type { Peer } from './peers/peer.js'

/** The members of `all` that are named, in the order of `all`; all of them when none is named. */
export function select<T extends { name: string }>(
  what: string,
  all: readonly T[],
  names: readonly string[],
): T[] {
  const known = all.map(({ name }) => name)
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new RangeError(`There is no ${what} ${unknown.join(', ')}. Pick from: ${known.join(', ')}.`)
  }
  return all.filter(({ name }) => names.length === 0 || names.includes(name))
}

/** The peers that are named, and the baselines that they are compared with. */
export function selectPeers<T extends Peer | Predictor>(all: readonly T[], names: readonly string[]): T[] {
  const named = select('peer', all, names)
  const isCompared = ({ role, kind, task }: T) =>
    role === 'baseline' && named.some((peer) => peer.kind === kind && peer.task === task)
  return all.filter((peer) => named.includes(peer) || isCompared(peer))
}
