import fc from 'fast-check'
import { expect, test } from 'vitest'
import rotateFloatSource from '../../shaders/rotate-float.wgsl?raw'
import rotateShiftSource from '../../shaders/rotate-shift.wgsl?raw'
import threefrySource from '../../shaders/threefry4x32.wgsl?raw'
import { expectSameBits } from '../support/compare'
import { property } from '../support/draws'
import { useGpu } from '../support/gpu'
import { judgeThreefry } from '../support/judge'
import { goldenGenerator } from '../support/suites/known-answers'

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

const gpu = useGpu()

const ROTATIONS = [
  { by: 'shifts', rotateSource: rotateShiftSource },
  { by: 'floats', rotateSource: rotateFloatSource },
]

test.each(ROTATIONS)(
  'the shader that rotates by $by gives the published answers',
  async ({ rotateSource }) => {
    expect(goldenGenerator.length).toBeGreaterThan(2)
    const answers = await ask(goldenGenerator, rotateSource)
    goldenGenerator.forEach(({ out }, i) => {
      expectSameBits(answers[i], out, { what: `answer ${i}` })
    })
  },
)

test.each(ROTATIONS)(
  'rotating by $by, it gives the words of the judge for any counter and key',
  async ({ rotateSource }) => {
    const word = fc.oneof(
      fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1),
      fc.maxSafeNat().map((n) => n % 2 ** 32),
    )
    const four = fc.array(word, { minLength: 4, maxLength: 4 })
    const questions = fc.sample(fc.record({ counter: four, key: four }), property(500))
    const answers = await ask(questions, rotateSource)
    questions.forEach(({ counter, key }, i) => {
      expectSameBits(answers[i], judgeThreefry(counter, key), { what: `counter ${counter}, key ${key}` })
    })
  },
)

async function ask(
  questions: readonly { counter: ArrayLike<number>; key: ArrayLike<number> }[],
  rotateSource: string,
) {
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
