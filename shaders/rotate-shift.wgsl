// Rotations for generators by shifts: used everywhere except on SwiftShader.

fn rotate_left(x: u32, by: u32) -> u32 {
  return (x << by) | (x >> (32u - by));
}

fn rotate_right(x: u32, by: u32) -> u32 {
  return rotate_left(x, 32u - by);
}
