/** Arithmetic with sizes of which some are only known by name. */

/** A size, the name of a symbolic size (or a product of names, `batch*steps`), or null if unknown. */
export type KnownSize = number | string | null

/** No real model has a higher rank; a malicious one could otherwise make us copy a huge array for each Dropout node. */
export const MOST_RANK = 64

/** The sizes, unless they are too many. */
export function ofSizes<T>(sizes: readonly T[] | undefined): readonly T[] | undefined {
  return sizes && sizes.length > MOST_RANK ? undefined : sizes
}

/** Sizes of which only the number is known. */
export function ofRank(rank: number | undefined): null[] | undefined {
  return rank === undefined || !(rank >= 0 && rank <= MOST_RANK)
    ? undefined
    : new Array<null>(rank).fill(null)
}

/** The size of a dim of a result, by that of both operands; a size of 1 is repeated. */
export function broadcastSize(a: KnownSize, b: KnownSize): KnownSize {
  if (a === b || b === 1) return a
  if (a === 1) return b
  if (typeof a === 'number') return a
  return typeof b === 'number' ? b : null
}

export function broadcastShapes(
  shapes: readonly (readonly KnownSize[] | undefined)[],
): readonly KnownSize[] | undefined {
  let result = shapes[0]
  for (const shape of shapes.slice(1)) {
    if (!result || !shape) return undefined
    const [long, short] = result.length < shape.length ? [shape, result] : [result, shape]
    const missing = long.length - short.length
    result = long.map((size, axis) => (axis < missing ? size : broadcastSize(size, short[axis - missing])))
  }
  return result
}

/** The product of sizes; null if it cannot be written. */
export function multiply(sizes: readonly KnownSize[]): KnownSize {
  const product = factorsOf(sizes)
  return product && sizeOf(product)
}

/** What is left of a product of sizes when others are divided out; null if that is no size that can be written. */
export function divide(sizes: readonly KnownSize[], by: readonly KnownSize[]): KnownSize {
  const product = factorsOf(sizes)
  const divisor = factorsOf(by)
  if (!product || !divisor || divisor.count === 0) return null
  const names = [...product.names]
  for (const name of divisor.names) {
    const at = names.indexOf(name)
    if (at < 0) return null
    names.splice(at, 1)
  }
  return sizeOf({ names, count: product.count / divisor.count })
}

/** The names that occur in a size. */
export function namesIn(size: KnownSize): readonly string[] {
  return typeof size === 'string' ? [...size.split('*'), ...size.split(/[^\w.]+/)] : []
}

interface Factors {
  names: string[]
  count: number
}

/** Products of more names, or of longer ones, are not written: each node would copy them. */
const MOST_NAMES = 8
const LONGEST_NAME = 100

function factorsOf(sizes: readonly KnownSize[]): Factors | null {
  const product: Factors = { names: [], count: 1 }
  for (const size of sizes) {
    if (size === null) return null
    if (typeof size === 'number') {
      product.count *= size
      continue
    }
    if (size.length > LONGEST_NAME) return null
    // Exporters write other expressions too, such as `(s77 - 1)`: each is one factor.
    const factors = /^[\w.]+(\*[\w.]+)*$/.test(size) ? size.split('*') : [size]
    for (const factor of factors) {
      if (/^\d+$/.test(factor)) product.count *= Number(factor)
      else product.names.push(factor)
    }
    if (product.names.length > MOST_NAMES) return null
  }
  return product
}

function sizeOf({ names, count }: Factors): KnownSize {
  if (!Number.isSafeInteger(count)) return null
  if (names.length === 0) return count
  const product = [...names].sort().join('*')
  return count === 1 ? product : `${product}*${count}`
}
