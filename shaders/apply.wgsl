// Pass 2: broadcast-multiplies the tensor by mask x scale. CPU counterpart: src/cpu/apply.ts.
// Shared by all walks over a tensor. Requires an element, a packet prelude, an io module and a walk.

// Parameters are written by src/webgpu/params.ts. Values that change per call or per dispatch are parameters, never
// overrides.

// One merged dim, relative to the dispatch's first element.
struct Dim {
  wrap: u32,    // steps from the first element's index to the end of the dim
  size: u32,
  start: u32,   // the first element's index
  stride: u32,  // noise cells per step: 0 where the dim is broadcast
}

struct ApplyParams {
  scale: f32,
  largest: u32,      // the largest magnitude (bit pattern) whose product with scale is finite
  flush_below: u32,  // kept magnitudes below this become a signed zero
  first: u32,        // first element, counted from the start of the bound range; 0 for packets of four
  count: u32,        // number of elements to process
  cell: u32,         // the first element's noise cell, counted from the start of the bound mask
  dim_count: u32,    // at least 1
  columns: u32,      // for column walks: packets per row
  rows: u32,         //   rows per block that shares its flags
  strips: u32,       //   threads that share the rows of a block, in each column
  packets_per_thread: u32,
  @align(16) dims: array<Dim, 8>,  // innermost first; uniform arrays need a 16-byte alignment
}

@group(0) @binding(0) var<uniform> params: ApplyParams;
@group(0) @binding(1) var<storage, read> mask: array<u32>;

override WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn apply_mask(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  walk((workgroup.y * grid.x + workgroup.x) * WORKGROUP_SIZE + lane);
}

fn packet_count() -> u32 {
  return params.count / WIDTH;
}

// Applies keep flags (all ones or all zeros per lane) to one packet of the dispatch.
fn apply_packet(packet: u32, keep: Packet) {
  let at = place(packet);
  store(at, keep_exact(load(at)) & keep);
}

struct Location {
  cell: u32,  // noise cell, counted from the start of the bound mask
  run: u32,   // elements from here to the end of the innermost row
}

// Counts from the dispatch's first element, innermost dim first, carrying like an odometer. Indices are relative to the
// first element, and cells are modulo 2^32, so u32 is enough even for tensors and noise shapes beyond 2^32.
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

// The flags of up to 32 consecutive elements, the first in bit 0, gathered row by row of the innermost dim.
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

// The flags along the innermost dim, starting at a cell: 32 flags if it is drawn, one flag for all if it is broadcast.
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
  // WGSL takes shift counts modulo 32, so the upper part is shifted in two steps. At the mask's end it is not used.
  let next = min(word + 1u, arrayLength(&mask) - 1u);
  return (mask[word] >> bit) | ((mask[next] << 1u) << (31u - bit));
}

fn first_bits(count: u32) -> u32 {
  return select((1u << count) - 1u, 0xffffffffu, count >= 32u);
}
