// Walk of pass 2 along the rows of the innermost dim: a thread takes consecutive packets, row by row. Requires apply,
// and row-words or row-runs.

fn walk(thread: u32) {
  var at = thread * params.packets_per_thread;
  let end = min(at + params.packets_per_thread, packet_count());
  while (at < end) {
    let here = locate(at * WIDTH);
    let row_end = min(at + here.run / WIDTH, end);
    apply_row(at, row_end, here.cell);
    at = row_end;
    // A packet can span two or more rows if their length is not a multiple of the packet's.
    if (at < end && here.run % WIDTH > 0u) {
      apply_straddling(at);
      at++;
    }
  }
}

fn apply_straddling(packet: u32) {
  apply_packet(packet, spread_flags(gather_flags(packet * WIDTH, WIDTH)));
}
