// Trusting version of row-words. Turns whole words of flags into factors, and takes the rest packet by packet.
// Requires row-words and apply-trusting.

const LANE_UNITS: PacketFloat = PacketFloat(1.0, 0.5, 0.25, 0.125);  // 1 / LANE_BITS

fn trust_row(first: u32, end: u32, first_cell: u32, scale: f32) -> u32 {
  var seen = ORDINARY;
  var packet = first;
  var cell = first_cell;
  var word = first_cell >> 5u;
  let aligned = (first_cell & 31u) == 0u;
  let words = select(0u, (end - first) / PACKETS_PER_WORD, aligned);
  let stop = word + words;
  for (; word < stop; word++) {
    let flags = mask[word];
    seen &= trust_four(packet, flags, scale);
    seen &= trust_four(packet + 4u, flags >> 16u, scale);
    packet += PACKETS_PER_WORD;
  }
  cell += 32u * words;
  while (packet < end) {
    var flags = next_flags(cell);
    let word_end = min(packet + PACKETS_PER_WORD, end);
    for (; packet < word_end; packet++) {
      seen &= trust_packet(packet, spread_flags(flags), scale);
      flags = flags >> WIDTH;
    }
    cell += 32u;
  }
  return seen;
}

// Four packets, with the low 16 flags.
fn trust_four(packet: u32, flags: u32, scale: f32) -> u32 {
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

// The scale where a flag is set, else 0. Converts the flag's bit to a float: half the cost of a select on SwiftShader.
fn factors(flags: u32, bits: Packet, units: PacketFloat, scale: f32) -> PacketFloat {
  return PacketFloat(bitcast<vec4<i32>>(Packet(flags) & bits)) * (units * scale);
}

// A dropped negative x gives -0, and -0 + 0 is +0. `first` is always 0 for vec4 packets, but the compiler cannot know
// that; it would optimize away the addition of a constant 0.
fn times(x: Packet, factor: PacketFloat) -> Packet {
  return bitcast<Packet>(bitcast<PacketFloat>(x) * factor + f32(params.first));
}
