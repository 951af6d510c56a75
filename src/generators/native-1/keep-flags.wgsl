// The native stream, version 1: keep flags of 128 cells. CPU counterpart: keep-flags.ts. Requires threefry4x32, mask.

// Written by draw-params.ts.
struct DrawParams {
  key: vec4<u32>,   // seed low, seed high, stream, stream version
  step: vec2<u32>,  // low, high
  threshold: u32,   // T mod 2^32: a cell is kept when its draw is below T
  planes: u32,      // bit planes to draw: 32 - ctz(T), or 0 when T is 0 or 2^32
  undrawn: u32,     // the flags when no plane is drawn: all ones when T is 2^32, else 0
}

// Decides 128 cells from the top bit of their draws down. Stopping early is safe: each plane has its own counter.
fn keep_flags(group: vec2<u32>) -> vec4<u32> {
  let high = group.y << 5u;  // the low five bits hold the plane
  var keep = vec4(0u);
  var undecided = vec4(0xffffffffu);
  for (var p = 0u; p < params.draw.planes; p++) {
    let plane = threefry4x32(vec4(group.x, high | p, params.draw.step), params.draw.key);
    let bit = vec4(0u - ((params.draw.threshold >> (31u - p)) & 1u));
    keep |= undecided & bit & ~plane;
    undecided &= ~(plane ^ bit);
    if (all(undecided == vec4(0u))) {
      break;
    }
  }
  return keep | vec4(params.draw.undrawn);
}
