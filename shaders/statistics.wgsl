// Pass 3: adds the outputs of one or more samples to the statistics. CPU counterparts: src/monte-carlo/statistics-cpu.ts
// and moments.ts.
//
// WGSL lets a compiler assume that there is no NaN or infinity, reorder additions and fuse operations. So floats that
// may be NaN or infinite are read, compared and stored as bit patterns, and `rounded` keeps operations apart.

struct StatisticsParams {
  row_length: u32,   // elements per row
  row_size: u32,     // numbers stored per row of classes
  samples: u32,      // outputs in x
  offset: u32,       // of the first, in elements of x
  stride: u32,       // elements from one output to the next
  kept: u32,         // where keep_samples writes, in elements
  zero: u32,         // 0, which no compiler knows
  reciprocals: array<f32>,  // for each output, 1 / its number, counted from 1; it is 1 only for the first
}

// Bit patterns of float32 numbers. Mean and variance are sums of two, and the variance is in units.
struct Moments {
  mean: u32,
  mean_low: u32,
  variance: u32,      // negative: in units of LARGE
  variance_low: u32,
}

@group(0) @binding(0) var<storage, read> params: StatisticsParams;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> moments: array<Moments>;
@group(0) @binding(2) var<storage, read_write> kept: array<u32>;  // in place of moments
// One after the other for each row of classes: the moments of its entropies, a count of votes for each class, and if
// SETTLING the moments of its divergences. All are bit patterns of float32.
@group(0) @binding(3) var<storage, read_write> rows: array<u32>;

override WORKGROUP_SIZE: u32 = 64u;
override SETTLING: bool = false;

const MAGNITUDE = 0x7fffffffu;
const SIGN = 0x80000000u;
const INFINITE = 0x7f800000u;
const NAN = 0x7fc00000u;

const LEAST_EXPONENT = -104.0;  // exp of this or anything lower is 0 in float32
const LEAST_INFINITE_POWER = 0x42b17218u;  // 88.72284: exp of this or anything higher is infinite in float32
const LEAST_PROBABILITY = 1.17549435e-38;  // 2^-126: replaces 0 in logarithms; the product p log p is still 0

// What deviations are multiplied by before they are squared, so that no square leaves float32 where the variance does
// not. A variance in units of LARGE has a negative sign, and is converted back below LEAST_LARGE.
const ORDINARY = 65536.0;  // 2^16
const LARGE = 1.3552527156068805e-20;  // 2^-66
const LARGE_FROM = 0x56800000u;  // 2^46: LARGE is used where a value or a mean is at least this
const LEAST_LARGE = 0x29800000u;  // 2^-44
const TO_LARGE = 2.0679515313825692e-25;  // 2^-82
const FROM_LARGE = 4.835703278458517e+24;  // 2^82

const MOMENTS_SIZE = 4u;

// All loops are grid-stride: they work with any grid, and neighbouring threads read neighbouring addresses.
@compute @workgroup_size(WORKGROUP_SIZE)
fn accumulate_values(
  @builtin(global_invocation_id) thread: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
) {
  for (var i = thread.x; i < arrayLength(&moments); i += grid.x * WORKGROUP_SIZE) {
    var held = moments[i];
    for (var sample = 0u; sample < params.samples; sample++) {
      held = added(held, x[start_of(sample) + i], params.reciprocals[sample]);
    }
    moments[i] = held;
  }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn accumulate_gaussian(
  @builtin(global_invocation_id) thread: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
) {
  for (var i = thread.x; i < arrayLength(&moments); i += grid.x * WORKGROUP_SIZE) {
    let is_mean = i % params.row_length < params.row_length / 2u;
    var held = moments[i];
    for (var sample = 0u; sample < params.samples; sample++) {
      let bits = x[start_of(sample) + i];
      held = added(held, select(variance_from(bits), bits, is_mean), params.reciprocals[sample]);
    }
    moments[i] = held;
  }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn accumulate_probabilities(
  @builtin(global_invocation_id) thread: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
) {
  for (var row = thread.x; row < arrayLength(&rows) / params.row_size; row += grid.x * WORKGROUP_SIZE) {
    let first = row * params.row_length;
    for (var sample = 0u; sample < params.samples; sample++) {
      let start = start_of(sample) + first;
      let scores = scan(start);
      var surprise = 0.0;
      var cross = 0.0;
      for (var i = 0u; i < params.row_length; i++) {
        let bits = x[start + i];
        let p = bitcast<f32>(bits);
        surprise = surprise + rounded(p * log_of(p));
        cross = cross + add_probability(first + i, bits, sample);
      }
      add_row(row, sample, scores.largest, select(bitcast<u32>(-surprise), NAN, scores.highest >= INFINITE), cross);
    }
  }
}

// With p = exp(d) / total, the entropy is log(total) - sum of p d: one log per row, and never of a tiny p.
@compute @workgroup_size(WORKGROUP_SIZE)
fn accumulate_logits(
  @builtin(global_invocation_id) thread: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
) {
  for (var row = thread.x; row < arrayLength(&rows) / params.row_size; row += grid.x * WORKGROUP_SIZE) {
    let first = row * params.row_length;
    for (var sample = 0u; sample < params.samples; sample++) {
      let start = start_of(sample) + first;
      let scores = scan(start);
      let largest = x[start + scores.largest];
      // NaN, +infinity, or all of them -infinity
      let meaningless = scores.highest > INFINITE || (largest & MAGNITUDE) >= INFINITE;
      var total = 0.0;
      for (var i = 0u; i < params.row_length; i++) {
        total = total + exp(exponent(x[start + i], largest));
      }
      var weighted = 0.0;
      var cross = 0.0;
      for (var i = 0u; i < params.row_length; i++) {
        let d = exponent(x[start + i], largest);
        let p = exp(d) / total;
        weighted = weighted + rounded(p * d);
        cross = cross + add_probability(first + i, select(bitcast<u32>(p), NAN, meaningless), sample);
      }
      let entropy = bitcast<u32>(log(total) - weighted);
      add_row(row, sample, scores.largest, select(entropy, NAN, meaningless), cross);
    }
  }
}

// Copies outputs as they are.
@compute @workgroup_size(WORKGROUP_SIZE)
fn keep_samples(
  @builtin(global_invocation_id) thread: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
) {
  for (var i = thread.x; i < params.samples * params.stride; i += grid.x * WORKGROUP_SIZE) {
    kept[params.kept + i] = x[params.offset + i];
  }
}

fn start_of(sample: u32) -> u32 {
  return params.offset + sample * params.stride;
}

struct Scores {
  largest: u32,  // index of the largest in its row: the first, if there are several
  highest: u32,  // the largest magnitude: above INFINITE if there is a NaN
}

fn scan(start: u32) -> Scores {
  var scores = Scores(0u, x[start] & MAGNITUDE);
  for (var i = 1u; i < params.row_length; i++) {
    let bits = x[start + i];
    scores.largest = select(scores.largest, i, ordered(bits) > ordered(x[start + scores.largest]));
    scores.highest = max(scores.highest, bits & MAGNITUDE);
  }
  return scores;
}

// Integers in the order of the floats; both zeros are the same.
fn ordered(bits: u32) -> i32 {
  let magnitude = bitcast<i32>(bits & MAGNITUDE);
  return select(magnitude, -magnitude, bits > SIGN);
}

// The largest logit is finite wherever the result is used. Halves cannot overflow.
fn exponent(bits: u32, largest: u32) -> f32 {
  let half = max(bitcast<f32>(bits) * 0.5 - bitcast<f32>(largest) * 0.5, LEAST_EXPONENT * 0.5);
  return select(half * 2.0, LEAST_EXPONENT, bits == (INFINITE | SIGN));
}

fn log_of(p: f32) -> f32 {
  return log(max(p, LEAST_PROBABILITY));
}

fn variance_from(log_variance: u32) -> u32 {
  let power = bitcast<u32>(exp(max(bitcast<f32>(log_variance), LEAST_EXPONENT)));
  let finite = select(power, 0u, log_variance == (INFINITE | SIGN));
  let is_infinite = log_variance >= LEAST_INFINITE_POWER && log_variance <= INFINITE;
  let is_nan = (log_variance & MAGNITUDE) > INFINITE;
  return select(select(finite, INFINITE, is_infinite), NAN, is_nan);
}

// Adds a probability of a class, and returns its part of the cross entropy with the mean, negative.
fn add_probability(i: u32, p: u32, sample: u32) -> f32 {
  let held = added(moments[i], p, params.reciprocals[sample]);
  moments[i] = held;
  if (SETTLING) {
    return rounded(bitcast<f32>(p) * log_of(bitcast<f32>(held.mean)));
  }
  return 0.0;
}

fn add_row(row: u32, sample: u32, vote: u32, entropy: u32, cross: f32) {
  let at = row * params.row_size;
  let is_nan = (entropy & MAGNITUDE) > INFINITE;
  add_to_row(at, entropy, sample);
  let counted = at + MOMENTS_SIZE + vote;
  rows[counted] = bitcast<u32>(bitcast<f32>(rows[counted]) + select(1.0, 0.0, is_nan));
  if (SETTLING) {
    let divergence = bitcast<u32>(-cross - bitcast<f32>(entropy));
    add_to_row(at + MOMENTS_SIZE + params.row_length, select(divergence, NAN, is_nan), sample);
  }
}

fn add_to_row(at: u32, bits: u32, sample: u32) {
  let held = Moments(rows[at], rows[at + 1u], rows[at + 2u], rows[at + 3u]);
  let now = added(held, bits, params.reciprocals[sample]);
  rows[at] = now.mean;
  rows[at + 1u] = now.mean_low;
  rows[at + 2u] = now.variance;
  rows[at + 3u] = now.variance_low;
}

// Adds a value to a running mean and variance: see src/monte-carlo/moments.ts.
fn added(held: Moments, bits: u32, reciprocal: f32) -> Moments {
  let larger = max(bits & MAGNITUDE, held.mean & MAGNITUDE);
  if (reciprocal == 1.0) {
    return Moments(bits, 0u, select(0u, NAN, larger >= INFINITE), 0u);
  }
  if (larger >= INFINITE) {
    return Moments(sum_beyond(held.mean, bits), 0u, NAN, 0u);
  }
  let was_large = held.variance > SIGN;
  let is_large = larger >= LARGE_FROM || (was_large && (held.variance & MAGNITUDE) >= LEAST_LARGE);
  let shift = select(1.0, select(FROM_LARGE, TO_LARGE, is_large), is_large != was_large);
  let variance = rounded(bitcast<f32>(held.variance & MAGNITUDE) * shift) * shift;
  let variance_low = rounded(bitcast<f32>(held.variance_low) * shift) * shift;

  let unit = select(ORDINARY, LARGE, is_large);
  let mean = bitcast<f32>(held.mean);
  let mean_low = bitcast<f32>(held.mean_low);
  let deviation = rounded(rounded(bitcast<f32>(bits) * unit) - rounded(mean * unit));
  let delta = rounded(deviation - mean_low * unit);
  let step = rounded(delta * reciprocal);
  let mean_step = rounded(mean_low + step * select(1.0 / ORDINARY, 1.0 / LARGE, is_large));
  let new_mean = rounded(mean + mean_step);

  let square = rounded(step * rounded(delta - step));
  let shrink = rounded(variance * reciprocal);
  let variance_step = rounded(variance_low + rounded(square - shrink));
  let new_variance = rounded(variance + variance_step);
  return Moments(
    bitcast<u32>(new_mean),
    bitcast<u32>(lost_in(new_mean, mean, mean_step)),
    bitcast<u32>(new_variance) | select(0u, SIGN, is_large),
    bitcast<u32>(lost_in(new_variance, variance, variance_step)),
  );
}

// A sum of two numbers, of which at least one is infinite or NaN.
fn sum_beyond(a: u32, b: u32) -> u32 {
  let is_nan = max(a & MAGNITUDE, b & MAGNITUDE) > INFINITE || (a ^ b) == SIGN;
  return select(select(a, b, (b & MAGNITUDE) == INFINITE), NAN, is_nan);
}

// What rounding a + b to `sum` lost, exactly (Dekker, Numerische Mathematik 18, 1971).
fn lost_in(sum: f32, a: f32, b: f32) -> f32 {
  let a_is_larger = abs(a) >= abs(b);
  let larger = select(b, a, a_is_larger);
  let smaller = select(a, b, a_is_larger);
  return smaller - rounded(sum - larger);
}

// A value that a compiler must take as it is, rounded to float32, and cannot merge with what follows.
fn rounded(value: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(value) ^ params.zero);
}
