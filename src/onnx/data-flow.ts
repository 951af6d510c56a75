/** Which tensors depend on the values of the model's inputs, rather than on weights, constants and shapes alone. */

import { readsOf, type Scope, scopeHolding } from './scope.js'

/** Operators whose output does not depend on the values of their input. */
const FORGETS_VALUES = new Set('Shape Size ConstantOfShape RandomNormalLike RandomUniformLike'.split(' '))

/** Tells of each tensor that a graph reads or makes whether it depends on the data. */
export function dataIn(scope: Scope): (tensor: string) => boolean {
  const data = new Set([...scope.inputs].filter((name) => !scope.initializers.has(name)))
  const isData = (tensor: string) => data.has(tensor) || isOuterData(scope, tensor)
  for (const node of scope.graph.node) {
    if (!FORGETS_VALUES.has(node.opType) && readsOf(node).some(isData)) {
      for (const name of node.output) if (name !== '') data.add(name) // '': an optional output that is left out
    }
  }
  return isData
}

/** What a subgraph reads of the graphs around it counts as data, unless it is a weight there. */
function isOuterData(scope: Scope, tensor: string): boolean {
  if (tensor === '') return false
  const holder = scopeHolding(scope, tensor)
  return holder !== undefined && holder !== scope && !holder.initializers.has(tensor)
}
