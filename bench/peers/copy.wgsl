// The copy baseline: reads the tensor and writes it, four elements at a time, and does nothing else.

override workgroup_size: u32 = 64u;

@group(0) @binding(0) var<storage, read> input: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4<u32>>;

// A loop over any number of packets.

override packets_per_thread: u32 = 1u;
// true: neighbouring threads read neighbouring packets, as hardware likes it; false: each thread reads its own run.
override interleaved: bool = false;

@compute @workgroup_size(workgroup_size)
fn copy_in_loop(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let packets = arrayLength(&output);
    let first = (workgroup.y * grid.x + workgroup.x) * workgroup_size * packets_per_thread;
    let step = select(1u, workgroup_size, interleaved);
    let start = first + thread * select(packets_per_thread, 1u, interleaved);
    for (var i = 0u; i < packets_per_thread; i++) {
        let at = start + i * step;
        if (at < packets) {
            output[at] = input[at];
        }
    }
}

// Straight-line code for eight packets.

// false: the dispatch ends with the tensor, so that nothing needs to be checked.
override guarded: bool = true;

@compute @workgroup_size(workgroup_size)
fn copy_straight(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let at = ((workgroup.y * grid.x + workgroup.x) * workgroup_size + thread) * 8u;
    if (guarded) {
        let packets = arrayLength(&output);
        if (at + 8u > packets) {
            for (var i = at; i < packets; i++) {
                output[i] = input[i];
            }
            return;
        }
    }
    output[at] = input[at];
    output[at + 1u] = input[at + 1u];
    output[at + 2u] = input[at + 2u];
    output[at + 3u] = input[at + 3u];
    output[at + 4u] = input[at + 4u];
    output[at + 5u] = input[at + 5u];
    output[at + 6u] = input[at + 6u];
    output[at + 7u] = input[at + 7u];
}
