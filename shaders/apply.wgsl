// Pass 2: broadcast-multiplies the tensor by mask x scale. Twin of src/cpu/apply.ts.
// What its walks over a tensor share. Needs params, a packet prelude, an io piece.

@group(0) @binding(0) var<uniform> params: ApplyParams;
@group(0) @binding(1) var<storage, read> mask: array<u32>;

override WORKGROUP_SIZE: u32 = 64u;

// True: multiply first and look for values that arithmetic may not touch afterwards, once for all packets of a thread.
// Pays on software adapters, where an instruction costs as much as a load; impossible in place, where x is gone then.
override TRUSTING: bool = false;

const SMALLEST_NORMAL: u32 = 0x00800000u;
const INFINITE: u32 = 0x7f800000u;

fn packet_count() -> u32 {
  return params.count / WIDTH;
}

// A value's bit 30 after adding this tells 2^-63 <= |x| < 2^64: there, products with any scale (at most 2^53) are
// normal and finite.
const ORDINARY_BIAS: Packet = Packet(64u << 23u);
const ORDINARY: u32 = 0x40000000u;

// Applies keep flags (all ones or all zeros in each lane) to one packet of the dispatch. Returns a word whose bit 30 is
// set if all its values were ordinary. The scale is an argument because a load in a loop costs.
fn apply_packet(packet: u32, keep: Packet, scale: f32, trusting: bool) -> u32 {
  let at = place(packet);
  let x = load(at);
  if (trusting) {
    store(at, scaled(x, scale) & keep);
    return all_of(x + ORDINARY_BIAS);
  }
  store(at, keep_exact(x, scale) & keep);
  return ORDINARY;
}

// The packets of a strip, which share their flags. Four at a time where trusting: on a software adapter the loop around
// a single packet costs as much as the packet.
fn apply_strip(first: u32, count: u32, stride: u32, keep: Packet, scale: f32, trusting: bool) -> u32 {
  var seen = ORDINARY;
  var packet = first;
  let end = first + count * stride;
  let fours = first + select(0u, count / 4u * 4u * stride, trusting);
  for (; packet < fours; packet += 4u * stride) {
    let a = load(packet);
    let b = load(packet + stride);
    let c = load(packet + 2u * stride);
    let d = load(packet + 3u * stride);
    store(packet, scaled(a, scale) & keep);
    store(packet + stride, scaled(b, scale) & keep);
    store(packet + 2u * stride, scaled(c, scale) & keep);
    store(packet + 3u * stride, scaled(d, scale) & keep);
    seen &= evidence(a, b, c, d);
  }
  for (; packet < end; packet += stride) {
    seen &= apply_packet(packet, keep, scale, trusting);
  }
  return seen;
}

fn evidence(a: Packet, b: Packet, c: Packet, d: Packet) -> u32 {
  return all_of((a + ORDINARY_BIAS) & (b + ORDINARY_BIAS) & (c + ORDINARY_BIAS) & (d + ORDINARY_BIAS));
}

fn scaled(x: Packet, scale: f32) -> Packet {
  return bitcast<Packet>(bitcast<PacketFloat>(x) * PacketFloat(scale));
}

// Kept values on their bit patterns, because WGSL lets a compiler assume that there is no NaN or Inf, ignore the sign of
// zero and flush subnormals: only normal values with a finite product take what the float unit gives.
fn keep_exact(x: Packet, scale: f32) -> Packet {
  let magnitude = x & Packet(0x7fffffffu);
  let sign = x & Packet(0x80000000u);
  let overflows = (magnitude > Packet(params.largest)) & (magnitude < Packet(INFINITE));
  let odd = select(x, sign | Packet(INFINITE), overflows);
  let is_odd = magnitude - Packet(SMALLEST_NORMAL) > Packet(params.largest - SMALLEST_NORMAL);
  let kept = select(scaled(x, scale), odd, is_odd);
  return select(kept, sign, magnitude < Packet(params.flush_below));
}

struct Location {
  cell: u32,  // noise cell, counted from the start of the bound mask
  run: u32,   // elements from here to the end of the innermost row
}

// Walks from the dispatch's first element, innermost dim first, carrying like an odometer. Indices are relative to
// the first element and cells modulo 2^32, so that tensors and noise shapes beyond 2^32 need no wider numbers.
fn locate(element: u32) -> Location {
  var cell = params.cell;
  var run = 0u;
  var steps = element;
  for (var i = 0u; i < params.dim_count; i++) {
    let dim = params.dims[i];
    var carry = 0u;
    var index = steps;
    var left = dim.wrap - steps;
    if (steps >= dim.wrap) {
      let beyond = steps - dim.wrap;
      let turns = beyond / dim.size;
      let position = beyond - turns * dim.size;
      carry = turns + 1u;
      index = position - dim.start;
      left = dim.size - position;
    }
    if (i == 0u) {
      run = left;
    }
    cell += index * dim.stride;
    steps = carry;
    if (carry == 0u) {
      break;
    }
  }
  return Location(cell, run);
}

// The flags of up to 32 consecutive elements, the first in bit 0: gathered row by row of the innermost dim.
fn gather_flags(first: u32, count: u32) -> u32 {
  var flags = 0u;
  var gathered = 0u;
  while (gathered < count) {
    let here = locate(first + gathered);
    let length = min(here.run, count - gathered);
    flags |= (row_flags(here.cell) & first_bits(length)) << gathered;
    gathered += length;
  }
  return flags;
}

// The flags from a cell on, along the innermost dim: 32 of them where it is drawn, one for all where it is broadcast.
fn row_flags(cell: u32) -> u32 {
  if (params.dims[0].stride == 0u) {
    return shared_flag(cell);
  }
  return next_flags(cell);
}

fn shared_flag(cell: u32) -> u32 {
  return 0u - ((mask[cell >> 5u] >> (cell & 31u)) & 1u);
}

fn next_flags(cell: u32) -> u32 {
  let word = cell >> 5u;
  let bit = cell & 31u;
  // A shift by 32 is none in WGSL, so the upper part takes two steps. Past the mask's end, its bits are not used.
  let next = min(word + 1u, arrayLength(&mask) - 1u);
  return (mask[word] >> bit) | ((mask[next] << 1u) << (31u - bit));
}

fn first_bits(count: u32) -> u32 {
  return select((1u << count) - 1u, 0xffffffffu, count >= 32u);
}

// One packet's keep flags from the low bits of a word.
fn spread_flags(flags: u32) -> Packet {
  return spread_bits(flags, LANE_BITS);
}

fn spread_bits(flags: u32, bits: Packet) -> Packet {
  return select(Packet(0u), Packet(0xffffffffu), (Packet(flags) & bits) != Packet(0u));
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn apply_mask(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let thread = (workgroup.y * grid.x + workgroup.x) * WORKGROUP_SIZE + lane;
  let seen = walk(thread, TRUSTING);
  // A loop and no `if`: SwiftShader runs both sides of a branch, and skips only loops.
  for (var again = TRUSTING && (seen & ORDINARY) == 0u; again; again = false) {
    _ = walk(thread, false);
  }
}
