// Dropout as blogs write it: one thread per element, a hash of seed and index, a float compare, a multiply.
// Such kernels know no noise shape; `span` and `inner` are added here so that they can take part in every case.

struct Params {
    seed: u32,
    elements: u32,
    span: u32,
    inner: u32,
    rate: f32,
    scale: f32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

// PCG-RXS-M-XS-32 (Jarzynski and Olano, 2020, "Hash Functions for GPU Rendering").
fn pcg(value: u32) -> u32 {
    let state = value * 747796405u + 2891336453u;
    let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
    return (word >> 22u) ^ word;
}

@compute @workgroup_size(64)
fn hash_dropout(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let i = (workgroup.y * grid.x + workgroup.x) * 64u + thread;
    if (i >= params.elements) {
        return;
    }
    var cell = i;
    if (params.span > 1u) {
        cell = i / (params.span * params.inner) * params.inner + i % params.inner;
    }
    let uniform_number = f32(pcg(params.seed ^ cell)) / 4294967296.0;
    output[i] = select(0.0, input[i] * params.scale, uniform_number >= params.rate);
}
