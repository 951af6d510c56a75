/** Finds the family of the block that a node belongs to. */

import type { NodeProto } from '../messages.js'
import { FAMILIES, type Family } from './families.js'
import type { GraphView } from './graph-view.js'

export function familyFinder(view: GraphView): (node: NodeProto | undefined) => Family | undefined {
  const inner = innerPaths(view)
  const known = new Map<string, Family | undefined>()
  return (node) => {
    const own = node && view.module(node).path
    if (!own) return undefined
    for (const depth of blockDepths(own)) {
      const block = own.slice(0, depth).join('.')
      if (!known.has(block)) {
        const words = `in:${block} ${inner.get(block) ?? ''}`
        known.set(
          block,
          FAMILIES.find(
            ({ has, lacks }) => has.every((pattern) => pattern.test(words)) && !lacks?.test(words),
          ),
        )
      }
      const family = known.get(block)
      if (family) return family
    }
    return undefined
  }
}

/** How much of a path may be its block: up to its last number, the number before, ... */
function blockDepths(own: readonly string[]): number[] {
  return own.flatMap((part, i) => (/\d$/.test(part) ? [i + 1] : [])).reverse()
}

/** For each numbered module, the paths of the modules inside, joined by spaces. */
function innerPaths(view: GraphView): ReadonlyMap<string, string> {
  const inner = new Map<string, Set<string>>()
  for (const node of view.nodes) {
    const { path: own } = view.module(node)
    for (const depth of own ? blockDepths(own) : []) {
      const block = (own ?? []).slice(0, depth).join('.')
      const words = inner.get(block) ?? new Set()
      inner.set(block, words)
      words.add((own ?? []).slice(depth).join('.'))
    }
  }
  return new Map([...inner].map(([block, words]) => [block, [...words].join(' ')]))
}
