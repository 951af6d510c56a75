// Pass 1: draws one Bernoulli flag per noise cell into the packed mask. Twin of src/cpu/mask.ts.
// Needs params, threefry4x32.

@group(0) @binding(0) var<uniform> params: MaskParams;
@group(0) @binding(1) var<storage, read_write> mask: array<vec4<u32>>;

override WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn generate_mask(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = (workgroup.y * grid.x + workgroup.x) * WORKGROUP_SIZE + lane;
  if (group >= params.groups) {
    return;
  }
  var keep = keep_flags(group);
  if (params.shift > 0u) {
    keep = shifted(keep, keep_flags(group + 1u), params.shift);
  }
  if (group == params.groups - 1u) {
    keep &= first_bits(params.last_cells);
  }
  mask[group] = keep;
}

// Decides 128 cells from the top bit of their draws down. Stopping early changes nothing: planes are addressed.
fn keep_flags(group: u32) -> vec4<u32> {
  let low = params.first_group.x + group;
  let carry = select(0u, 1u, low < group);
  let high = (params.first_group.y + carry) << 5u;  // planes take five bits
  var keep = vec4(0u);
  var undecided = vec4(0xffffffffu);
  for (var p = 0u; p < params.planes; p++) {
    let plane = threefry4x32(vec4(low, high | p, params.call), params.key);
    let bit = vec4(0u - ((params.threshold >> (31u - p)) & 1u));
    keep |= undecided & bit & ~plane;
    undecided &= ~(plane ^ bit);
    if (all(undecided == vec4(0u))) {
      break;
    }
  }
  return keep | vec4(params.undrawn);
}

// The 128 bits that begin `by` bits into `low`, `high` following it; 0 < by < 128.
fn shifted(low: vec4<u32>, high: vec4<u32>, by: u32) -> vec4<u32> {
  var words = array<u32, 9>(low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w, 0u);
  let word = by >> 5u;
  let bits = by & 31u;
  var result: vec4<u32>;
  for (var i = 0u; i < 4u; i++) {
    // A shift by 32 is none in WGSL, so the upper part takes two steps.
    result[i] = (words[i + word] >> bits) | ((words[i + word + 1u] << 1u) << (31u - bits));
  }
  return result;
}

// A mask of the first `count` of 128 bits.
fn first_bits(count: u32) -> vec4<u32> {
  let bits = clamp(vec4<i32>(i32(count)) - vec4(0, 32, 64, 96), vec4(0), vec4(32));
  return select((vec4(1u) << vec4<u32>(bits)) - vec4(1u), vec4(0xffffffffu), bits == vec4(32));
}
