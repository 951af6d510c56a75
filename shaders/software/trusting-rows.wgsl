// Trusting version of walk-rows. Requires walk-rows, apply-trusting, and trusting-words or trusting-runs.

fn walk_trusting(thread: u32, scale: f32) -> u32 {
  var seen = ORDINARY;
  var at = thread * params.packets_per_thread;
  let end = min(at + params.packets_per_thread, packet_count());
  while (at < end) {
    let here = locate(at * WIDTH);
    let row_end = min(at + here.run / WIDTH, end);
    seen &= trust_row(at, row_end, here.cell, scale);
    at = row_end;
    // A loop, not an `if`: see apply-trusting.
    for (var straddles = at < end && here.run % WIDTH > 0u; straddles; straddles = false) {
      apply_straddling(at);
      at++;
    }
  }
  return seen;
}
