/** Every pipeline that the pieces of shaders/ make, compiled and not run: no error, and nothing a compiler warns of. */

import type { ApplyDispatch, Walk } from '../../src/plan.js'
import type { OutputKind } from '../../src/statistics.js'
import { pipelinesOf } from '../../src/webgpu/pipelines.js'
import { createStatistics } from '../../src/webgpu/statistics.js'
import { VARIANTS } from '../support/forced'
import type { Case } from './case'

const [exact, trusting] = VARIANTS

const masks = [exact, trusting].map((variant) =>
  compiled(`generate_mask, rotation by ${variant.rotation}`, (device) => {
    pipelinesOf(device).generateMask(variant)
  }),
)

const applies = (['words', 'runs', 'columns', 'wideColumns'] satisfies Walk[]).flatMap((walk) =>
  [
    { width: 4, inPlace: false, variant: exact },
    { width: 4, inPlace: false, variant: trusting },
    { width: 4, inPlace: true, variant: exact },
    { width: 1, inPlace: false, variant: exact },
    { width: 1, inPlace: true, variant: exact },
  ].map(({ width, inPlace, variant }) => {
    const pieces = [
      walk,
      width === 4 ? 'vec4' : 'scalar',
      inPlace ? 'in place' : 'separate',
      variant.trusting ? 'trusting' : 'exact',
    ]
    return compiled(`apply_mask, ${pieces.join(', ')}`, (device) => {
      const dispatch = { walk, width } as ApplyDispatch
      pipelinesOf(device).applyMask(dispatch, variant, inPlace)
    })
  }),
)

const statistics = (['values', 'probabilities', 'logits'] satisfies OutputKind[]).map((outputs) =>
  compiled(`accumulate_${outputs}`, (device) => {
    createStatistics(device, { outputs, elements: 12, classes: outputs === 'values' ? 0 : 3 }).destroy()
  }),
)

export const pipelines: readonly Case[] = [...masks, ...applies, ...statistics]

function compiled(name: string, make: (device: GPUDevice) => void): Case {
  return {
    group: 'pipelines',
    name,
    async run({ device }) {
      const modules: GPUShaderModule[] = []
      make(
        seen(device, (descriptor) => {
          const module = device.createShaderModule(descriptor)
          modules.push(module)
          return module
        }),
      )
      if (modules.length === 0) throw new Error('nothing was compiled')
      for (const module of modules) {
        const { messages } = await module.getCompilationInfo()
        if (messages.length > 0) {
          throw new Error(
            messages.map(({ type, lineNum, message }) => `${type} in line ${lineNum}: ${message}`).join('\n'),
          )
        }
      }
    },
  }
}

/** The device under another identity, so that it has no pipeline yet, and with an eye on its modules. */
function seen(device: GPUDevice, createShaderModule: GPUDevice['createShaderModule']): GPUDevice {
  return new Proxy(device, {
    get(real, name) {
      if (name === 'createShaderModule') return createShaderModule
      const member: unknown = Reflect.get(real, name, real)
      return typeof member === 'function' ? member.bind(real) : member
    },
  })
}
