// Rotations for generators without right shifts, for SwiftShader, which shifts vectors lane by lane: the mask pass
// takes less than half the time. A float addition moves the high bits down instead; every step is exact.

// 1 <= by <= 22
fn rotate_left(x: u32, by: u32) -> u32 {
  return (x * (1u << by)) | (brought_down(x & (0xffffffffu << (32u - by)), 32u - by) & ((1u << by) - 1u));
}

// 1 <= by <= 9: the 32 - by bits to move down are too many for one step, so it takes two.
fn rotate_right(x: u32, by: u32) -> u32 {
  let high = brought_down(x & 0xffff0000u, 16u) & 0xffffu;
  let low = brought_down(x & 0xffffu & (0xffffffffu << by), by) & 0xffffu;
  return (x * (1u << (32u - by))) | (high * (1u << (16u - by))) | low;
}

// Returns x >> by in its low bits. x may have at most 22 significant bits, the lowest at position `by`. In the sum
// 1.5 * 2^(23 + by) + x, the last bit of the mantissa is worth 2^by, so the mantissa ends in x / 2^by, in two's
// complement.
fn brought_down(x: u32, by: u32) -> u32 {
  return bitcast<u32>(f32(bitcast<i32>(x)) + 12582912.0 * f32(1u << by));
}
