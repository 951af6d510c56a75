// Walk of pass 2 along the rows of the innermost dim: a thread takes consecutive packets and goes through the rows in
// which they lie. Needs apply and a kind of row: row-words or row-runs.

fn walk(thread: u32, trusting: bool) -> u32 {
  let scale = params.scale;
  var seen = ORDINARY;
  var at = thread * params.packets_per_thread;
  let end = min(at + params.packets_per_thread, packet_count());
  while (at < end) {
    let here = locate(at * WIDTH);
    let row_end = min(at + here.run / WIDTH, end);
    seen &= apply_row(at, row_end, here.cell, scale, trusting);
    at = row_end;
    // A packet that begins in this row and ends in another, where the rows' length is no multiple of the packet's.
    for (var straddles = at < end && here.run % WIDTH > 0u; straddles; straddles = false) {
      seen &= apply_packet(at, spread_flags(gather_flags(at * WIDTH, WIDTH)), scale, trusting);
      at++;
    }
  }
  return seen;
}
