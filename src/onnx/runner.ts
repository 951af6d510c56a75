/** A model opened on one execution provider, with everything that runs it there: noise, statistics, buffers. */

import { createEngine, type Engine } from '../engine.js'
import type { GeneratorName } from '../options.js'
import type { Network } from './network.js'
import { createNoiseBuffers } from './noise-buffers.js'
import { createNoiseShapes, type NoiseShapes, type StatedShapes } from './noise-shapes.js'
import { createArrayNoise, type NoiseSource } from './noise-source.js'
import { inTurn, type Opened, type OrtModule } from './ort.js'
import type { RunInput } from './rewrite.js'

export interface Runner {
  readonly ort: OrtModule
  readonly opened: Opened
  readonly network: Network
  readonly engine: Engine
  readonly noise: NoiseSource
  readonly noiseShapes: NoiseShapes
  readonly inputs: readonly RunInput[]
  /** Whether stacked samples give what single ones give, by the shapes of the feeds and the output. */
  readonly stacks: Map<string, boolean>
  release(): Promise<void>
}

export async function createRunner(...given: Parameters<typeof equip>): Promise<Runner> {
  try {
    return await equip(...given)
  } catch (error) {
    const [ort, { network }] = given
    await inTurn(ort, () => network.release())
    throw error
  }
}

async function equip(
  ort: OrtModule,
  opened: Opened,
  stated: StatedShapes,
  generator: GeneratorName | undefined,
): Promise<Runner> {
  const { device, network } = opened
  const { inputs } = stated
  const engine = await createEngine(device ? { backend: 'webgpu', device } : { backend: 'cpu' })
  const noise = device
    ? createNoiseBuffers(ort, device, { inputs, generator })
    : createArrayNoise(ort, { inputs, generator })
  return {
    ort,
    opened,
    network,
    engine,
    noise,
    noiseShapes: createNoiseShapes(ort, stated),
    inputs,
    stacks: new Map(),
    async release() {
      noise.destroy()
      engine.destroy()
      await inTurn(ort, () => network.release())
    },
  }
}
