/** The generator of the mask shader by itself, asked for chosen counters and keys. */

import rotateShiftSource from '../../shaders/rotate-shift.wgsl?raw'
import rotateFloatSource from '../../shaders/software/rotate-float.wgsl?raw'
import threefrySource from '../../src/generators/native-1/threefry4x32.wgsl?raw'
import type { Buffers } from './buffers'

export const ROTATIONS = [
  { by: 'shifts', rotateSource: rotateShiftSource },
  { by: 'floats', rotateSource: rotateFloatSource },
]

export interface Question {
  counter: ArrayLike<number>
  key: ArrayLike<number>
}

/** One thread for each pair of counter and key. */
const kernel = /* wgsl */ `
@group(0) @binding(0) var<storage, read> questions: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> answers: array<vec4<u32>>;

@compute @workgroup_size(64)
fn answer(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < arrayLength(&answers)) {
    answers[id.x] = threefry4x32(questions[2 * id.x], questions[2 * id.x + 1]);
  }
}
`

/** Four words for each question. */
export async function askGenerator(
  gpu: Buffers,
  questions: readonly Question[],
  rotateSource: string,
): Promise<Uint32Array[]> {
  const { device } = gpu
  const words = questions.flatMap(({ counter, key }) => [...Array.from(counter), ...Array.from(key)])
  const input = gpu.buffer(Uint32Array.from(words))
  const output = gpu.buffer(16 * questions.length)
  const module = device.createShaderModule({ code: `${rotateSource}\n${threefrySource}\n${kernel}` })
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: 'answer' } })
  const bindings = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [input, output].map((buffer, binding) => ({ binding, resource: { buffer } })),
  })
  gpu.submit((encoder) => {
    const pass = encoder.beginComputePass()
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, bindings)
    pass.dispatchWorkgroups(Math.ceil(questions.length / 64))
    pass.end()
  })
  const answers = await gpu.read(output)
  return questions.map((_, i) => answers.subarray(4 * i, 4 * i + 4))
}
