// Prelude of the apply pass: four elements at a time, for all but the last few of a tensor.
alias Packet = vec4<u32>;
alias PacketFloat = vec4<f32>;
const WIDTH: u32 = 4u;
const LANES: Packet = Packet(0u, 1u, 2u, 3u);
