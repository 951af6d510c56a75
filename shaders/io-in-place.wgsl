// In-place binding of the apply pass: one binding, because WebGPU forbids aliases of a writable one. Requires a packet
// prelude.
@group(0) @binding(2) var<storage, read_write> tensor: array<Packet>;

fn load(at: u32) -> Packet {
  return tensor[at];
}

fn store(at: u32, value: Packet) {
  tensor[at] = value;
}
