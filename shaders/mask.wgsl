// Pass 1: draws one Bernoulli flag per noise cell into the packed mask. CPU counterpart: src/cpu/mask.ts.
// Requires a generator's modules (src/generators): they define DrawParams and `keep_flags(group)`, the flags of 128
// cells.

// Written by src/webgpu/params.ts. Values that change per call or per dispatch are parameters, never overrides.
struct MaskParams {
  first_group: vec2<u32>,       // low, high: the generator's 128-cell group where this dispatch begins
  shift: u32,                   // cells of the first group before the window, 0 to 127
  groups: u32,                  // mask groups to write
  last_cells: u32,              // cells in the last of them, 1 to 128
  groups_per_thread: u32,
  @align(16) draw: DrawParams,  // the generator's parameters: see its module
}

@group(0) @binding(0) var<uniform> params: MaskParams;
@group(0) @binding(1) var<storage, read_write> mask: array<vec4<u32>>;

override WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn generate_mask(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let thread = (workgroup.y * grid.x + workgroup.x) * WORKGROUP_SIZE + lane;
  let first = thread * params.groups_per_thread;
  let end = min(first + params.groups_per_thread, params.groups);
  // If the window begins inside a group of the generator, each group of the mask spans two of the generator's groups.
  let shift = select(params.shift, 128u, params.shift == 0u);
  let lead = select(1u, 0u, params.shift == 0u);
  var low = vec4(0u);
  for (var group = first; group < end + lead; group++) {
    let high = keep_flags(stream_group(group));
    if (group >= first + lead) {
      mask[group - lead] = window(low, high, shift);
    }
    low = high;
  }
  if (first < end && end == params.groups) {
    mask[end - 1u] &= first_bits(params.last_cells);
  }
}

// The generator's group (low and high word) for a group of this dispatch.
fn stream_group(group: u32) -> vec2<u32> {
  let low = params.first_group.x + group;
  return vec2(low, params.first_group.y + select(0u, 1u, low < group));
}

// The 128 bits that begin `by` bits into `low`, followed by `high`; 0 < by <= 128. Shifts by whole words first.
fn window(low: vec4<u32>, high: vec4<u32>, by: u32) -> vec4<u32> {
  let far = (by & 64u) != 0u;
  let even = select(low, vec4(low.zw, high.xy), far);
  let beyond = select(high.xy, high.zw, far);
  let odd = (by & 32u) != 0u;
  let words = select(even, vec4(even.yzw, beyond.x), odd);
  let next = vec4(words.yzw, select(beyond.x, beyond.y, odd));
  // WGSL takes shift counts modulo 32, so the upper part is shifted in two steps.
  let bits = by & 31u;
  let shifted = (words >> vec4(bits)) | ((next << vec4(1u)) << vec4(31u - bits));
  return select(shifted, high, by == 128u);
}

// A bit mask of the first `count` of 128 bits.
fn first_bits(count: u32) -> vec4<u32> {
  let bits = clamp(vec4<i32>(i32(count)) - vec4(0, 32, 64, 96), vec4(0), vec4(32));
  return select((vec4(1u) << vec4<u32>(bits)) - vec4(1u), vec4(0xffffffffu), bits == vec4(32));
}
