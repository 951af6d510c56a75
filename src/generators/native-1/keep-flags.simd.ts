/**
 * The native stream in WebAssembly: four groups of 128 cells at once, one in each lane. AssemblyScript. Scalar
 * counterpart: keep-flags.ts.
 */

import { encrypt, expandKey, SCHEDULE_BYTES } from './threefry4x32.simd'

/** Byte offsets of the parameters, as draw-params.ts writes them, and of the memory behind them. */
const STEP: usize = 16
const THRESHOLD: usize = 24
const PLANES: usize = 28
const UNDRAWN: usize = 32
const SCHEDULE: usize = 48
const PLANE: usize = SCHEDULE + SCHEDULE_BYTES

/**
 * Writes the keep flags of `groups` groups to `out`, four words each, rounded up to a multiple of four groups.
 *
 * @param params address of the parameters
 * @param low the first group, low word
 * @param high its high word
 */
export function drawGroups(params: usize, low: u32, high: u32, groups: i32, out: usize): void {
  const threshold = load<i32>(params + THRESHOLD)
  const planes = load<i32>(params + PLANES)
  const undrawn = i32x4.splat(load<i32>(params + UNDRAWN))
  const step0 = i32x4.splat(load<i32>(params + STEP))
  const step1 = i32x4.splat(load<i32>(params + STEP + 4))
  const schedule = params + SCHEDULE
  const plane = params + PLANE
  expandKey(params, schedule)

  let group: u64 = ((high as u64) << 32) | (low as u64)
  const end = out + 16 * groups
  for (; out < end; out += 64) {
    const counter0 = i32x4(group as i32, (group + 1) as i32, (group + 2) as i32, (group + 3) as i32)
    // the low five bits hold the plane; cells below 2^53 fit in the rest
    const counter1 = i32x4.shl(
      i32x4(
        (group >> 32) as i32,
        ((group + 1) >> 32) as i32,
        ((group + 2) >> 32) as i32,
        ((group + 3) >> 32) as i32,
      ),
      5,
    )
    let keep0 = undrawn
    let keep1 = undrawn
    let keep2 = undrawn
    let keep3 = undrawn
    let open0 = i32x4.splat(-1)
    let open1 = open0
    let open2 = open0
    let open3 = open0
    for (let p = 0; p < planes; p++) {
      encrypt(schedule, counter0, v128.or(counter1, i32x4.splat(p)), step0, step1, plane)
      const plane0 = v128.load(plane)
      const plane1 = v128.load(plane, 16)
      const plane2 = v128.load(plane, 32)
      const plane3 = v128.load(plane, 48)
      if (threshold << p < 0) {
        keep0 = v128.or(keep0, v128.andnot(open0, plane0))
        keep1 = v128.or(keep1, v128.andnot(open1, plane1))
        keep2 = v128.or(keep2, v128.andnot(open2, plane2))
        keep3 = v128.or(keep3, v128.andnot(open3, plane3))
        open0 = v128.and(open0, plane0)
        open1 = v128.and(open1, plane1)
        open2 = v128.and(open2, plane2)
        open3 = v128.and(open3, plane3)
      } else {
        open0 = v128.andnot(open0, plane0)
        open1 = v128.andnot(open1, plane1)
        open2 = v128.andnot(open2, plane2)
        open3 = v128.andnot(open3, plane3)
      }
      if (!v128.any_true(v128.or(v128.or(open0, open1), v128.or(open2, open3)))) break
    }
    storeGroups(out, keep0, keep1, keep2, keep3)
    group += 4
  }
}

/** Vector w holds word w of four groups; memory holds the words of a group side by side. */
function storeGroups(out: usize, word0: v128, word1: v128, word2: v128, word3: v128): void {
  const low01 = v128.shuffle<i32>(word0, word1, 0, 4, 1, 5)
  const low23 = v128.shuffle<i32>(word2, word3, 0, 4, 1, 5)
  const high01 = v128.shuffle<i32>(word0, word1, 2, 6, 3, 7)
  const high23 = v128.shuffle<i32>(word2, word3, 2, 6, 3, 7)
  v128.store(out, v128.shuffle<i64>(low01, low23, 0, 2))
  v128.store(out, v128.shuffle<i64>(low01, low23, 1, 3), 16)
  v128.store(out, v128.shuffle<i64>(high01, high23, 0, 2), 32)
  v128.store(out, v128.shuffle<i64>(high01, high23, 1, 3), 48)
}
