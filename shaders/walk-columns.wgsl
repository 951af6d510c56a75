// Walk of pass 2 where whole rows share their flags (SpatialDropout1D, channelsLast, one mask for the batch): a thread
// takes one packet of a row, loads its flags once, and goes down the rows. Neighbouring threads read neighbouring
// packets. Requires apply; dispatched only for whole blocks of rows whose length is a multiple of WIDTH.

fn walk(thread: u32) {
  let columns = params.columns;
  let strip = thread / columns;
  let block = strip / params.strips;
  let row = (strip - block * params.strips) * params.packets_per_thread;
  let first = (block * params.rows + row) * columns + (thread - strip * columns);
  // Threads past the end of the tensor have no rows.
  let rows = select(0u, min(params.packets_per_thread, params.rows - row), first < packet_count());
  let keep = spread_flags(next_flags(locate(first * WIDTH).cell));
  let end = first + rows * columns;
  for (var packet = first; packet < end; packet += columns) {
    apply_packet(packet, keep);
  }
}
