/** Merges neighbouring dims that are all drawn or all broadcast, so kernels see as few dims as possible. */

/** Merged neighbouring dims. Drawn: each index has its own flag. Broadcast: all indices share one. */
export interface Dim {
  size: number
  drawn: boolean
}

/**
 * Merges neighbouring dims that are all drawn or all broadcast, and drops dims of size 1, which are both.
 * Example: SpatialDropout2D channelsFirst, [b, c, h, w] with [b, c, 1, 1], becomes [b * c drawn, h * w broadcast].
 *
 * @param shape a validated shape
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
