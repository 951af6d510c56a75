/**
 * Which dim of a tensor is the batch. Usually it is the first, but a recurrent network may have its steps there, and a
 * Reshape may have merged the batch with another dim. It is followed by its size from the first input of the model.
 */

import { type KnownSize, namesIn } from './inference/sizes.js'
import type { Scope } from './scope.js'
import type { Describe } from './shape-inference.js'

/**
 * A dim, or why there is none: `'none'` if the tensor does not depend on the batch, `'merged'` if the batch is part of a
 * larger dim, `'unknown'` if the model does not say.
 */
export type BatchAxis = number | 'none' | 'merged' | 'unknown'

/** The size of the batch: that of the first dim of the first input that has dims. */
export function batchOf(main: Scope, describe: Describe): KnownSize {
  for (const { name } of main.graph.input) {
    if (main.initializers.has(name)) continue
    const { shape } = describe(main, name)
    if (shape && shape.length > 0) return shape[0]
  }
  return null
}

export function batchAxisOf(shape: readonly KnownSize[] | undefined, batch: KnownSize): BatchAxis {
  if (!shape || batch === null) return 'unknown'
  const axis = shape.indexOf(batch)
  if (axis >= 0) return axis
  const isMerged = (size: KnownSize) =>
    typeof batch === 'string'
      ? namesIn(size).includes(batch)
      : typeof size === 'number' && batch > 1 && size > 0 && size % batch === 0
  // A multiple of a fixed batch may as well be another size, but not in the first dim, where a Reshape leaves it.
  if (typeof batch === 'string' ? shape.some(isMerged) : isMerged(shape[0] ?? null)) return 'merged'
  return shape.includes(null) ? 'unknown' : 'none'
}
