/** Opens a rewritten model in ONNX Runtime: cut at its noise where that gains something, otherwise whole. */

import type { InferenceSession } from 'onnxruntime-web'
import { sumChannels } from './channel-sums.js'
import { DataType as Type } from './messages.js'
import type { Model } from './model.js'
import { cutNetwork, type Network, wholeNetwork } from './network.js'
import type { OpenOn, OrtModule } from './ort.js'
import type { Rewritten } from './rewrite.js'
import type { Description } from './shape-inference.js'
import { splitAtNoise } from './split.js'
import { writeModel } from './write-model.js'

type SessionOptions = InferenceSession.SessionOptions

/** Where the model was cut. */
export interface ModelSplit {
  /** Nodes before the first noise: they run once per prediction. 0 if the model is not cut. */
  trunkNodes: number
  /** Nodes behind it: they run for each sample. */
  tailNodes: number
  /**
   * The share of the multiplications that comes before; undefined if it depends on sizes that only a run can tell, and where
   * channels are summed.
   */
  trunkShare: number | undefined
  /** Why the model is not cut; undefined if it is. */
  reason: string | undefined
}

export interface Opening {
  openOn: OpenOn
  split: ModelSplit
}

/**
 * @param ownOutputs outputs that are read on the CPU: lists of sizes
 */
export function openingOf(
  ort: OrtModule,
  rewritten: Pick<Rewritten, 'model' | 'inputs' | 'name'>,
  ownOutputs: ReadonlySet<string | undefined>,
  sessionOptions: SessionOptions | undefined,
): Opening {
  const parts = sumChannels(rewritten)
  const { model, inputs } = rewritten
  const open = (bytes: Uint8Array, { graph }: Model, onCpu: (output: string) => boolean): OpenPart => {
    const onGpu = graph.output.map(({ name }) => [name, onCpu(name) ? 'cpu' : 'gpu-buffer'] as const)
    return (provider, given) =>
      ort.InferenceSession.create(bytes, {
        logSeverityLevel: 3, // by default it warns about each constant that only a Dropout node read
        ...sessionOptions,
        preferredOutputLocation: provider === 'webgpu' ? Object.fromEntries(onGpu) : 'cpu',
        executionProviders: [given],
      })
  }
  const cut = splitAtNoise(
    model,
    inputs.map(({ name }) => name),
  )
  if (typeof cut === 'string') {
    const openWhole = open(writeModel(model), model, (output) => ownOutputs.has(output))
    return {
      openOn: async (provider, given) => wholeNetwork(await openWhole(provider, given)),
      split: { trunkNodes: 0, tailNodes: model.graph.node.length, trunkShare: 0, reason: cut },
    }
  }
  const { trunk, tail, crossing } = cut
  const initializers = new Set(model.graph.initializer.map(({ name }) => name))
  const names = {
    inputNames: model.graph.input.map(({ name }) => name).filter((name) => !initializers.has(name)),
    outputNames: model.graph.output.map(({ name }) => name),
    crossing: [...crossing.keys()],
    parts,
    sizes: trunk.graph.output.map(({ name }) => name).filter((name) => ownOutputs.has(name)),
  }
  const onCpu = (output: string) => ownOutputs.has(output) || !isFloat(crossing.get(output))
  const openTrunk = open(writeModel(trunk), trunk, onCpu)
  const openTail = open(writeModel(tail), tail, (output) => ownOutputs.has(output))
  return {
    async openOn(provider, given): Promise<Network> {
      const first = await openTrunk(provider, given)
      try {
        return cutNetwork(first, await openTail(provider, given), names)
      } catch (error) {
        await first.release()
        throw error
      }
    },
    split: {
      trunkNodes: trunk.graph.node.length,
      tailNodes: tail.graph.node.length,
      trunkShare: cut.trunkShare,
      reason: undefined,
    },
  }
}

type OpenPart = (...on: Parameters<OpenOn>) => Promise<InferenceSession>

/** Integers and truths are small, and ONNX Runtime reads many of them on the CPU. */
function isFloat(crossing: Description | undefined): boolean {
  return !crossing || crossing.type === Type.FLOAT || crossing.type === Type.FLOAT16
}
