// Drawn rows (plain dropout): each element has its own flag, and flags are loaded a word at a time. Requires apply.

const PACKETS_PER_WORD: u32 = 32u / WIDTH;

fn apply_row(first: u32, end: u32, first_cell: u32) {
  var packet = first;
  for (var cell = first_cell; packet < end; cell += 32u) {
    var flags = next_flags(cell);
    let word_end = min(packet + PACKETS_PER_WORD, end);
    for (; packet < word_end; packet++) {
      apply_packet(packet, spread_flags(flags));
      flags = flags >> WIDTH;
    }
  }
}
