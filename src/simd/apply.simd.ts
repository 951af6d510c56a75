/** AssemblyScript, compiled to WebAssembly: drops and scales values. Scalar counterpart: src/cpu/apply.ts. */

export { spreadFlags } from './spread.simd'

/** Bytes of the 32 values that one word of flags is for. */
const BLOCK: i32 = 128

const SIGN: i32 = 1 << 31
const INFINITE: i32 = 0x7f800000
const SMALLEST_NORMAL: i32 = 0x00800000

/**
 * Multiplies kept values and zeroes dropped ones.
 *
 * @param from address of the values; whole blocks of 32 are read and written
 * @param to address of the results: `from`, or where no value is
 * @param flags address of one flag per value, packed like a mask
 * @param elements how many values
 */
export function applyFlags(from: usize, to: usize, flags: usize, elements: i32, scale: f32): void {
  const factor = f32x4.splat(scale)
  const bias = i32x4.splat(64 << 23)
  const end = from + 4 * elements
  for (; from < end; from += BLOCK, to += BLOCK, flags += 4) {
    const kept = load<i32>(flags)
    const x0 = v128.load(from, 0)
    const x1 = v128.load(from, 16)
    const x2 = v128.load(from, 32)
    const x3 = v128.load(from, 48)
    const x4 = v128.load(from, 64)
    const x5 = v128.load(from, 80)
    const x6 = v128.load(from, 96)
    const x7 = v128.load(from, 112)
    // Adding 64 to the exponent sets bit 30 exactly if 2^-63 <= |x| < 2^64: then a product needs no further care.
    let ordinary = and4(i32x4.add(x0, bias), i32x4.add(x1, bias), i32x4.add(x2, bias), i32x4.add(x3, bias))
    ordinary = v128.and(
      ordinary,
      and4(i32x4.add(x4, bias), i32x4.add(x5, bias), i32x4.add(x6, bias), i32x4.add(x7, bias)),
    )
    // The flag of value 4 k + j is bit 4 k + 3 of lane j, one shift away from the sign.
    const lanes = i32x4.mul(i32x4.splat(kept), i32x4(8, 4, 2, 1))
    if (v128.any_true(v128.andnot(i32x4.splat(1 << 30), ordinary)) && hasOdd(from)) {
      for (let at = 0; at < BLOCK; at += 16) {
        const y = scaleAny(v128.load(from + at), factor)
        v128.store(to + at, chosen(i32x4.shl(lanes, 28 - (at >> 2)), y))
      }
    } else if (kept === -1) {
      v128.store(to, f32x4.mul(x0, factor), 0)
      v128.store(to, f32x4.mul(x1, factor), 16)
      v128.store(to, f32x4.mul(x2, factor), 32)
      v128.store(to, f32x4.mul(x3, factor), 48)
      v128.store(to, f32x4.mul(x4, factor), 64)
      v128.store(to, f32x4.mul(x5, factor), 80)
      v128.store(to, f32x4.mul(x6, factor), 96)
      v128.store(to, f32x4.mul(x7, factor), 112)
    } else {
      v128.store(to, chosen(i32x4.shl(lanes, 28), f32x4.mul(x0, factor)), 0)
      v128.store(to, chosen(i32x4.shl(lanes, 24), f32x4.mul(x1, factor)), 16)
      v128.store(to, chosen(i32x4.shl(lanes, 20), f32x4.mul(x2, factor)), 32)
      v128.store(to, chosen(i32x4.shl(lanes, 16), f32x4.mul(x3, factor)), 48)
      v128.store(to, chosen(i32x4.shl(lanes, 12), f32x4.mul(x4, factor)), 64)
      v128.store(to, chosen(i32x4.shl(lanes, 8), f32x4.mul(x5, factor)), 80)
      v128.store(to, chosen(i32x4.shl(lanes, 4), f32x4.mul(x6, factor)), 96)
      v128.store(to, chosen(lanes, f32x4.mul(x7, factor)), 112)
    }
  }
}

/** Whether a block has a NaN or a subnormal. */
function hasOdd(values: usize): bool {
  const one = i32x4.splat(1)
  let least = i32x4.splat(-1)
  let nan = i32x4.splat(0)
  for (let at = 0; at < BLOCK; at += 32) {
    const x = v128.load(values + at)
    const y = v128.load(values + at, 16)
    nan = v128.or(nan, v128.or(f32x4.ne(x, x), f32x4.ne(y, y)))
    // twice the magnitude less one: zeros come last, subnormals first
    least = i32x4.min_u(least, i32x4.sub(i32x4.add(x, x), one))
    least = i32x4.min_u(least, i32x4.sub(i32x4.add(y, y), one))
  }
  return v128.any_true(v128.or(nan, i32x4.lt_u(least, i32x4.splat(2 * SMALLEST_NORMAL - 1))))
}

function and4(a: v128, b: v128, c: v128, d: v128): v128 {
  return v128.and(v128.and(a, b), v128.and(c, d))
}

/** The values in whose lanes the sign bit is set, zero in the others. */
function chosen(lanes: v128, values: v128): v128 {
  return v128.and(values, i32x4.shr_s(lanes, 31))
}

/** Scales any values: NaNs keep their bits, subnormals become a signed zero; arithmetic gets the rest right. */
function scaleAny(x: v128, factor: v128): v128 {
  const magnitude = v128.andnot(x, i32x4.splat(SIGN))
  const nan = i32x4.gt_s(magnitude, i32x4.splat(INFINITE))
  const subnormal = i32x4.lt_s(magnitude, i32x4.splat(SMALLEST_NORMAL))
  const flushed = v128.andnot(x, v128.andnot(subnormal, i32x4.splat(SIGN)))
  return v128.bitselect(x, f32x4.mul(flushed, factor), nan)
}
