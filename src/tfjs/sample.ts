/** What layers draw with: the current Monte Carlo sample, shared by all layers of a model, or their own seed. */

/** One sample of `mcPredict`, over some rows of its input. */
export interface Sample {
  seed: number | bigint
  step: number
  oneMaskForBatch: boolean
  /** Index of the first of these rows in the whole input: their masks are a window of the whole input's masks. */
  firstRow: number
  /** Number of dropout layers run so far. Each uses it as its stream, so that no two share a mask. */
  layers: number
}

let current: Sample | undefined

/** The current sample. Models run synchronously, so there is at most one, and it cannot leak. */
export function currentSample(): Sample | undefined {
  return current
}

/** Runs a model synchronously with its dropout layers on. */
export function inSample<T>(sample: Sample, body: () => T): T {
  const outer = current
  current = sample
  try {
    return body()
  } finally {
    current = outer
  }
}

/** A layer's default stream: 32-bit FNV-1a (Fowler, Noll, Vo; IETF draft-eastlake-fnv) of its name in UTF-8. */
export function streamOf(name: string): number {
  return new TextEncoder()
    .encode(name)
    .reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5)
}

/** A random seed of 53 bits. */
export function randomSeed(): number {
  const [low, high] = crypto.getRandomValues(new Uint32Array(2))
  return (high >>> 11) * 2 ** 32 + low
}
