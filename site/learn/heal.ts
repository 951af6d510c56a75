/** Holes heal: what was dropped from a picture is guessed from its neighbours, and how well is measured. */

/** A picture as values in [0, 1], channels last. */
export interface Pixels {
  width: number
  height: number
  values: Float32Array
}

export const CHANNELS = 3

/**
 * Fills each dropped value with the mean of its kept neighbours in the same channel, from the rims of holes inwards. A
 * channel of which nothing is left has no neighbours: it is filled with its true mean, the best that one number can do.
 */
export function heal({ width, height, values }: Pixels, kept: Uint8Array): Float32Array {
  const healed = values.slice()
  const known = kept.slice()
  for (let channel = 0; channel < CHANNELS; channel++) {
    let open = indices(width * height).map((pixel) => pixel * CHANNELS + channel)
    const all = open
    open = open.filter((at) => known[at] === 0)
    if (open.length === all.length) {
      const mean = meanOf(values, all)
      for (const at of all) healed[at] = mean
      continue
    }
    while (open.length > 0) {
      const filled: [at: number, value: number][] = []
      for (const at of open) {
        const near = neighbours(at, width, height).filter((other) => known[other] === 1)
        if (near.length > 0) filled.push([at, meanOf(healed, near)])
      }
      for (const [at, value] of filled) {
        healed[at] = value
        known[at] = 1
      }
      open = open.filter((at) => known[at] === 0)
    }
  }
  return healed
}

/**
 * How much of what was dropped the guess explains: R squared, 1 less the squared error over the squared distance from the
 * mean of each channel's dropped values. 1: nothing is lost. 0: no better than the mean.
 */
export function explained(values: Float32Array, healed: Float32Array, kept: Uint8Array): number {
  let error = 0
  let total = 0
  for (let channel = 0; channel < CHANNELS; channel++) {
    const dropped = indices(values.length / CHANNELS)
      .map((pixel) => pixel * CHANNELS + channel)
      .filter((at) => kept[at] === 0)
    const mean = meanOf(values, dropped)
    for (const at of dropped) {
      error += (values[at] - healed[at]) ** 2
      total += (values[at] - mean) ** 2
    }
  }
  return total === 0 ? 1 : 1 - error / total
}

function neighbours(at: number, width: number, height: number): number[] {
  const pixel = Math.floor(at / CHANNELS)
  const channel = at % CHANNELS
  const [row, column] = [Math.floor(pixel / width), pixel % width]
  const near: number[] = []
  for (let r = Math.max(0, row - 1); r <= Math.min(height - 1, row + 1); r++) {
    for (let c = Math.max(0, column - 1); c <= Math.min(width - 1, column + 1); c++) {
      if (r !== row || c !== column) near.push((r * width + c) * CHANNELS + channel)
    }
  }
  return near
}

const indices = (length: number) => Array.from({ length }, (_, i) => i)

function meanOf(values: Float32Array, at: readonly number[]): number {
  return at.reduce((sum, i) => sum + values[i], 0) / at.length
}
