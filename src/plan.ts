/**
 * Plans the dispatches of a dropout for given device limits. Plain data in, plain data out: no GPU objects, so plans
 * for tensors larger than any machine's memory can be tested too.
 */

import { type Axis, axesOf, cellBounds, indicesOf } from './axes.js'
import { type ElementType, tensorBytes } from './elements/element.js'
import { CELLS_PER_GROUP } from './mask-words.js'
import type { Dropout } from './resolve.js'
import { reject, show } from './validation.js'

/** The device limits that a plan depends on; a `GPUSupportedLimits` will do. */
export interface PlanLimits {
  maxBufferSize: number
  maxStorageBufferBindingSize: number
  minStorageBufferOffsetAlignment: number
  maxComputeWorkgroupsPerDimension: number
}

/**
 * How the apply pass traverses a tensor: `words` where the innermost dim is drawn, `runs` where it is broadcast,
 * `columns` and `wideColumns` where whole rows share their flags. See shaders/README.md.
 */
export type Walk = 'words' | 'runs' | 'columns' | 'wideColumns'

/** How the work is divided among threads. Has no effect on the results. */
export interface Tuning {
  workgroupSize: number
  /** Maximum number of groups of 128 cells per thread of the mask pass. */
  groupsPerThread: number
  /** Maximum number of four-element packets per thread of the apply pass, along rows and down columns. */
  packetsPerThread: Readonly<{ rows: number; columns: number }>
  /** Threads take less work than that where there would be fewer threads than this. */
  fewestThreads: number
  /** But not fewer packets than this, because a thread has a cost of its own. */
  fewestPackets: number
  /** Width of a column in packets. */
  columnPackets: 1 | 4
  /** Maximum number of turns that all loops of a thread take together. */
  mostTurns: number
  /** Column walks are not used for rows with more elements than this. */
  longestRow: number
  /** Multiply first, check afterwards: see shaders/software/apply-trusting.wgsl. */
  trusting: boolean
  /** How the generator rotates: see shaders/software/rotate-float.wgsl. */
  rotation: 'shift' | 'float'
}

/** A range of a buffer, in bytes. */
export interface ByteRange {
  offset: number
  size: number
}

/** Workgroups in x and y. */
export type Grid = readonly [number, number]

export interface MaskDispatch {
  /** The part of the mask buffer that this dispatch writes. */
  mask: ByteRange
  /** Its first 128-cell group, counted from the start of the mask. */
  firstGroup: number
  groups: number
  /** Cells in its last group, 1 to 128. */
  lastCells: number
  groupsPerThread: number
  grid: Grid
}

/** A merged dim relative to a dispatch's first element; all numbers below 2^32. See `Dim` in shaders/apply.wgsl. */
export interface DimFromStart {
  wrap: number
  size: number
  start: number
  stride: number
}

export interface ApplyDispatch {
  walk: Walk
  packetsPerThread: number
  /** Elements per packet: 4, or 1 for the last elements when the length is not a multiple of 4. */
  width: 4 | 1
  /** The bound part of the tensor, counted from the start of the planned elements. */
  tensor: ByteRange
  /** The bound part of the mask. */
  mask: ByteRange
  /** First element, counted from the start of `tensor`. */
  first: number
  count: number
  /** The first element's noise cell, counted from the start of `mask`. */
  cell: number
  /** Innermost first, at least one. */
  dims: readonly DimFromStart[]
  /** For column walks; all 0 for the others. */
  blocks: Blocks
  grid: Grid
}

/** Blocks of rows that share their flags: packets per row, rows per block, threads per column of a block. */
export interface Blocks {
  columns: number
  rows: number
  strips: number
}

/** Elements per packet. */
const WIDTH = 4
/** A thread takes whole words of the mask, for which the words walk is fastest. */
const PACKETS_PER_WORD = 32 / WIDTH
const NO_BLOCKS: Blocks = { columns: 0, rows: 0, strips: 0 }
const BYTES_PER_GROUP = 16
const U32_MAX = 2 ** 32 - 1
/** Shaders count the elements of a binding, and the mask's bits, in u32. */
export const MAX_BINDING = 2 ** 31 - 4
const MAX_MASK_BINDING = 2 ** 29

/** Size of the mask buffer in bytes: whole groups, at least one, because a binding cannot be empty. */
export function maskBytes(cells: number): number {
  return Math.max(1, Math.ceil(cells / CELLS_PER_GROUP)) * BYTES_PER_GROUP
}

/**
 * Plans pass 1 over `cells` noise cells.
 *
 * @throws RangeError if the mask does not fit in one buffer of the device
 */
export function planMask(cells: number, limits: PlanLimits, tuning: Tuning): MaskDispatch[] {
  const bytes = maskBytes(cells)
  if (bytes > limits.maxBufferSize) {
    const rule = `their mask takes ${bytes} bytes and this device allows ${limits.maxBufferSize} in a buffer`
    reject(RangeError, 'the number of noise cells', cells, rule, 'Draw the mask in parts with cellOffset')
  }
  const step = bindingBytes(limits, MAX_BINDING)
  const dispatches: MaskDispatch[] = []
  const groupsInAll = Math.ceil(cells / CELLS_PER_GROUP)
  for (let offset = 0; offset < groupsInAll * BYTES_PER_GROUP; offset += step) {
    const size = Math.min(step, bytes - offset)
    const firstGroup = offset / BYTES_PER_GROUP
    const groups = size / BYTES_PER_GROUP
    const groupsPerThread = Math.min(tuning.groupsPerThread, Math.ceil(groups / tuning.fewestThreads))
    dispatches.push({
      mask: { offset, size },
      firstGroup,
      groups,
      lastCells: Math.min(cells - (firstGroup + groups - 1) * CELLS_PER_GROUP, CELLS_PER_GROUP),
      groupsPerThread,
      grid: gridFor(Math.ceil(groups / groupsPerThread), limits, tuning),
    })
  }
  return dispatches
}

/**
 * Plans pass 2 over the elements `start` (a multiple of the offset alignment) to `end` of the tensor, `end` excluded.
 *
 * @throws RangeError if a part of the tensor needs more of the mask than the device can bind
 */
export function planApply(
  dropout: Dropout,
  limits: PlanLimits,
  tuning: Tuning,
  start = 0,
  end = dropout.elements,
): ApplyDispatch[] {
  const { element } = dropout
  const axes = axesOf(dropout.dims)
  const most = bindingBytes(limits, MAX_BINDING) / element.bytes
  const unit = chunkUnit(axes, most, elementAlignment(limits, element), tuning)
  const dispatches: ApplyDispatch[] = []
  for (let from = start; from < end; ) {
    let size = Math.min(Math.floor(most / unit) * unit, end - from)
    let mask = maskWindow(axes, from, from + size - 1, limits)
    while (mask.size > bindingBytes(limits, MAX_MASK_BINDING)) {
      const alignment = elementAlignment(limits, element)
      if (size <= alignment) rejectMaskWindow(dropout, limits)
      size = Math.ceil(size / 2 / alignment) * alignment
      mask = maskWindow(axes, from, from + size - 1, limits)
    }
    const tensor = { offset: tensorBytes(element, from - start), size: tensorBytes(element, size) }
    const whole = size - (size % WIDTH)
    const parts = [
      { width: WIDTH, first: 0, count: whole, ...walkFor(axes, from, whole, tuning) },
      { width: 1, first: whole, count: size - whole, walk: rowWalk(axes), packetsPerThread: 1 },
    ] as const
    for (const { width, first, count, walk, packetsPerThread } of parts) {
      if (count === 0) continue
      const at = seenFrom(axes, from + first)
      const alongRows = walk === 'words' || walk === 'runs'
      const blocks = alongRows ? NO_BLOCKS : blocksOf(axes, packetsPerThread / tuning.columnPackets)
      const threads = alongRows
        ? Math.ceil(count / width / packetsPerThread)
        : (count / WIDTH / blocks.rows / tuning.columnPackets) * blocks.strips
      dispatches.push({
        walk,
        packetsPerThread,
        width,
        tensor,
        mask,
        first,
        count,
        cell: at.cell - mask.offset * 8,
        dims: at.dims,
        blocks,
        grid: gridFor(threads, limits, tuning),
      })
    }
    from += size
  }
  return dispatches
}

/** The walk for a chunk, and its packets per thread: fewer where there would be too few threads. */
function walkFor(
  axes: readonly Axis[],
  from: number,
  count: number,
  tuning: Tuning,
): Pick<ApplyDispatch, 'walk' | 'packetsPerThread'> {
  const block = blockElements(axes, tuning)
  const downColumns = block > 0 && from % block === 0 && count % block === 0
  const most = tuning.packetsPerThread[downColumns ? 'columns' : 'rows']
  const share = Math.ceil(count / WIDTH / tuning.fewestThreads / PACKETS_PER_WORD) * PACKETS_PER_WORD
  const packetsPerThread = Math.min(most, Math.max(share, tuning.fewestPackets))
  if (!downColumns) return { walk: rowWalk(axes), packetsPerThread }
  return { walk: tuning.columnPackets === 1 ? 'columns' : 'wideColumns', packetsPerThread }
}

/** The walk along the innermost dim. */
function rowWalk([inner]: readonly Axis[]): Walk {
  return inner.stride > 0 ? 'words' : 'runs'
}

/** Elements of a block of rows that share their flags; 0 where no column walk applies. */
function blockElements([inner, outer]: readonly Axis[], { columnPackets, longestRow }: Tuning): number {
  const whole = inner.size % (WIDTH * columnPackets) === 0 && inner.size <= longestRow
  return inner.stride > 0 && outer && whole ? inner.size * outer.size : 0
}

function blocksOf([inner, outer]: readonly Axis[], rowsPerThread: number): Blocks {
  return { columns: inner.size / WIDTH, rows: outer.size, strips: Math.ceil(outer.size / rowsPerThread) }
}

/** Chunk sizes are multiples of this many elements: bindable, and whole blocks of rows where those fit. */
function chunkUnit(axes: readonly Axis[], most: number, alignment: number, tuning: Tuning): number {
  let unit = Math.max(blockElements(axes, tuning), 1)
  while (unit % alignment > 0 && unit <= most) unit *= 2
  return unit <= most && unit % alignment === 0 ? unit : alignment
}

/** The alignment of binding offsets, in elements. */
export function elementAlignment(limits: PlanLimits, { bytes }: ElementType): number {
  return byteAlignment(limits) / bytes
}

function seenFrom(axes: readonly Axis[], element: number): { cell: number; dims: DimFromStart[] } {
  const indices = indicesOf(axes, element)
  return {
    cell: axes.reduce((cell, { stride }, i) => cell + indices[i] * stride, 0),
    dims: axes.map(({ size, stride }, i) => ({
      wrap: Math.min(size - indices[i], U32_MAX),
      size: Math.min(size, U32_MAX),
      start: indices[i] % 2 ** 32,
      stride: stride % 2 ** 32,
    })),
  }
}

/** The bytes of the mask with the cells of elements `first` to `last`, starting at an aligned offset. */
function maskWindow(axes: readonly Axis[], first: number, last: number, limits: PlanLimits): ByteRange {
  const [low, high] = cellBounds(axes, indicesOf(axes, first), indicesOf(axes, last))
  const alignment = byteAlignment(limits)
  const offset = Math.floor(low / 8 / alignment) * alignment
  return { offset, size: Math.ceil((high + 1) / CELLS_PER_GROUP) * BYTES_PER_GROUP - offset }
}

/** As few rows of workgroups as the device allows, all of the same length. */
function gridFor(threads: number, limits: PlanLimits, { workgroupSize }: Tuning): Grid {
  const workgroups = Math.ceil(threads / workgroupSize)
  const rows = Math.ceil(workgroups / limits.maxComputeWorkgroupsPerDimension)
  return [Math.ceil(workgroups / rows), rows]
}

/** Maximum bytes per binding, rounded down to the offset alignment so that the next binding can begin there. */
function bindingBytes(limits: PlanLimits, cap: number): number {
  const alignment = byteAlignment(limits)
  return Math.floor(Math.min(limits.maxStorageBufferBindingSize, cap) / alignment) * alignment
}

/** At least 256 bytes, even if the device allows less, so that most devices get the same plan. */
function byteAlignment(limits: PlanLimits): number {
  return Math.max(256, limits.minStorageBufferOffsetAlignment)
}

function rejectMaskWindow({ shape, noiseShape, element }: Dropout, limits: PlanLimits): never {
  const bytes = bindingBytes(limits, MAX_MASK_BINDING)
  const rule = `some ${elementAlignment(limits, element)} neighbouring elements have their cells further apart than the ${bytes} bytes of mask that can be bound at a time`
  const remedy = `Request the device with a larger maxStorageBufferBindingSize, or split the shape ${show(shape)}`
  reject(RangeError, 'noiseShape', noiseShape, rule, remedy)
}
