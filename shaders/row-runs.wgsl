// Broadcast rows (SpatialDropout2D channelsFirst, DropPath): one flag for all elements. Requires apply.

fn apply_row(first: u32, end: u32, cell: u32) {
  let keep = Packet(shared_flag(cell));
  for (var packet = first; packet < end; packet++) {
    apply_packet(packet, keep);
  }
}
