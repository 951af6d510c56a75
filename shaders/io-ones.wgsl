// Binding of the apply pass for noise: the input is 1 everywhere, so nothing is read. Requires an element and a packet
// prelude.
@group(0) @binding(2) var<storage, read_write> output: array<Packet>;

fn load(at: u32) -> Packet {
  return Packet(ONE);
}

fn store(at: u32, value: Packet) {
  output[at] = value;
}
