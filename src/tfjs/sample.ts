/** What a layer draws with in a sample of Monte Carlo dropout, which holds for all layers of a model, and on its own. */

/** One sample of `mcPredict`, over some rows of its input. */
export interface Sample {
  seed: number | bigint
  step: number
  oneMaskForBatch: boolean
  /** The row of the whole input that these rows begin with: their masks are that window of the whole's. */
  firstRow: number
  /** Dropout layers run so far. Each takes the next number as its stream, so that no two share a mask. */
  layers: number
}

let current: Sample | undefined

/** The sample that is being run. A model runs synchronously, so there is one at most and it cannot leak out. */
export function currentSample(): Sample | undefined {
  return current
}

/** Runs a model, all of it synchronously, with its dropout layers on. */
export function inSample<T>(sample: Sample, body: () => T): T {
  const outer = current
  current = sample
  try {
    return body()
  } finally {
    current = outer
  }
}

/** The stream of a layer by its name: FNV-1a, 32 bits (Fowler, Noll, Vo; IETF draft-eastlake-fnv), over UTF-8. */
export function streamOf(name: string): number {
  return new TextEncoder()
    .encode(name)
    .reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5)
}

/** A seed that nobody chose: 53 random bits. */
export function randomSeed(): number {
  const [low, high] = crypto.getRandomValues(new Uint32Array(2))
  return (high >>> 11) * 2 ** 32 + low
}
