// Walk of pass 2 down columns of four packets, on a software adapter: its threads, few at a time, then read whole cache
// lines of a row. Else as walk-columns, with rows whose length is a multiple of four packets. Needs apply.

const COLUMN_PACKETS: u32 = 4u;

fn walk(thread: u32, trusting: bool) -> u32 {
  let scale = params.scale;
  let columns = params.columns;
  let strip = thread / (columns / COLUMN_PACKETS);
  let block = strip / params.strips;
  let rows_per_thread = params.packets_per_thread / COLUMN_PACKETS;
  let row = (strip - block * params.strips) * rows_per_thread;
  let column = thread * COLUMN_PACKETS - strip * columns;
  let first = (block * params.rows + row) * columns + column;
  // A thread past the end of the grid goes down no row.
  let rows = select(0u, min(rows_per_thread, params.rows - row), first < packet_count());
  let flags = next_flags(locate(first * WIDTH).cell);
  let keep_a = spread_flags(flags);
  let keep_b = spread_flags(flags >> WIDTH);
  let keep_c = spread_flags(flags >> (2u * WIDTH));
  let keep_d = spread_flags(flags >> (3u * WIDTH));
  var seen = ORDINARY;
  let end = first + rows * columns;
  for (var packet = first; packet < end; packet += columns) {
    if (trusting) {
      let a = load(packet);
      let b = load(packet + 1u);
      let c = load(packet + 2u);
      let d = load(packet + 3u);
      store(packet, scaled(a, scale) & keep_a);
      store(packet + 1u, scaled(b, scale) & keep_b);
      store(packet + 2u, scaled(c, scale) & keep_c);
      store(packet + 3u, scaled(d, scale) & keep_d);
      seen &= evidence(a, b, c, d);
    } else {
      _ = apply_packet(packet, keep_a, scale, false);
      _ = apply_packet(packet + 1u, keep_b, scale, false);
      _ = apply_packet(packet + 2u, keep_c, scale, false);
      _ = apply_packet(packet + 3u, keep_d, scale, false);
    }
  }
  return seen;
}
