// Prelude of the apply pass: one element at a time, for the last few if the length is not a multiple of 4.
alias Packet = u32;
alias PacketFloat = f32;
const WIDTH: u32 = 1u;

fn place(packet: u32) -> u32 {
  return params.first + packet;
}

// The lowest bit of a word as the keep flag of one element.
fn spread_flags(flags: u32) -> Packet {
  return 0u - (flags & 1u);
}
