// Binding of the apply pass in place: WebGPU lets no other binding alias a writable one. Needs a packet prelude.
@group(1) @binding(0) var<storage, read_write> tensor: array<Packet>;

fn load(at: u32) -> Packet {
  return tensor[at];
}

fn store(at: u32, value: Packet) {
  tensor[at] = value;
}
