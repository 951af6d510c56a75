// Bindings of the apply pass from one buffer to another. Requires a packet prelude.
@group(0) @binding(2) var<storage, read> input: array<Packet>;
@group(0) @binding(3) var<storage, read_write> output: array<Packet>;

fn load(at: u32) -> Packet {
  return input[at];
}

fn store(at: u32, value: Packet) {
  output[at] = value;
}
