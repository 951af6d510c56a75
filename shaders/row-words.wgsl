// Rows that are drawn (plain dropout): each element has a flag of its own, and flags are loaded a word at a time.
// Needs apply.

const PACKETS_PER_WORD: u32 = 32u / WIDTH;

// Consecutive packets within a row, with flags from `first_cell` on.
fn apply_row(first: u32, end: u32, first_cell: u32, scale: f32, trusting: bool) -> u32 {
  var seen = ORDINARY;
  var packet = first;
  var cell = first_cell;
  let words = first + select(0u, (end - first) / PACKETS_PER_WORD * PACKETS_PER_WORD, trusting && WIDTH == 4u);
  for (; packet < words; packet += PACKETS_PER_WORD) {
    let flags = next_flags(cell);
    seen &= apply_four(packet, 1u, four_flags(flags), scale);
    seen &= apply_four(packet + 4u, 1u, four_flags(flags >> 16u), scale);
    cell += 32u;
  }
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

fn four_flags(flags: u32) -> array<Packet, 4> {
  return array(
    spread_bits(flags, LANE_BITS),
    spread_bits(flags, LANE_BITS << Packet(WIDTH)),
    spread_bits(flags, LANE_BITS << Packet(2u * WIDTH)),
    spread_bits(flags, LANE_BITS << Packet(3u * WIDTH)),
  );
}
