// float32 elements: how a kept value is scaled. Requires apply and a packet prelude.

const SMALLEST_NORMAL: u32 = 0x00800000u;
const INFINITE: u32 = 0x7f800000u;
const ONE: u32 = 0x3f800000u;

// A plain product: correct if value and product are normal numbers.
fn scaled(x: Packet) -> Packet {
  return bitcast<Packet>(bitcast<PacketFloat>(x) * PacketFloat(params.scale));
}

// Scales kept values exactly. WGSL lets a compiler assume that there is no NaN or infinity, ignore the sign of zero and
// flush subnormals, so the product is used only for normal values with a finite product; bit patterns decide the rest.
fn keep_exact(x: Packet) -> Packet {
  let magnitude = x & Packet(0x7fffffffu);
  let sign = x & Packet(0x80000000u);
  let overflows = (magnitude > Packet(params.largest)) & (magnitude < Packet(INFINITE));
  let odd = select(x, sign | Packet(INFINITE), overflows);
  let is_odd = magnitude - Packet(SMALLEST_NORMAL) > Packet(params.largest - SMALLEST_NORMAL);
  let kept = select(scaled(x), odd, is_odd);
  return select(kept, sign, magnitude < Packet(params.flush_below));
}
