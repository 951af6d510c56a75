/** golden/native.json, which fixes the native stream, version 1, as words. */

import golden from '../golden/native.json'
import type { Draw } from './judge'

interface Drawn {
  rate: number
  seed: string
  stream: number
  call: string
  cellOffset?: number
}

const maskTable = golden.masks as (Drawn & { cells: number; words: string[] })[]
const outputTable = golden.outputs as (Drawn & {
  shape: number[]
  noiseShape: (number | null)[] | null
  x: string[]
  y: string[]
})[]

export const goldenGenerator = golden.threefry4x32_20.map(({ ctr, key, out }) => ({
  counter: fromHex(ctr),
  key: fromHex(key),
  out: fromHex(out),
}))

export const goldenMasks = maskTable.map((row) => ({
  name: `${row.cells} cells at rate ${row.rate}, seed ${row.seed}, stream ${row.stream}, step ${row.call}, from cell ${row.cellOffset ?? 0}`,
  draw: { shape: [row.cells], ...drawOf(row) } satisfies Draw,
  words: fromHex(row.words),
}))

export const goldenOutputs = outputTable.map((row) => ({
  name: `shape [${row.shape}], noise shape ${JSON.stringify(row.noiseShape)}, rate ${row.rate}`,
  draw: { shape: row.shape, noiseShape: row.noiseShape, ...drawOf(row) } satisfies Draw,
  x: fromHex(row.x),
  y: fromHex(row.y),
}))

function drawOf({ rate, seed, stream, call, cellOffset }: Drawn) {
  return { rate, seed: BigInt(seed), stream, step: BigInt(call), cellOffset }
}

function fromHex(words: readonly string[]): Uint32Array {
  return Uint32Array.from(words, (word) => Number.parseInt(word, 16))
}
