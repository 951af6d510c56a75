// Prelude of the apply pass: four elements at a time, for all but the last few of a tensor.
alias Packet = vec4<u32>;
alias PacketFloat = vec4<f32>;
alias PacketInt = vec4<i32>;
const WIDTH: u32 = 4u;
const LANE_BITS: Packet = Packet(1u, 2u, 4u, 8u);
const LANE_UNITS: PacketFloat = PacketFloat(1.0, 0.5, 0.25, 0.125);  // 1 / LANE_BITS

fn all_of(x: Packet) -> u32 {
  return x.x & x.y & x.z & x.w;
}

fn place(packet: u32) -> u32 {
  return packet;
}
