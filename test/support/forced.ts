/** Both passes with the work cut in a way of the test's choosing, which changes no bit. */

import { type PlanLimits, planApply, planMask, type Tuning } from '../../src/plan.js'
import { readDraw, resolveDropout } from '../../src/resolve.js'
import { createApplyPass } from '../../src/webgpu/apply.js'
import { createMaskPass } from '../../src/webgpu/mask.js'
import { tuningFor } from '../../src/webgpu/tuning.js'
import type { Buffers } from './buffers'
import { count, type Draw, judgeNoiseShape } from './judge'

/** What the library chooses for SwiftShader, for other software adapters and for hardware. */
export const SHIPPED: readonly Tuning[] = ['SwiftShader', 'llvmpipe', 'a card'].map((description) =>
  tuningFor({ adapterInfo: { architecture: '', description } } as unknown as GPUDevice),
)

/** Every walk, with many and few packets to a thread, trusting and not, and both rotations of the generator. */
export const VARIANTS: readonly Tuning[] = [1, 8, 32, 512].flatMap((packets) =>
  [false, true].map(
    (trusting): Tuning => ({
      workgroupSize: packets === 32 ? 32 : 64,
      groupsPerThread: packets === 8 ? 3 : packets,
      packetsPerThread: { rows: packets, columns: packets },
      fewestThreads: packets === 32 ? 16 : 1,
      fewestPackets: 1,
      columnPackets: packets === 1 || packets === 32 ? 1 : 4,
      mostTurns: Number.POSITIVE_INFINITY,
      longestRow: 1000,
      trusting,
      rotation: trusting ? 'float' : 'shift',
    }),
  ),
)

/** With the walk that a plan should choose for the tensor in one piece; `columns` are wide ones where they may be. */
export const WALKED = [
  { shape: [5003], noiseShape: null, walk: 'words' },
  { shape: [7, 300], noiseShape: [null, 1], walk: 'runs' },
  { shape: [6, 5, 13, 13], noiseShape: [null, null, 1, 1], walk: 'runs' },
  { shape: [2501], noiseShape: [1], walk: 'runs' },
  { shape: [300, 7], noiseShape: [null, 1], walk: 'runs' },
  { shape: [301, 3], noiseShape: [null, 1], walk: 'runs' },
  { shape: [7, 300], noiseShape: [1, null], walk: 'columns' },
  { shape: [3, 40, 20], noiseShape: [null, 1, null], walk: 'columns' },
  { shape: [3, 40, 21], noiseShape: [null, 1, null], walk: 'words' },
  { shape: [2, 300, 4], noiseShape: [null, 1, null], walk: 'columns' },
  { shape: [2, 70, 48], noiseShape: [null, 1, null], walk: 'columns' },
  { shape: [33, 16], noiseShape: [1, null], walk: 'columns' },
  { shape: [4, 5, 6, 7, 3], noiseShape: [1, null, 1, null, 1], walk: 'runs' },
  { shape: [4, 5, 6, 7, 8], noiseShape: [null, 1, null, 1, null], walk: 'columns' },
  { shape: [4, 5, 6, 17], noiseShape: [1, null, 1, null], walk: 'words' },
  { shape: [4, 5, 6, 17], noiseShape: [null, 1, null, 1], walk: 'runs' },
] as const

/** Limits of a device that binds 1 KiB and runs grids of 3 workgroups a side. */
export function tightLimits({ limits }: GPUDevice): PlanLimits {
  return {
    maxBufferSize: limits.maxBufferSize,
    maxStorageBufferBindingSize: 1024,
    minStorageBufferOffsetAlignment: limits.minStorageBufferOffsetAlignment,
    maxComputeWorkgroupsPerDimension: 3,
  }
}

export interface Cut {
  variant: Tuning
  limits?: PlanLimits
  inPlace?: boolean
}

/** The packed mask and the output, as words. */
export async function dropoutCut(
  gpu: Buffers,
  draw: Draw,
  x: Uint32Array,
  { variant, limits = gpu.device.limits, inPlace = false }: Cut,
): Promise<{ mask: Uint32Array; output: Uint32Array }> {
  const dropout = resolveDropout(draw)
  const input = { buffer: gpu.buffer(x), offset: 0 }
  const output = inPlace ? input : { buffer: gpu.buffer(x.byteLength), offset: 0 }
  const mask = createMaskPass(gpu.device, dropout, planMask(dropout.cells, limits, variant), variant, 1)
  const applyPlan = planApply(dropout, limits, variant)
  const apply = createApplyPass(gpu.device, dropout, applyPlan, variant, mask.buffer)
  gpu.submit((encoder) => {
    const place = mask.prepare(readDraw(dropout, draw))
    const pass = encoder.beginComputePass()
    mask.record(pass, place)
    apply.record(pass, apply.bind(output, input))
    pass.end()
  })
  const words = Math.ceil(count(judgeNoiseShape(draw)) / 32)
  const [flags, y] = await Promise.all([gpu.read(mask.buffer), gpu.read(output.buffer)])
  mask.destroy()
  apply.destroy()
  for (const { buffer } of new Set([input, output])) buffer.destroy()
  return { mask: flags.subarray(0, words), output: y.subarray(0, x.length) }
}

/** The packed mask alone, with whatever lies behind it in its buffer. */
export async function maskCut(
  gpu: Buffers,
  draw: Draw,
  { variant, limits = gpu.device.limits }: Cut,
): Promise<Uint32Array> {
  const dropout = resolveDropout(draw)
  const mask = createMaskPass(gpu.device, dropout, planMask(dropout.cells, limits, variant), variant, 1)
  gpu.submit((encoder) => {
    const place = mask.prepare(readDraw(dropout, draw))
    const pass = encoder.beginComputePass()
    mask.record(pass, place)
    pass.end()
  })
  const words = await gpu.read(mask.buffer)
  mask.destroy()
  return words
}
