// Rows that are broadcast (SpatialDropout2D channelsFirst, DropPath): one flag for all elements. Needs apply.

fn apply_row(first: u32, end: u32, cell: u32, scale: f32, trusting: bool) -> u32 {
  return apply_strip(first, end - first, 1u, Packet(shared_flag(cell)), scale, trusting);
}
