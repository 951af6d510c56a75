/** Every pipeline that the pieces of shaders/ make, compiled and not run: no error, and nothing a compiler warns of. */

import { native1 } from '../../src/generators/native-1/index.js'
import { createStatistics } from '../../src/monte-carlo/statistics-webgpu.js'
import type { ApplyDispatch, Tuning, Walk } from '../../src/plan.js'
import { applyPipelines, type Io, maskPipeline } from '../../src/webgpu/pipelines.js'
import { VARIANTS } from '../support/forced'
import type { Case } from './case'

const [exact, trusting] = VARIANTS

const masks = [exact, trusting].map((variant) =>
  compiled(`generate_mask, rotation by ${variant.rotation}`, (device) => {
    maskPipeline(device, native1, variant)
  }),
)

const applies = (['words', 'runs', 'columns', 'wideColumns'] satisfies Walk[]).flatMap((walk) =>
  (
    [
      { width: 4, io: 'separate', variant: exact },
      { width: 4, io: 'separate', variant: trusting },
      { width: 4, io: 'in-place', variant: exact },
      { width: 4, io: 'ones', variant: exact },
      { width: 4, io: 'ones', variant: trusting },
      { width: 1, io: 'separate', variant: exact },
      { width: 1, io: 'in-place', variant: exact },
      { width: 1, io: 'ones', variant: exact },
    ] satisfies { width: 1 | 4; io: Io; variant: Tuning }[]
  ).map(({ width, io, variant }) => {
    const pieces = [walk, width === 4 ? 'vec4' : 'scalar', io, variant.trusting ? 'trusting' : 'exact']
    return compiled(`apply_mask, ${pieces.join(', ')}`, (device) => {
      const dispatch = { walk, width } as ApplyDispatch
      applyPipelines(device).pipeline('float32', dispatch, variant, io)
    })
  }),
)

const statistics = (
  [
    { outputs: 'values', settling: false },
    { outputs: 'gaussian', settling: false },
    { outputs: 'probabilities', settling: false },
    { outputs: 'probabilities', settling: true },
    { outputs: 'logits', settling: false },
    { outputs: 'logits', settling: true },
  ] as const
).map(({ outputs, settling }) =>
  compiled(`accumulate_${outputs}${settling ? ', settling' : ''}`, (device) => {
    const rowLength = outputs === 'values' ? 0 : 2
    createStatistics(device, { outputs, elements: 12, rowLength, settling }).destroy()
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
