// Walk of pass 2 down columns of four packets, for SwiftShader: it runs few threads at a time, and this way each reads
// whole cache lines of a row. Otherwise like walk-columns, but rows must be a multiple of four packets long. Requires
// apply.

const COLUMN_PACKETS: u32 = 4u;

// The packets of a thread: the first one of its column, the end, and the flags that all rows share.
struct WideColumn {
  first: u32,
  end: u32,
  keep_a: Packet,
  keep_b: Packet,
  keep_c: Packet,
  keep_d: Packet,
}

fn wide_column(thread: u32) -> WideColumn {
  let columns = params.columns;
  let strip = thread / (columns / COLUMN_PACKETS);
  let block = strip / params.strips;
  let rows_per_thread = params.packets_per_thread / COLUMN_PACKETS;
  let row = (strip - block * params.strips) * rows_per_thread;
  let column = thread * COLUMN_PACKETS - strip * columns;
  let first = (block * params.rows + row) * columns + column;
  // Threads past the end of the tensor have no rows.
  let rows = select(0u, min(rows_per_thread, params.rows - row), first < packet_count());
  let flags = next_flags(locate(first * WIDTH).cell);
  return WideColumn(
    first,
    first + rows * columns,
    spread_flags(flags),
    spread_flags(flags >> WIDTH),
    spread_flags(flags >> (2u * WIDTH)),
    spread_flags(flags >> (3u * WIDTH)),
  );
}

fn walk(thread: u32) {
  let wide = wide_column(thread);
  for (var packet = wide.first; packet < wide.end; packet += params.columns) {
    apply_packet(packet, wide.keep_a);
    apply_packet(packet + 1u, wide.keep_b);
    apply_packet(packet + 2u, wide.keep_c);
    apply_packet(packet + 3u, wide.keep_d);
  }
}
