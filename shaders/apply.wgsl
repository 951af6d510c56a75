// Pass 2: broadcast-multiplies the tensor by mask x scale. Twin of src/cpu/apply.ts.
// Needs params, a packet prelude, an io piece.

@group(0) @binding(0) var<uniform> params: ApplyParams;
@group(0) @binding(1) var<storage, read> mask: array<u32>;

override WORKGROUP_SIZE: u32 = 64u;
override PACKETS_PER_THREAD: u32 = 1u;  // at most 32 elements: one word of flags

const SMALLEST_NORMAL: u32 = 0x00800000u;
const INFINITE: u32 = 0x7f800000u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn apply_mask(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let thread = (workgroup.y * grid.x + workgroup.x) * WORKGROUP_SIZE + lane;
  let first = thread * PACKETS_PER_THREAD * WIDTH;
  if (first >= params.count) {
    return;
  }
  let last = min(first + PACKETS_PER_THREAD * WIDTH, params.count);
  var flags = keep_flags(first, last - first);
  for (var element = first; element < last; element += WIDTH) {
    let at = (params.first + element) / WIDTH;
    store(at, keep_scaled(load(at), flags));
    flags >>= WIDTH;
  }
}

// The flags of up to 32 consecutive elements, the first in bit 0: gathered row by row of the innermost dim.
fn keep_flags(first: u32, count: u32) -> u32 {
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

struct Location {
  cell: u32,  // noise cell
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

// The flags from a cell on, along the innermost dim: 32 of them where it is drawn, one for all where it is broadcast.
fn row_flags(cell: u32) -> u32 {
  let word = cell >> 5u;
  let bit = cell & 31u;
  if (params.dims[0].stride == 0u) {
    return 0u - ((mask[word] >> bit) & 1u);
  }
  // A shift by 32 is none in WGSL, so the upper part takes two steps. Past the mask's end, its bits are not used.
  let next = min(word + 1u, arrayLength(&mask) - 1u);
  return (mask[word] >> bit) | ((mask[next] << 1u) << (31u - bit));
}

fn first_bits(count: u32) -> u32 {
  return select((1u << count) - 1u, 0xffffffffu, count >= 32u);
}

// Kept elements times scale, dropped ones +0: a select on bit patterns, because WGSL lets a compiler assume that there
// is no NaN or Inf. Only normal values with a finite product go through the float unit.
fn keep_scaled(x: Packet, flags: u32) -> Packet {
  let magnitude = x & Packet(0x7fffffffu);
  var y = bitcast<Packet>(bitcast<PacketFloat>(x) * PacketFloat(params.scale));
  let span = Packet(params.largest - SMALLEST_NORMAL);
  if (any(magnitude - Packet(SMALLEST_NORMAL) > span)) {
    y = select(y, keep_odd(x, magnitude), magnitude - Packet(SMALLEST_NORMAL) > span);
  }
  return y & (Packet(0u) - ((Packet(flags) >> LANES) & Packet(1u)));
}

// A kept zero, subnormal, NaN, Inf, or a value whose product overflows: decided on its bits.
fn keep_odd(x: Packet, magnitude: Packet) -> Packet {
  let sign = x & Packet(0x80000000u);
  let overflows = (magnitude > Packet(params.largest)) & (magnitude < Packet(INFINITE));
  return select(select(x, sign | Packet(INFINITE), overflows), sign, magnitude < Packet(params.flush_below));
}
