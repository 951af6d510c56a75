/** Names to offer in place of one that the model does not have. */

import { nearest } from '../nearest.js'
import { isDroppable } from './inference/element-types.js'
import type { Scope } from './scope.js'
import type { Describe } from './shape-inference.js'

/** Number of names in a message. */
const MOST = 8

/** Operators whose results are no activations of a network, although they are floating-point numbers. */
const NO_ACTIVATIONS = new Set(['Cast', 'CastLike', 'Constant', 'ConstantOfShape', 'Identity', 'Range'])

/** Tensors that a node computes and that can be dropped, in the order of the graph. */
export function activationsOf(scopes: readonly Scope[], describe: Describe): string[] {
  return scopes.flatMap((scope) =>
    scope.graph.node.flatMap(({ opType, output }) => {
      if (NO_ACTIVATIONS.has(opType) || !output[0]) return []
      const { type, shape } = describe(scope, output[0])
      return isDroppable(type) && shape?.length !== 0 ? [output[0]] : []
    }),
  )
}

/** Up to eight names: those near to the wrong one first, then the first others. */
export function remedyFor(wrong: string, names: readonly string[]): string {
  const given = names.filter((name) => name !== '')
  if (given.length === 0) return 'The model has none'
  const best = nearest(wrong, given)
  const low = wrong.toLowerCase()
  const alike = given.filter((name) => name !== best && isPart(low, name.toLowerCase()))
  const near = [...(best === undefined ? [] : [best]), ...alike].slice(0, MOST)
  const rest = given.filter((name) => !near.includes(name)).slice(0, MOST - near.length)
  const listed = [...near, ...rest]
  const shown = listed.map((name) => `'${name}'`).join(', ')
  return `There are e.g. ${shown}${given.length > listed.length ? ', ...' : ''}`
}

function isPart(a: string, b: string): boolean {
  return a.length > 2 && b.length > 2 && (a.includes(b) || b.includes(a))
}
