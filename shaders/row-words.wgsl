// Rows that are drawn (plain dropout): each element has a flag of its own, and flags are loaded a word at a time.
// Needs apply.

const PACKETS_PER_WORD: u32 = 32u / WIDTH;

// Consecutive packets within a row, with flags from `first_cell` on.
fn apply_row(first: u32, end: u32, first_cell: u32, scale: f32, trusting: bool) -> u32 {
  var seen = ORDINARY;
  var packet = first;
  var cell = first_cell;
  var word = first_cell >> 5u;
  let aligned = (first_cell & 31u) == 0u;
  let words = select(0u, (end - first) / PACKETS_PER_WORD, trusting && aligned && WIDTH == 4u);
  let stop = word + words;
  for (; word < stop; word++) {
    let flags = mask[word];
    seen &= apply_four(packet, flags, scale);
    seen &= apply_four(packet + 4u, flags >> 16u, scale);
    packet += PACKETS_PER_WORD;
  }
  cell += 32u * words;
  while (packet < end) {
    var flags = next_flags(cell);
    let word_end = min(packet + PACKETS_PER_WORD, end);
    for (; packet < word_end; packet++) {
      seen &= apply_packet(packet, spread_flags(flags), scale, trusting);
      flags = flags >> WIDTH;
    }
    cell += 32u;
  }
  return seen;
}

// Four packets with the low 16 flags, always trusting.
fn apply_four(packet: u32, flags: u32, scale: f32) -> u32 {
  let a = load(packet);
  let b = load(packet + 1u);
  let c = load(packet + 2u);
  let d = load(packet + 3u);
  store(packet, times(a, factors(flags, LANE_BITS, LANE_UNITS, scale)));
  store(packet + 1u, times(b, factors(flags, LANE_BITS << Packet(4u), LANE_UNITS / 16.0, scale)));
  store(packet + 2u, times(c, factors(flags, LANE_BITS << Packet(8u), LANE_UNITS / 256.0, scale)));
  store(packet + 3u, times(d, factors(flags, LANE_BITS << Packet(12u), LANE_UNITS / 4096.0, scale)));
  return evidence(a, b, c, d);
}

// The scale where a flag is set, else 0: a flag's own bit as a float, which costs SwiftShader half of what a select does.
fn factors(flags: u32, bits: Packet, units: PacketFloat, scale: f32) -> PacketFloat {
  return PacketFloat(bitcast<PacketInt>(Packet(flags) & bits)) * (units * scale);
}

// A negative x that is dropped gives -0, and -0 + 0 is +0.
fn times(x: Packet, factor: PacketFloat) -> Packet {
  return bitcast<Packet>(bitcast<PacketFloat>(x) * factor + params.zero);
}
