/** A model opened in ONNX Runtime: whole, or cut at its noise, so that what comes before it runs once per prediction. */

import type { InferenceSession, Tensor } from 'onnxruntime-web'

export type Feeds = Readonly<Record<string, Tensor>>
type Results = Readonly<Record<string, Tensor>>

/** What the samples of one prediction share. */
export interface Shared {
  /** What is fed to each run, without the noise. */
  feeds: Feeds
  /** Frees what was computed for them. */
  free(): void
}

export interface Network {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  /** Computes what no noise changes. */
  share(feeds: Feeds): Promise<Shared>
  /** Runs what is left, with the noise. */
  run(shared: Shared, noise: Feeds, outputs: readonly string[], options?: RunOptions): Promise<Results>
  release(): Promise<void>
}

type RunOptions = InferenceSession.RunOptions

export function wholeNetwork(session: InferenceSession): Network {
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    share: async (feeds) => ({ feeds, free() {} }),
    run: ({ feeds }, noise, outputs, options) => session.run({ ...feeds, ...noise }, outputs, options),
    release: () => session.release(),
  }
}

/** What a cut network has in its parts: the names of the whole model, and of the tensors that cross the cut. */
export interface Names {
  inputNames: readonly string[]
  outputNames: readonly string[]
  crossing: readonly string[]
}

/** Runs the trunk once per prediction, and the tail for each run. */
export function cutNetwork(
  trunk: InferenceSession,
  tail: InferenceSession,
  { inputNames, outputNames, crossing }: Names,
): Network {
  const given = (session: InferenceSession, feeds: Feeds): Feeds =>
    Object.fromEntries(Object.entries(feeds).filter(([name]) => session.inputNames.includes(name)))
  const isNoisy = (name: string) => tail.outputNames.includes(name)
  return {
    inputNames,
    outputNames,

    async share(feeds) {
      const results = await trunk.run(given(trunk, feeds), crossing)
      return {
        feeds: { ...feeds, ...results },
        free() {
          for (const result of Object.values(results)) result.dispose()
        },
      }
    },

    async run({ feeds }, noise, outputs, options) {
      const results: Record<string, Tensor> = {}
      const parts = [
        { session: trunk, names: outputs.filter((name) => !isNoisy(name)) },
        { session: tail, names: outputs.filter(isNoisy) },
      ]
      for (const { session, names } of parts) {
        if (names.length === 0) continue
        Object.assign(results, await session.run(given(session, { ...feeds, ...noise }), names, options))
      }
      return results
    },

    async release() {
      await trunk.release()
      await tail.release()
    },
  }
}
