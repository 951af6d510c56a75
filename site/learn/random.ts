/** Random numbers that are the same for the same seed, for all but masks, which are the library's. */

export interface Random {
  /** A number in [0, 1). */
  (): number
  /** A whole number from 0 to n - 1. */
  below(n: number): number
  /** The numbers from 0 to n - 1 in random order (Fisher and Yates). */
  shuffled(n: number): number[]
}

/** The same numbers for the same seed: xorshift (Marsaglia 2003) with 32 bits. */
export function createRandom(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1) || 1 // never 0, and far apart for seeds that are close
  const random = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  const below = (n: number) => Math.floor(n * random())
  const shuffled = (n: number) => {
    const order = Array.from({ length: n }, (_, i) => i)
    for (let left = n - 1; left > 0; left--) {
      const other = below(left + 1)
      const swapped = order[left]
      order[left] = order[other]
      order[other] = swapped
    }
    return order
  }
  return Object.assign(random, { below, shuffled })
}
