/** Maps elements to noise cells, and ranges of elements to the cells they need. Independent of any device. */

import type { Dim } from './collapse.js'

/** A merged dim and its stride in noise cells, which is 0 where the dim is broadcast. */
export interface Axis {
  size: number
  stride: number
}

/** The merged dims, innermost first. A tensor of one element gets one axis of size 1. */
export function axesOf(dims: readonly Dim[]): Axis[] {
  let cells = 1
  const axes = [...dims].reverse().map(({ size, drawn }) => {
    const stride = drawn ? cells : 0
    if (drawn) cells *= size
    return { size, stride }
  })
  return axes.length > 0 ? axes : [{ size: 1, stride: 0 }]
}

/** The first noise cell of each row inside these axes, counting through them like an odometer. */
export function* firstCells(outer: readonly Axis[]): Generator<number> {
  const index = outer.map(() => 0)
  let cell = 0
  while (true) {
    yield cell
    let axis = 0
    for (; axis < outer.length && ++index[axis] === outer[axis].size; axis++) {
      cell -= outer[axis].stride * (index[axis] - 1)
      index[axis] = 0
    }
    if (axis === outer.length) return
    cell += outer[axis].stride
  }
}

/** The index of an element along each axis. */
export function indicesOf(axes: readonly Axis[], element: number): number[] {
  return axes.map(({ size }) => {
    const index = element % size
    element = (element - index) / size
    return index
  })
}

/** The lowest and highest cell among the elements from `first` to `last`, inclusive. */
export function cellBounds(
  axes: readonly Axis[],
  first: readonly number[],
  last: readonly number[],
): [number, number] {
  let base = 0
  for (let i = axes.length - 1; i >= 0; i--) {
    const { stride } = axes[i]
    if (first[i] === last[i]) {
      base += first[i] * stride
    } else if (stride === 0) {
      return [base, base + cellsInside(axes, i) - 1] // spans the end of one row and the start of another
    } else {
      return [
        base + first[i] * stride + lowestFrom(axes, i, first),
        base + last[i] * stride + highestTo(axes, i, last),
      ]
    }
  }
  return [base, base]
}

/** The lowest cell among the elements inside axis `outer`, from `indices` to the end. */
function lowestFrom(axes: readonly Axis[], outer: number, indices: readonly number[]): number {
  let cell = 0
  for (let i = outer - 1; i >= 0; i--) {
    const { size, stride } = axes[i]
    if (stride === 0 && indices[i] < size - 1) return cell
    cell += indices[i] * stride
  }
  return cell
}

/** The highest cell among the elements inside axis `outer`, from the beginning to `indices`. */
function highestTo(axes: readonly Axis[], outer: number, indices: readonly number[]): number {
  let cell = 0
  for (let i = outer - 1; i >= 0; i--) {
    const { stride } = axes[i]
    if (stride === 0 && indices[i] > 0) return cell + cellsInside(axes, i) - 1
    cell += indices[i] * stride
  }
  return cell
}

function cellsInside(axes: readonly Axis[], outer: number): number {
  return axes.slice(0, outer).reduce((cells, { size, stride }) => (stride > 0 ? cells * size : cells), 1)
}
