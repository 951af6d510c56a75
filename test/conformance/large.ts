/** Tensors above 128 MiB, more than one binding of most devices: held against the CPU, since the judge takes hours. */

import { dropout as dropoutOnCpu } from '../../src/cpu/index.js'
import { createDropout } from '../../src/webgpu/index.js'
import { count } from '../support/judge'
import { ABOVE_BINDING, expectSameLongBits, longInput } from '../support/long'
import type { Case } from './case'

const call = { seed: 8, stream: 1, step: 2, cellOffset: 2 ** 32 - 5 }

/** One for each way to find the flags: along rows, down columns, and one for a whole run. */
export const large: readonly Case[] = [ABOVE_BINDING[0], ABOVE_BINDING[4], ABOVE_BINDING[5]].map((layer) => ({
  group: 'large',
  name: `[${layer.shape}] with noise shape ${JSON.stringify(layer.noiseShape ?? layer.shape)}`,
  async run(gpu) {
    const x = longInput(count(layer.shape))
    const [source, output] = [gpu.buffer(x), gpu.buffer(x.byteLength)]
    const op = createDropout(gpu.device, { ...layer, rate: 0.5 })
    gpu.submit((encoder) => op.encode(encoder, { input: source, output }, call))
    const expected = dropoutOnCpu(x, { ...layer, rate: 0.5, ...call })
    expectSameLongBits(await gpu.read(output), expected, String(layer.shape))
    op.destroy()
  },
}))
