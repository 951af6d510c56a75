/** Which elements share a noise cell, as three nested loops: what the checker and the hand-written peers walk. */

/** Element (o, s, i) of [outer, shared, inner] has the noise cell o * inner + i. */
export interface Pattern {
  outer: number
  shared: number
  inner: number
}

export function size(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1)
}

/** The pattern of a resolved noise shape whose shared dims are neighbours, as in every case of this benchmark. */
export function patternOf(shape: readonly number[], noiseShape: readonly number[]): Pattern {
  const shared = shape.map((side, axis) => noiseShape[axis] === 1 && side !== 1)
  const [first, last] = [shared.indexOf(true), shared.lastIndexOf(true)]
  if (first === -1) return { outer: 1, shared: 1, inner: size(shape) }
  for (let axis = first; axis <= last; axis++) {
    if (noiseShape[axis] !== 1) {
      throw new RangeError(
        `The shared dims of ${JSON.stringify(noiseShape)} are not neighbours; pick such a case.`,
      )
    }
  }
  return {
    outer: size(shape.slice(0, first)),
    shared: size(shape.slice(first, last + 1)),
    inner: size(shape.slice(last + 1)),
  }
}
