/** Which values a coin decides: a noise shape broadcast over a tensor. */

import type { Shapes } from './shapes.js'

/** Everything that follows from a tensor's shape and its noise shape. */
export interface Broadcast {
  elements: number
  coins: number
  /** How many values each coin decides. */
  each: number
  /** The coin of each value, row-major. */
  coinOf: readonly number[]
}

export function broadcast({ axes, noise }: Shapes): Broadcast {
  const coins = product(noise)
  const elements = axes.reduce((all, { size }) => all * size, 1)
  const coinOf = Array.from({ length: elements }, (_, at) => {
    const index = indicesOf(
      axes.map(({ size }) => size),
      at,
    )
    return index.reduce((coin, i, axis) => coin * noise[axis] + (noise[axis] === 1 ? 0 : i), 0)
  })
  return { elements, coins, each: elements / coins, coinOf }
}

/** The indices of a value, outermost axis first. */
export function indicesOf(sizes: readonly number[], at: number): number[] {
  const indices: number[] = []
  for (const size of sizes.toReversed()) {
    indices.unshift(at % size)
    at = Math.floor(at / size)
  }
  return indices
}

/** The counts of zeros that can occur: whole coins' worth of values. */
export function possibleZeros({ coins, each }: Broadcast): number[] {
  return Array.from({ length: coins + 1 }, (_, dropped) => dropped * each)
}

/** Two values that share a coin and yet differ, where a pattern of kept values cannot come from these shapes. */
export function contradiction({ coinOf }: Broadcast, kept: readonly boolean[]): [number, number] | undefined {
  const first = new Map<number, number>()
  for (const [at, coin] of coinOf.entries()) {
    const other = first.get(coin)
    if (other === undefined) first.set(coin, at)
    else if (kept[other] !== kept[at]) return [other, at]
  }
  return undefined
}

/** The probability of `dropped` dropped coins of `coins`: the binomial distribution. */
export function binomial(coins: number, dropped: number, rate: number): number {
  let ways = 1
  for (let i = 1; i <= dropped; i++) ways = (ways * (coins - dropped + i)) / i
  return ways * rate ** dropped * (1 - rate) ** (coins - dropped)
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1)
}
