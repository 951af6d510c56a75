/**
 * Writes the parameters of a draw in the layout of `DrawParams` in keep-flags.wgsl, which a test compares with this;
 * keep-flags.simd.ts reads the same.
 */

import { keyOf, type NativeDraw } from './draw.js'
import { type NativeKeepRule, planesOf } from './keep-rule.js'

/** Byte offsets of the members of `DrawParams`; `size` is the size of the struct. */
export const DRAW_PARAMS = { key: 0, step: 16, threshold: 24, planes: 28, undrawn: 32, size: 48 } as const

export function writeDrawParams(view: DataView, rule: NativeKeepRule, draw: NativeDraw): void {
  const { step } = draw
  const { threshold } = rule
  const at = DRAW_PARAMS
  keyOf(draw).forEach((word, i) => {
    view.setUint32(at.key + 4 * i, word, true)
  })
  view.setUint32(at.step, step.lo, true)
  view.setUint32(at.step + 4, step.hi, true)
  view.setUint32(at.threshold, threshold >>> 0, true)
  view.setUint32(at.planes, planesOf(rule), true)
  view.setUint32(at.undrawn, threshold === 2 ** 32 ? 0xffffffff : 0, true)
}
