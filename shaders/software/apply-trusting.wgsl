// The apply pass on software adapters, where an instruction costs as much as a load. A thread multiplies all its
// packets first and checks once, at the end, for values that need exact handling. If there was one, it processes its
// packets again, exactly. Impossible in place, where x has been overwritten by then. Requires apply with its walk, vec4
// packets, and a trusting walk (trusting-rows or trusting-wide-columns).

// Adding this to the bits of x sets bit 30 if 2^-63 <= |x| < 2^64. For such x, the product with any scale (at most
// 2^53) is normal and finite.
const ORDINARY_BIAS: Packet = Packet(64u << 23u);
const ORDINARY: u32 = 0x40000000u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn apply_mask_trusting(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let thread = (workgroup.y * grid.x + workgroup.x) * WORKGROUP_SIZE + lane;
  let seen = walk_trusting(thread, params.scale);
  // A loop, not an `if`: SwiftShader executes both sides of an `if`.
  for (var again = (seen & ORDINARY) == 0u; again; again = false) {
    walk(thread);
  }
}

// The scale is an argument because reading it inside a loop is slow on software adapters.
fn scaled_by(x: Packet, scale: f32) -> Packet {
  return bitcast<Packet>(bitcast<PacketFloat>(x) * PacketFloat(scale));
}

// A word whose bit 30 is set if all values are ordinary.
fn evidence(a: Packet, b: Packet, c: Packet, d: Packet) -> u32 {
  return all_lanes((a + ORDINARY_BIAS) & (b + ORDINARY_BIAS) & (c + ORDINARY_BIAS) & (d + ORDINARY_BIAS));
}

fn all_lanes(x: Packet) -> u32 {
  return x.x & x.y & x.z & x.w;
}

fn trust_packet(packet: u32, keep: Packet, scale: f32) -> u32 {
  let x = load(packet);
  store(packet, scaled_by(x, scale) & keep);
  return all_lanes(x + ORDINARY_BIAS);
}
