/** The layouts that WGSL and TypeScript share, held together by WGSL's own rules. */

import { describe, expect, test } from 'vitest'
import applySource from '../../shaders/apply.wgsl?raw'
import maskSource from '../../shaders/mask.wgsl?raw'
import { DRAW_PARAMS } from '../../src/generators/native-1/draw-params.js'
import keepFlagsSource from '../../src/generators/native-1/keep-flags.wgsl?raw'
import { readDraw, resolveDropout } from '../../src/resolve.js'
import {
  APPLY_PARAMS,
  MASK_PARAMS,
  maskParamsSize,
  paramsStride,
  writeApplyParams,
  writeMaskParams,
} from '../../src/webgpu/params.js'

/** Alignment and size in bytes of the types in them, from the table in WGSL section 14.4.1. */
const TYPES: Record<string, { align: number; size: number }> = {
  f32: { align: 4, size: 4 },
  u32: { align: 4, size: 4 },
  'vec2<u32>': { align: 8, size: 8 },
  'vec4<u32>': { align: 16, size: 16 },
  'array<Dim, 8>': { align: 4, size: 128 },
  DrawParams: { align: 16, size: DRAW_PARAMS.size },
}

/** The members of a struct with their byte offsets, and the struct's size. */
function layoutOf(struct: string, source: string): { members: Record<string, number>; size: number } {
  const body = new RegExp(`struct ${struct} \\{(.*?)\\n\\}`, 's').exec(source)?.[1] ?? ''
  const members: Record<string, number> = {}
  let end = 0
  let widest = 0
  for (const [, explicit, name, type] of body.matchAll(
    /^ *(?:@align\((\d+)\) )?(\w+): ([^/\n]+?),\s*(?:\/\/|$)/gm,
  )) {
    const align = Number(explicit ?? TYPES[type].align)
    members[name] = Math.ceil(end / align) * align
    end = members[name] + TYPES[type].size
    widest = Math.max(widest, align)
  }
  return { members, size: Math.ceil(end / widest) * widest }
}

test('TypeScript writes MaskParams where WGSL reads it', () => {
  expect(MASK_PARAMS).toEqual(layoutOf('MaskParams', maskSource).members)
})

test('the native generator writes DrawParams where WGSL reads it', () => {
  const { size, ...members } = DRAW_PARAMS
  expect({ members, size }).toEqual(layoutOf('DrawParams', keepFlagsSource))
})

test('TypeScript writes ApplyParams where WGSL reads it', () => {
  const { size, ...members } = APPLY_PARAMS
  expect({ members, size }).toEqual(layoutOf('ApplyParams', applySource))
})

test('a Dim is wrap, size, start and stride, the four words that TypeScript writes for it', () => {
  expect(layoutOf('Dim', applySource)).toEqual({
    members: { wrap: 0, size: 4, start: 8, stride: 12 },
    size: 16,
  })
})

/** The little-endian words that WGSL reads. */
const wordsOf = (bytes: ArrayBuffer, from = 0, count = bytes.byteLength / 4 - from) => {
  const view = new DataView(bytes)
  return Array.from({ length: count }, (_, i) => view.getUint32(4 * (from + i), true))
}

describe('the parameters of the mask pass', () => {
  const dispatch = {
    mask: { offset: 0, size: 64 },
    firstGroup: 3,
    groups: 4,
    lastCells: 77,
    groupsPerThread: 2,
    grid: [1, 1],
  } as const

  /** The words of a call whose parameters begin 64 bytes into the buffer. */
  function written(rate: number) {
    const dropout = resolveDropout({ shape: [500], rate })
    const draw = readDraw(dropout, {
      ...{ seed: 0x1122334455667788n, stream: 9, step: 0xaabbccdd00112233n },
      cellOffset: 2 ** 41 + 5,
    })
    const size = maskParamsSize(dropout.generator.name)
    const bytes = new ArrayBuffer(64 + size)
    writeMaskParams(bytes, 64, dropout, draw, dispatch)
    expect(wordsOf(bytes, 0, 16)).toEqual(new Array(16).fill(0))
    return { words: wordsOf(bytes, 16), size }
  }

  test('are the first group of 128 cells in two words, the cells before the window, what to draw, and how much of it a thread', () => {
    const group = 2n ** 34n + 3n // 2^41 cells are 2^34 groups
    const { words, size } = written(0.75)
    expect(size).toBe(80)
    expect(words.slice(0, 8)).toEqual([3, Number(group >> 32n), 5, 4, 77, 2, 0, 0])
  })

  test.each([
    // a cell is kept if its 32 bits are below (1 - rate) 2^32, and the planes below its last 1 decide nothing
    { rate: 0.75, threshold: 0x40000000, planes: 2, undrawn: 0 },
    { rate: 0.5, threshold: 0x80000000, planes: 1, undrawn: 0 },
    { rate: 2 ** -32, threshold: 0xffffffff, planes: 32, undrawn: 0 },
    { rate: 0, threshold: 0, planes: 0, undrawn: 0xffffffff },
    { rate: 1, threshold: 0, planes: 0, undrawn: 0 },
  ])('end with key, step and threshold, for rate $rate', ({ rate, threshold, planes, undrawn }) => {
    const key = [0x55667788, 0x11223344, 9, 1] // seed, stream, version of the stream
    const step = [0x00112233, 0xaabbccdd]
    expect(written(rate).words.slice(8, 17)).toEqual([...key, ...step, threshold, planes, undrawn])
  })

  test.each([
    [32, 80, 96],
    [64, 80, 128],
    [256, 80, 256],
    [256, 256, 256],
    [32, 96, 96],
  ])('are aligned to %i bytes: %i take %i', (minUniformBufferOffsetAlignment, size, stride) => {
    const device = { limits: { minUniformBufferOffsetAlignment } } as unknown as GPUDevice
    expect(paramsStride(device, size)).toBe(stride)
  })
})

test('the parameters of the apply pass are the scale and its limits, the part, the block, and four words a dim', () => {
  const bytes = new ArrayBuffer(8 + APPLY_PARAMS.size)
  const dims = [
    { wrap: 11, size: 12, start: 13, stride: 14 },
    { wrap: 0xffffffff, size: 22, start: 23, stride: 24 },
  ]
  writeApplyParams(
    new DataView(bytes, 8),
    { scale: 1.5, largest: 0x7f2aaaaa, flushBelow: 0x00800000 },
    {
      ...{
        walk: 'columns',
        width: 4,
        tensor: { offset: 0, size: 0 },
        mask: { offset: 0, size: 0 },
        grid: [1, 1],
      },
      ...{
        first: 1,
        count: 2,
        cell: 3,
        packetsPerThread: 7,
        blocks: { columns: 4, rows: 5, strips: 6 },
        dims,
      },
    },
  )
  const scale = 0x3fc00000 // 1.5
  expect(wordsOf(bytes, 2, 20)).toEqual([
    ...[scale, 0x7f2aaaaa, 0x00800000, 1, 2, 3, 2, 4, 5, 6, 7, 0],
    ...[11, 12, 13, 14, 0xffffffff, 22, 23, 24],
  ])
  expect(new Set(wordsOf(bytes, 22))).toEqual(new Set([0]))
})
