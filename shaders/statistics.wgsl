// Pass 3: adds the output of one more sample to the statistics. CPU counterpart: src/monte-carlo/statistics-cpu.ts.
//
// Welford's update (Technometrics 4, 1962) of mean and squared deviations, on values minus that of the first sample
// (Chan, Golub and LeVeque, The American Statistician 37, 1983): rounding errors are then proportional to the spread,
// not to the values, which matters in float32 once the values are a few thousand times larger than their spread.

struct StatisticsParams {
  reciprocal: f32,  // 1 / the number of this sample, counted from 1; it is 1 only in the first sample
  classes: u32,     // elements per row
}

struct Moments {
  first: f32,    // the value in the first sample
  mean: f32,     // of the values minus `first`
  squares: f32,  // sum of squared deviations from the mean
}

struct Entropy {
  first: f32,
  mean: f32,
}

@group(0) @binding(0) var<uniform> params: StatisticsParams;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> moments: array<Moments>;
@group(0) @binding(3) var<storage, read_write> entropies: array<Entropy>;  // one per row of classes

override WORKGROUP_SIZE: u32 = 64u;

const LEAST_EXPONENT = -104.0;  // exp of this or anything lower is 0 in float32
const LEAST_PROBABILITY = 1.17549435e-38;  // 2^-126: replaces 0 in logarithms; the product p log p is still 0

// A grid-stride loop: works with any grid, and neighbouring threads read neighbouring addresses.
@compute @workgroup_size(WORKGROUP_SIZE)
fn accumulate_values(
  @builtin(global_invocation_id) thread: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
) {
  for (var i = thread.x; i < arrayLength(&moments); i += grid.x * WORKGROUP_SIZE) {
    add_element(i, x[i]);
  }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn accumulate_probabilities(
  @builtin(global_invocation_id) thread: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
) {
  for (var row = thread.x; row < arrayLength(&entropies); row += grid.x * WORKGROUP_SIZE) {
    let start = row * params.classes;
    var surprise = 0.0;
    for (var i = start; i < start + params.classes; i++) {
      add_element(i, x[i]);
      surprise += x[i] * log(max(x[i], LEAST_PROBABILITY));
    }
    add_entropy(row, -surprise);
  }
}

// With p = exp(d) / total, the entropy is log(total) - sum of p d: one log per row, and never of a tiny p.
@compute @workgroup_size(WORKGROUP_SIZE)
fn accumulate_logits(
  @builtin(global_invocation_id) thread: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
) {
  for (var row = thread.x; row < arrayLength(&entropies); row += grid.x * WORKGROUP_SIZE) {
    let start = row * params.classes;
    let end = start + params.classes;
    var largest = x[start];
    for (var i = start + 1u; i < end; i++) {
      largest = max(largest, x[i]);
    }
    var total = 0.0;
    for (var i = start; i < end; i++) {
      total += exp(exponent(x[i], largest));
    }
    var weighted = 0.0;
    for (var i = start; i < end; i++) {
      let d = exponent(x[i], largest);
      let p = exp(d) / total;
      add_element(i, p);
      weighted += p * d;
    }
    add_entropy(row, log(total) - weighted);
  }
}

fn exponent(value: f32, largest: f32) -> f32 {
  return max(value - largest, LEAST_EXPONENT);
}

fn add_element(i: u32, value: f32) {
  if (params.reciprocal == 1.0) {
    moments[i] = Moments(value, 0.0, 0.0);
    return;
  }
  let held = moments[i];
  let shifted = value - held.first;
  let delta = shifted - held.mean;
  let mean = held.mean + delta * params.reciprocal;
  moments[i] = Moments(held.first, mean, held.squares + delta * (shifted - mean));
}

fn add_entropy(row: u32, entropy: f32) {
  if (params.reciprocal == 1.0) {
    entropies[row] = Entropy(entropy, 0.0);
    return;
  }
  let held = entropies[row];
  let delta = (entropy - held.first) - held.mean;
  entropies[row] = Entropy(held.first, held.mean + delta * params.reciprocal);
}
