/** Writes the parameters of both passes in the layouts of shaders/mask.wgsl and apply.wgsl; a test compares them. */

import type { Draw } from '../generators/generator.js'
import { GENERATORS_WGSL } from '../generators/wgsl.js'
import { windowStart } from '../mask-words.js'
import type { GeneratorName } from '../options.js'
import type { ApplyDispatch, MaskDispatch } from '../plan.js'
import type { Dropout } from '../resolve.js'
import type { Scale } from '../scale.js'

/** Byte offsets of the members of `MaskParams`; the generator's `DrawParams` begins at `draw`. */
export const MASK_PARAMS = {
  first_group: 0,
  shift: 8,
  groups: 12,
  last_cells: 16,
  groups_per_thread: 20,
  draw: 32,
} as const

/** Byte offsets of the members of `ApplyParams`; each of `dims` is four words: wrap, size, start, stride. */
export const APPLY_PARAMS = {
  scale: 0,
  largest: 4,
  flush_below: 8,
  first: 12,
  count: 16,
  cell: 20,
  dim_count: 24,
  columns: 28,
  rows: 32,
  strips: 36,
  packets_per_thread: 40,
  dims: 48,
  size: 176,
} as const

/** Size of `MaskParams`, including the generator's parameters. */
export function maskParamsSize(generator: GeneratorName): number {
  return MASK_PARAMS.draw + Math.ceil(GENERATORS_WGSL[generator].bytes / 16) * 16 // the struct's alignment
}

/** Bytes between consecutive sets of parameters of `size` bytes, aligned for dynamic offsets. */
export function paramsStride(device: GPUDevice, size: number): number {
  const alignment = device.limits.minUniformBufferOffsetAlignment
  return Math.ceil(size / alignment) * alignment
}

/** Writes `MaskParams` at `offset`. */
export function writeMaskParams(
  bytes: ArrayBuffer,
  offset: number,
  { generator, keepRule }: Pick<Dropout, 'generator' | 'keepRule'>,
  draw: Draw,
  dispatch: MaskDispatch,
): void {
  const view = new DataView(bytes, offset)
  const at = MASK_PARAMS
  const start = windowStart(draw.cellOffset)
  const group = start.group + dispatch.firstGroup
  view.setUint32(at.first_group, group, true)
  view.setUint32(at.first_group + 4, group / 2 ** 32, true)
  view.setUint32(at.shift, start.shift, true)
  view.setUint32(at.groups, dispatch.groups, true)
  view.setUint32(at.last_cells, dispatch.lastCells, true)
  view.setUint32(at.groups_per_thread, dispatch.groupsPerThread, true)
  GENERATORS_WGSL[generator.name].write(new DataView(bytes, offset + at.draw), keepRule, draw)
}

/** Writes `ApplyParams` into `view`. */
export function writeApplyParams(view: DataView, scale: Scale, dispatch: ApplyDispatch): void {
  const { first, count, cell, dims, blocks, packetsPerThread } = dispatch
  const words = {
    largest: scale.largest,
    flush_below: scale.flushBelow,
    first,
    count,
    cell,
    dim_count: dims.length,
    ...blocks,
    packets_per_thread: packetsPerThread,
  }
  const at = APPLY_PARAMS
  view.setFloat32(at.scale, scale.scale, true)
  for (const [member, word] of Object.entries(words)) {
    view.setUint32(at[member as keyof typeof words], word, true)
  }
  dims
    .flatMap(({ wrap, size, start, stride }) => [wrap, size, start, stride])
    .forEach((word, i) => {
      view.setUint32(at.dims + 4 * i, word, true)
    })
}
