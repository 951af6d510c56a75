/** Both kernels of the CPU, on the runtime's own engine: every walk, any bits, windows of the noise, known answers. */

import { dropout, mask } from '../../src/cpu/index.js'
import { CPU_KERNELS, cpuKernel, forceKernel } from '../../src/simd/choice.js'
import { expectSameBits, floats } from '../support/compare'
import { WALKED } from '../support/forced'
import { goldenMasks, goldenOutputs } from '../support/golden'
import { input } from '../support/inputs'
import { judgeDropout, judgeMask } from '../support/judge'
import type { Case } from './case'

/** More than two windows of WebAssembly, which the shapes of the GPU's cases are not. */
const LONG = [
  { shape: [40_001], noiseShape: null },
  { shape: [40, 1013], noiseShape: [null, 1] },
  { shape: [9, 5000], noiseShape: [1, null] },
]

const compiles: Case = {
  group: 'CPU',
  name: 'this runtime computes large tensors with WebAssembly SIMD',
  async run() {
    if (cpuKernel() !== 'wasm-simd') throw new Error(`it computes them in ${cpuKernel()}`)
  },
}

const walks = [...WALKED, ...LONG].flatMap(({ shape, noiseShape }) =>
  (['rare', 'any bits'] as const).map((odd) =>
    onKernels(`[${shape}] with noise shape ${JSON.stringify(noiseShape)}, odd values: ${odd}`, () => {
      const draw = { shape, noiseShape, rate: 0.3, seed: 11, stream: 2, step: 5, cellOffset: 2 ** 39 - 77 }
      const x = input(shape, 1, odd)
      const y = judgeDropout(x, draw)
      const words = judgeMask(draw)
      return (kernel) => {
        expectSameBits(mask(draw), words, { packed: true, what: `mask, ${kernel}` })
        expectSameBits(dropout(floats(x), draw), y, { shape, what: kernel })
        const values = floats(x.slice())
        expectSameBits(dropout(values, { ...draw, output: values }), y, {
          shape,
          what: `${kernel}, in place`,
        })
      }
    }),
  ),
)

const masks = goldenMasks.map(({ name, draw, words }) =>
  onKernels(`known mask: ${name}`, () => (kernel) => {
    expectSameBits(mask(draw), words, { packed: true, what: kernel })
  }),
)

const outputs = goldenOutputs.map(({ name, draw, x, y }) =>
  onKernels(`known output: ${name}`, () => (kernel) => {
    expectSameBits(dropout(floats(x), draw), y, { shape: draw.shape, what: kernel })
  }),
)

export const cpu: readonly Case[] = [compiles, ...walks, ...masks, ...outputs]

/** What `prepare` returns is tried on each kernel. */
function onKernels(name: string, prepare: () => (kernel: string) => void): Case {
  return {
    group: 'CPU',
    name,
    async run() {
      const check = prepare()
      try {
        for (const kernel of CPU_KERNELS) {
          forceKernel(kernel)
          check(kernel)
        }
      } finally {
        forceKernel()
      }
    },
  }
}
