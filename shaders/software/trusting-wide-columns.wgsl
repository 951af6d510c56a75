// Trusting version of wide-columns. Requires wide-columns and apply-trusting.

fn walk_trusting(thread: u32, scale: f32) -> u32 {
  let wide = wide_column(thread);
  let columns = params.columns;
  var seen = ORDINARY;
  for (var packet = wide.first; packet < wide.end; packet += columns) {
    let a = load(packet);
    let b = load(packet + 1u);
    let c = load(packet + 2u);
    let d = load(packet + 3u);
    store(packet, scaled_by(a, scale) & wide.keep_a);
    store(packet + 1u, scaled_by(b, scale) & wide.keep_b);
    store(packet + 2u, scaled_by(c, scale) & wide.keep_c);
    store(packet + 3u, scaled_by(d, scale) & wide.keep_d);
    seen &= evidence(a, b, c, d);
  }
  return seen;
}
