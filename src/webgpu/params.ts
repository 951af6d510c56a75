/** The parameters of both passes as bytes: the layout of shaders/params.wgsl, written by hand and tested against it. */

import type { Call } from '../options.js'
import type { ApplyDispatch, MaskDispatch } from '../plan.js'
import type { Rate } from '../rate.js'
import { planesOf, STREAM_VERSION, windowStart } from '../stream.js'

/** Byte offsets of the members of `MaskParams`; `size` is the size of the struct. */
export const MASK_PARAMS = {
  key: 0,
  call: 16,
  first_group: 24,
  threshold: 32,
  planes: 36,
  undrawn: 40,
  shift: 44,
  groups: 48,
  last_cells: 52,
  size: 64,
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
  zero: 40,
  packets_per_thread: 44,
  dims: 48,
  size: 176,
} as const

/** Bytes from one set of parameters of `size` bytes to the next, both at places where a dynamic offset may point. */
export function paramsStride(device: GPUDevice, size: number): number {
  const alignment = device.limits.minUniformBufferOffsetAlignment
  return Math.ceil(size / alignment) * alignment
}

/** Writes `MaskParams` into `view`. */
export function writeMaskParams(view: DataView, threshold: number, call: Call, dispatch: MaskDispatch): void {
  const at = MASK_PARAMS
  const start = windowStart(call.cellOffset)
  const group = start.group + dispatch.firstGroup
  setWords(view, at.key, [call.seed.lo, call.seed.hi, call.stream, STREAM_VERSION])
  setWords(view, at.call, [call.call.lo, call.call.hi])
  setWords(view, at.first_group, [group >>> 0, Math.floor(group / 2 ** 32)])
  setWords(view, at.threshold, [threshold >>> 0])
  setWords(view, at.planes, [planesOf(threshold)])
  setWords(view, at.undrawn, [threshold === 2 ** 32 ? 0xffffffff : 0])
  setWords(view, at.shift, [start.shift])
  setWords(view, at.groups, [dispatch.groups])
  setWords(view, at.last_cells, [dispatch.lastCells])
}

/** Writes `ApplyParams` into `view`. */
export function writeApplyParams(view: DataView, rate: Rate, dispatch: ApplyDispatch): void {
  const at = APPLY_PARAMS
  view.setFloat32(at.scale, rate.scale, true)
  setWords(view, at.largest, [rate.largest])
  setWords(view, at.flush_below, [rate.flushBelow])
  setWords(view, at.first, [dispatch.first])
  setWords(view, at.count, [dispatch.count])
  setWords(view, at.cell, [dispatch.cell])
  setWords(view, at.dim_count, [dispatch.dims.length])
  setWords(view, at.columns, [dispatch.blocks.columns])
  setWords(view, at.rows, [dispatch.blocks.rows])
  setWords(view, at.strips, [dispatch.blocks.strips])
  view.setFloat32(at.zero, 0, true)
  setWords(view, at.packets_per_thread, [dispatch.packetsPerThread])
  setWords(
    view,
    at.dims,
    dispatch.dims.flatMap(({ wrap, size, start, stride }) => [wrap, size, start, stride]),
  )
}

function setWords(view: DataView, offset: number, words: readonly number[]): void {
  words.forEach((word, i) => {
    view.setUint32(offset + 4 * i, word, true)
  })
}
