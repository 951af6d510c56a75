/** A model opened in ONNX Runtime: whole, or cut at its noise, so that what comes before it runs once per prediction. */

import type { InferenceSession, Tensor } from 'onnxruntime-web'
import type { Feeds } from './feeds.js'

type RunOptions = InferenceSession.RunOptions
type Results = Readonly<Record<string, Tensor>>

/** A network with feeds, whose samples share what no noise changes. */
export interface FedNetwork {
  /** What each run is fed, besides the noise. */
  readonly feeds: Feeds
  /** Feeds that all samples share, and how many parts of them are summed for each. */
  readonly parts: ReadonlyMap<string, number>
  /** Runs it on these feeds, or on them stacked, together with the noise. */
  run(feeds: Feeds, outputs: readonly string[], options?: RunOptions): Promise<Results>
  /** Frees what the samples share. */
  free(): void
}

export interface Network {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  /** The inputs that it cannot run without, the noise included. */
  readonly neededNames: readonly string[]
  /** Whether an output may depend on the noise. */
  isNoisy(output: string): boolean
  /** Computes what no noise changes. */
  feed(feeds: Feeds): Promise<FedNetwork>
  release(): Promise<void>
}

export function wholeNetwork(session: InferenceSession): Network {
  const { inputNames, outputNames } = session
  return {
    inputNames,
    outputNames,
    neededNames: inputNames,
    isNoisy: () => true,
    feed: async (feeds) => ({
      feeds,
      parts: new Map(),
      run: (all, outputs, options) => session.run(all, outputs, options),
      free() {},
    }),
    release: () => session.release(),
  }
}

/** The names of a whole model, and of what the trunk computes once: the tensors that cross the cut, and lists of sizes. */
export interface CutNames {
  inputNames: readonly string[]
  outputNames: readonly string[]
  crossing: readonly string[]
  /** Tensors that cross and hold parts, with their number: see channel-sums.ts. */
  parts: ReadonlyMap<string, number>
  sizes: readonly string[]
}

/** Runs the trunk once per prediction, and the tail for each run. */
export function cutNetwork(
  trunk: InferenceSession,
  tail: InferenceSession,
  { inputNames, outputNames, crossing, parts, sizes }: CutNames,
): Network {
  const isNoisy = (output: string) => tail.outputNames.includes(output)
  const once = [...new Set([...crossing, ...sizes])]
  return {
    inputNames,
    outputNames,
    neededNames: [...(once.length > 0 ? trunk.inputNames : []), ...tail.inputNames],
    isNoisy,
    async feed(feeds) {
      const shared: Results = once.length > 0 ? await trunk.run(readBy(trunk, feeds), once) : {}
      return {
        feeds: readBy(tail, { ...feeds, ...shared }),
        parts,
        async run(all, outputs, options) {
          const noisy = outputs.filter(isNoisy)
          const plain = outputs.filter((output) => !isNoisy(output) && !sizes.includes(output))
          return {
            ...Object.fromEntries(sizes.map((name) => [name, shared[name]])),
            ...(plain.length > 0 && (await trunk.run(readBy(trunk, feeds), plain, options))),
            ...(noisy.length > 0 && (await tail.run(readBy(tail, all), noisy, options))),
          }
        },
        free() {
          for (const tensor of Object.values(shared)) tensor.dispose()
        },
      }
    },
    async release() {
      await trunk.release()
      await tail.release()
    },
  }
}

/** ONNX Runtime refuses inputs that a model does not have. */
function readBy(session: InferenceSession, feeds: Feeds): Feeds {
  return Object.fromEntries(Object.entries(feeds).filter(([name]) => session.inputNames.includes(name)))
}
