// Prelude of the apply pass: four elements at a time, for all but the last few of a tensor.
alias Packet = vec4<u32>;
alias PacketFloat = vec4<f32>;
const WIDTH: u32 = 4u;
const LANE_BITS: Packet = Packet(1u, 2u, 4u, 8u);

fn place(packet: u32) -> u32 {
  return packet;
}

// Spreads the low bits of a word into the keep flags of one packet.
fn spread_flags(flags: u32) -> Packet {
  return select(Packet(0u), Packet(0xffffffffu), (Packet(flags) & LANE_BITS) != Packet(0u));
}
