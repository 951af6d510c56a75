/** The public entrances: ops in buffers, ranges and encoders of the user, and an engine on the user's device. */

import { createEngine } from '../../src/index.js'
import { createDropout } from '../../src/webgpu/index.js'
import type { Buffers } from '../support/buffers'
import { expectSameBits, floats } from '../support/compare'
import { input } from '../support/inputs'
import { type Draw, judgeDropout, judgeMask, judgeNoise } from '../support/judge'
import { type Case, each } from './case'

const group = 'bindings'
const call = { seed: 9, stream: 1, step: 4, cellOffset: 130 }
const LAYERS = [
  { shape: [1003], rate: 0.3 },
  { shape: [7, 301], noiseShape: [null, 1], rate: 0.3 },
  { shape: [5, 40, 20], noiseShape: [null, 1, null], rate: 0.3 },
  { shape: [3, 70, 48], noiseShape: [null, 1, null], rate: 0.3 },
]
const SENTINEL = 0xdeadbeef

const ops = LAYERS.flatMap(({ shape, noiseShape, rate }): Case[] => {
  const layer = { shape, noiseShape, rate }
  const draw: Draw = { ...layer, ...call }
  const x = input(shape, 6, 'rare')
  const y = () => judgeDropout(x, draw)
  const where = { shape }
  const op = (gpu: Buffers) => createDropout(gpu.device, layer)
  const on = `[${shape}]`
  return [
    {
      group,
      name: `${on}: from one buffer to another`,
      async run(gpu) {
        const [source, target, dropout] = [gpu.buffer(x), gpu.buffer(x.byteLength), op(gpu)]
        gpu.submit((encoder) => dropout.encode(encoder, { input: source, output: target }, call))
        expectSameBits(await gpu.read(target), y(), where)
        expectSameBits(await gpu.read(source), x, { ...where, what: 'the input afterwards' })
        dropout.destroy()
      },
    },
    {
      group,
      name: `${on}: in place`,
      async run(gpu) {
        const [tensor, dropout] = [gpu.buffer(x), op(gpu)]
        gpu.submit((encoder) => dropout.encode(encoder, { input: tensor, output: tensor }, call))
        expectSameBits(await gpu.read(tensor), y(), where)
        dropout.destroy()
      },
    },
    {
      group,
      name: `${on}: at offsets into larger buffers, whose other bytes stay`,
      async run(gpu) {
        const step = Math.max(256, gpu.device.limits.minStorageBufferOffsetAlignment) / 4
        const around = (contents: ArrayLike<number>, start: number) => {
          const words = new Uint32Array(start + contents.length + 99).fill(SENTINEL)
          words.set(contents, start)
          return words
        }
        const [source, target] = [gpu.buffer(around(x, 3 * step)), gpu.buffer(around(x, 5 * step))]
        const dropout = op(gpu)
        const input = { buffer: source, offset: 12 * step, size: x.byteLength }
        const output = { buffer: target, offset: 20 * step, size: x.byteLength }
        gpu.submit((encoder) => dropout.encode(encoder, { input, output }, call))
        expectSameBits(await gpu.read(target), around(y(), 5 * step), { what: 'all of the output buffer' })
        gpu.submit((encoder) => dropout.encode(encoder, { input, output: input }, call))
        expectSameBits(await gpu.read(source), around(y(), 3 * step), { what: 'all of it, in place' })
        dropout.destroy()
      },
    },
    {
      group,
      name: `${on}: forward, backward with the same mask and another call, in one encoder`,
      async run(gpu) {
        const dy = input(shape, 7)
        const [source, gradient] = [gpu.buffer(x), gpu.buffer(dy)]
        const [first, second, third] = [1, 2, 3].map(() => gpu.buffer(x.byteLength))
        const dropout = op(gpu)
        gpu.submit((encoder) => {
          dropout.encode(encoder, { input: source, output: first }, call)
          dropout.encode(encoder, { input: gradient, output: second }, { ...call, reuseMask: true })
          dropout.encode(encoder, { input: source, output: third }, { ...call, step: 5 })
        })
        expectSameBits(await gpu.read(first), y(), { ...where, what: 'forward' })
        expectSameBits(await gpu.read(second), judgeDropout(dy, draw), { ...where, what: 'backward' })
        const other = judgeDropout(x, { ...draw, step: 5 })
        expectSameBits(await gpu.read(third), other, { ...where, what: 'the other call' })
        dropout.destroy()
      },
    },
    {
      group,
      name: `${on}: an engine, from array to array`,
      async run({ device }) {
        const engine = await createEngine({ backend: 'webgpu', device })
        expectSameBits(await engine.dropout(floats(x), draw), y(), where)
        expectSameBits(await engine.mask(draw), judgeMask(draw), { packed: true, what: 'mask' })
        expectSameBits(await engine.noise(draw), judgeNoise(draw), { what: 'noise' })
        engine.destroy()
      },
    },
  ]
})

const edges: Case = {
  group,
  name: 'an engine on tensors of no element, one element and rank 0',
  async run({ device }) {
    const engine = await createEngine({ backend: 'webgpu', device })
    await each([[], [0], [3, 0, 2], [1, 1, 1]], async (shape) => {
      await each([0, 0.5, 1], async (rate) => {
        const draw = { shape, rate, seed: 3 }
        const x = input(shape, 1)
        expectSameBits(await engine.dropout(floats(x), draw), judgeDropout(x, draw), { what: `[${shape}]` })
      })
    })
    engine.destroy()
  },
}

export const bindings: readonly Case[] = [...ops, edges]
