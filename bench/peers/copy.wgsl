// The copy baseline: reads the tensor and writes it, four elements at a time, and does nothing else.

override packets_per_thread: u32;
// true: neighbouring threads read neighbouring packets, as hardware likes it; false: each thread reads its own run.
override interleaved: bool;

@group(0) @binding(0) var<storage, read> input: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4<u32>>;

@compute @workgroup_size(64)
fn copy_tensor(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let packets = arrayLength(&output);
    let first = (workgroup.y * grid.x + workgroup.x) * 64u * packets_per_thread;
    let step = select(1u, 64u, interleaved);
    let start = first + thread * select(packets_per_thread, 1u, interleaved);
    for (var i = 0u; i < packets_per_thread; i++) {
        let at = start + i * step;
        if (at < packets) {
            output[at] = input[at];
        }
    }
}
