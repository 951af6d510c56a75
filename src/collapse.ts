/** Collapse: neighbouring dims that share one fate become one, so that the passes see as few dims as there are. */

/** A run of neighbouring dims, outermost first: either each index has a flag of its own, or all share one. */
export interface Dim {
  size: number
  drawn: boolean
}

/**
 * Merges neighbouring dims that are all drawn or all broadcast, and leaves out dims of size 1, whose fate is both.
 * SpatialDropout2D channelsFirst, [b, c, h, w] with [b, c, 1, 1], becomes [b * c drawn, h * w broadcast].
 *
 * @param shape a checked shape
 * @param noiseShape its resolved noise shape, of the same rank
 * @returns dims that alternate between drawn and broadcast; empty for a tensor of one element
 */
export function collapseDims(shape: readonly number[], noiseShape: readonly number[]): Dim[] {
  const dims: Dim[] = []
  shape.forEach((size, axis) => {
    if (size === 1) return
    const drawn = noiseShape[axis] === size
    const last = dims.at(-1)
    if (last?.drawn === drawn) last.size *= size
    else dims.push({ size, drawn })
  })
  return dims
}
