/** Inputs that only dropout read: a ratio or a switch for training that a caller would have to feed for nothing. */

import type { NodeProto } from './messages.js'
import type { Model } from './model.js'
import { readersIn, type Scope } from './scope.js'

/** Names of the tensors that a Dropout node reads besides what it drops. */
export function settingsOf({ opType, input }: NodeProto): string[] {
  return opType === 'Dropout' ? input.slice(1).filter((name) => name !== '') : []
}

/** Removes those of the named inputs of the graph that nothing reads any more, with their defaults. */
export function removeUnreadInputs({ graph }: Model, main: Scope, settings: ReadonlySet<string>): void {
  if (!graph.input.some(({ name }) => settings.has(name))) return
  const readers = readersIn(main)
  const isUnread = (name: string) => settings.has(name) && main.inputs.has(name) && !readers.has(name)
  graph.initializer = graph.initializer.filter(({ name }) => !isUnread(name))
  graph.input = graph.input.filter(({ name }) => !isUnread(name))
}
