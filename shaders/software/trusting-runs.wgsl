// Trusting version of row-runs. Takes four packets at a time, because a loop iteration costs as much as a packet.

fn trust_row(first: u32, end: u32, cell: u32, scale: f32) -> u32 {
  let keep = Packet(shared_flag(cell));
  var seen = ORDINARY;
  var packet = first;
  let fours = first + (end - first) / 4u * 4u;
  for (; packet < fours; packet += 4u) {
    let a = load(packet);
    let b = load(packet + 1u);
    let c = load(packet + 2u);
    let d = load(packet + 3u);
    store(packet, scaled_by(a, scale) & keep);
    store(packet + 1u, scaled_by(b, scale) & keep);
    store(packet + 2u, scaled_by(c, scale) & keep);
    store(packet + 3u, scaled_by(d, scale) & keep);
    seen &= evidence(a, b, c, d);
  }
  for (; packet < end; packet++) {
    seen &= trust_packet(packet, keep, scale);
  }
  return seen;
}
