/** The layouts that WGSL and TypeScript share, held together by WGSL's own rules. */

import { expect, test } from 'vitest'
import applySource from '../../shaders/apply.wgsl?raw'
import maskSource from '../../shaders/mask.wgsl?raw'
import { DRAW_PARAMS } from '../../src/generators/native-1/draw-params.js'
import keepFlagsSource from '../../src/generators/native-1/keep-flags.wgsl?raw'
import { APPLY_PARAMS, MASK_PARAMS } from '../../src/webgpu/params.js'

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
