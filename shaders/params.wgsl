// Parameters of both passes: what changes per call or per dispatch travels here, never in an override.
// Written by src/webgpu/params.ts; test/unit/params.test.ts holds the two layouts together.

struct MaskParams {
  first_group: vec2<u32>,       // low, high: the generator's 128-cell group at which this dispatch begins
  shift: u32,                   // cells of the first group that lie before the window, 0 to 127
  groups: u32,                  // mask groups to write
  last_cells: u32,              // cells in the last of them, 1 to 128
  @align(16) draw: DrawParams,  // the generator's own: see its module
}

// One collapsed dim, seen from the dispatch's first element.
struct Dim {
  wrap: u32,    // steps from the first element's index to the end of the dim
  size: u32,
  start: u32,   // the first element's index
  stride: u32,  // noise cells per step: 0 where the dim is broadcast
}

struct ApplyParams {
  scale: f32,
  largest: u32,      // the largest magnitude (bit pattern) whose product with scale is finite
  flush_below: u32,  // kept magnitudes below this become a signed zero
  first: u32,        // first element, counted from the start of the bound range; 0 for packets of four
  count: u32,        // elements to process
  cell: u32,         // the first element's noise cell, counted from the start of the bound mask
  dim_count: u32,    // at least 1
  columns: u32,      // walks down columns: packets in a row
  rows: u32,         //   rows in a block that shares its flags
  strips: u32,       //   threads that take the rows of a block, one column's width
  packets_per_thread: u32,
  @align(16) dims: array<Dim, 8>,  // innermost first; the uniform address space wants multiples of 16
}
