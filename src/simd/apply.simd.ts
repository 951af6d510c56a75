/** AssemblyScript, compiled to WebAssembly: drops and scales values. Scalar counterpart: src/cpu/apply.ts. */

export { spreadFlags } from './spread.simd'

/** Bytes of the 32 values that one word of flags is for. */
const BLOCK: i32 = 128

const SIGN: i32 = 1 << 31
const INFINITE: i32 = 0x7f800000
const SMALLEST_NORMAL: i32 = 0x00800000

/**
 * Multiplies kept values in place and zeroes dropped ones.
 *
 * @param values address of the values; whole blocks of 32 are read and written
 * @param flags address of one flag per value, packed like a mask
 * @param elements how many values
 */
export function applyFlags(values: usize, flags: usize, elements: i32, scale: f32): void {
  const factor = f32x4.splat(scale)
  const end = values + 4 * elements
  for (; values < end; values += BLOCK, flags += 4) {
    // the flag of value 4 k + j at bit 4 k + 3 of lane j, a shift away from the sign
    const lanes = i32x4.mul(i32x4.splat(load<i32>(flags)), i32x4(8, 4, 2, 1))
    if (isOrdinary(values)) {
      scalePacket(values, factor, i32x4.shl(lanes, 28))
      scalePacket(values + 16, factor, i32x4.shl(lanes, 24))
      scalePacket(values + 32, factor, i32x4.shl(lanes, 20))
      scalePacket(values + 48, factor, i32x4.shl(lanes, 16))
      scalePacket(values + 64, factor, i32x4.shl(lanes, 12))
      scalePacket(values + 80, factor, i32x4.shl(lanes, 8))
      scalePacket(values + 96, factor, i32x4.shl(lanes, 4))
      scalePacket(values + 112, factor, lanes)
    } else {
      for (let at = 0; at < BLOCK; at += 16) {
        scaleOdd(values + at, factor, i32x4.shl(lanes, 28 - (at >> 2)))
      }
    }
  }
}

/** Whether 2^-63 <= |x| < 2^64 for all of a block: adding 64 to the exponent sets bit 30 exactly then. */
function isOrdinary(values: usize): bool {
  const bias = i32x4.splat(64 << 23)
  let all = i32x4.add(v128.load(values), bias)
  all = v128.and(all, i32x4.add(v128.load(values, 16), bias))
  all = v128.and(all, i32x4.add(v128.load(values, 32), bias))
  all = v128.and(all, i32x4.add(v128.load(values, 48), bias))
  all = v128.and(all, i32x4.add(v128.load(values, 64), bias))
  all = v128.and(all, i32x4.add(v128.load(values, 80), bias))
  all = v128.and(all, i32x4.add(v128.load(values, 96), bias))
  all = v128.and(all, i32x4.add(v128.load(values, 112), bias))
  return !v128.any_true(v128.andnot(i32x4.splat(1 << 30), all))
}

/** Four ordinary values; the signs of `lanes` are their flags. */
function scalePacket(at: usize, factor: v128, lanes: v128): void {
  v128.store(at, v128.and(f32x4.mul(v128.load(at), factor), i32x4.shr_s(lanes, 31)))
}

/** Any four values: NaNs keep their bits, subnormals become a signed zero; arithmetic gets the rest right. */
function scaleOdd(at: usize, factor: v128, lanes: v128): void {
  const x = v128.load(at)
  const magnitude = v128.andnot(x, i32x4.splat(SIGN))
  const nan = i32x4.gt_s(magnitude, i32x4.splat(INFINITE))
  const subnormal = i32x4.lt_s(magnitude, i32x4.splat(SMALLEST_NORMAL))
  let y = f32x4.mul(x, factor)
  y = v128.bitselect(v128.and(x, i32x4.splat(SIGN)), y, subnormal)
  y = v128.bitselect(x, y, nan)
  v128.store(at, v128.and(y, i32x4.shr_s(lanes, 31)))
}
