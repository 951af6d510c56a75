/**
 * The native stream on the CPU: keep flags of 128 cells. GPU counterpart: keep-flags.wgsl.
 *
 * One generator call gives bit plane p of 128 cells: bit p, from the top, of each cell's 32-bit draw U. So U < T can be
 * decided from the top plane down, for all 128 cells at once.
 */

import type { GroupDrawer } from '../generator.js'
import { keyOf, type NativeDraw } from './draw.js'
import { type NativeKeepRule, planesOf } from './keep-rule.js'
import { encrypt, expandKey } from './threefry4x32.js'

export function nativeDrawer(rule: NativeKeepRule, draw: NativeDraw): GroupDrawer {
  const { threshold } = rule
  const { step } = draw
  if (threshold === 0) return (_, keep) => keep.fill(0)
  if (threshold === 2 ** 32) return (_, keep) => keep.fill(-1)
  const planes = planesOf(rule)
  const bits = threshold | 0
  const key = expandKey(keyOf(draw))
  const counter = Int32Array.of(0, 0, step.lo, step.hi)
  const plane = new Int32Array(4)

  return (group, keep) => {
    counter[0] = group % 2 ** 32
    const high = Math.floor(group / 2 ** 32) << 5 // the low five bits hold the plane; cells below 2^53 fit in the rest
    let keep0 = 0
    let keep1 = 0
    let keep2 = 0
    let keep3 = 0
    let open0 = -1
    let open1 = -1
    let open2 = -1
    let open3 = -1
    for (let p = 0; p < planes; p++) {
      counter[1] = high | p
      encrypt(counter, key, plane)
      const bit = (bits << p) >> 31
      keep0 |= open0 & bit & ~plane[0]
      keep1 |= open1 & bit & ~plane[1]
      keep2 |= open2 & bit & ~plane[2]
      keep3 |= open3 & bit & ~plane[3]
      open0 &= ~(plane[0] ^ bit)
      open1 &= ~(plane[1] ^ bit)
      open2 &= ~(plane[2] ^ bit)
      open3 &= ~(plane[3] ^ bit)
      if ((open0 | open1 | open2 | open3) === 0) break
    }
    keep[0] = keep0
    keep[1] = keep1
    keep[2] = keep2
    keep[3] = keep3
  }
}
