// @ts-check
// What `npm run mutate` changes, and the changes that no unit test can notice, by name and with the reason. A change is
// named as the command prints it. It counts as killed if a test notices it all the same.

/**
 * The parts, and their files. Not here: src/webgpu and src/tfjs, most of which only a GPU or a backend can tell, and shaders.
 *
 * @type {Record<string, string[]>}
 */
export const PARTS = {
  cpu: ['src/cpu/**/*.ts', 'src/simd/!(*.simd).ts'],
  'monte-carlo': ['src/monte-carlo/**/*.ts'],
  core: [
    'src/*.ts',
    'src/generators/**/!(*.simd).ts',
    'src/elements/**/*.ts',
    'src/webgpu/tuning.ts',
    'src/webgpu/params.ts',
  ],
  onnx: ['src/onnx/**/*.ts'],
}

/**
 * Functions that run on a GPU alone, by how their first line begins; test/gpu has their tests.
 *
 * @type {Record<string, string[]>}
 */
export const GPU_FUNCTIONS = {
  'src/engine.ts': ['if (gpu) {', 'get backend() {', 'get device() {', 'async #run<T>('],
  'src/monte-carlo/accumulator.ts': ['function bufferAccumulator('],
  'src/monte-carlo/outputs.ts': ['export function readBufferOutput('],
  'src/monte-carlo/statistics-webgpu.ts': ['export function createStatistics(', 'const kernelsOf ='],
}

/** @type {{ because: string, changes: string[] }[]} */
export const ONLY_A_GPU_CAN_TELL = [
  {
    because: 'It is for GPU errors and lost devices: gpu/monte-carlo, gpu/faults.',
    changes: [
      'src/monte-carlo/monte-carlo.ts: async (error: unknown) => interrupt(await causeOf(error, device)) => () => undefined',
      'src/monte-carlo/monte-carlo.ts: lost => false',
      'src/monte-carlo/monte-carlo.ts: (info) => interrupt(deviceLost(info)) => () => undefined',
      'src/monte-carlo/monte-carlo.ts: accumulator !== undefined && !accumulator.device && engine.device !== device => true',
      'src/monte-carlo/monte-carlo.ts: accumulator !== undefined && !accumulator.device && engine.device !== device => false',
      'src/monte-carlo/monte-carlo.ts: accumulator !== undefined && !accumulator.device && engine.device !== device => accumulator !== undefined && !accumulator.device || engine.device !== device',
      'src/monte-carlo/monte-carlo.ts: accumulator !== undefined && !accumulator.device => true',
      'src/monte-carlo/monte-carlo.ts: !accumulator.device => accumulator.device',
      'src/monte-carlo/monte-carlo.ts: engine.device !== device => true',
      'src/monte-carlo/monte-carlo.ts: engine.device !== device => engine.device === device',
    ],
  },
  {
    because:
      'It depends on the bindings of a device, or keeps the bits of one: gpu/monte-carlo, conformance.',
    changes: [
      'src/monte-carlo/outputs.ts: most < maxSampleBytes => false',
      'src/monte-carlo/outputs.ts: most < maxSampleBytes => most >= maxSampleBytes',
      'src/monte-carlo/moments.ts: at + MEAN_LOW => at - MEAN_LOW',
      'src/monte-carlo/moments.ts: at + VARIANCE_LOW => at - VARIANCE_LOW',
    ],
  },
  {
    because: 'On the CPU, statistics are read at once, so no read is pending when the run ends.',
    changes: ['src/monte-carlo/monte-carlo.ts: () => Promise.allSettled(reads) => () => undefined'],
  },
]

/** @type {{ because: string, changes: string[] }[]} */
export const EQUIVALENT = [
  {
    because:
      'A typed array ignores a store outside of it, and what is read there is undefined, 0 to an operator on bits.',
    changes: [
      'src/cpu/apply.ts: start < rowEnd => start <= rowEnd',
      'src/cpu/arrays.ts: cell < noise.length => cell <= noise.length',
      'src/cpu/mask.ts: group < groups => group <= groups',
      'src/cpu/mask.ts: word < 4 => word <= 4',
      'src/monte-carlo/moments-windows.ts: first < elements => first <= elements',
      'src/monte-carlo/moments-windows.ts: at < next => at <= next',
      'src/monte-carlo/quantiles.ts: sample < count => sample <= count',
      'src/monte-carlo/quantiles.ts: start < logits.length => start <= logits.length',
      'src/monte-carlo/settled.ts: at < rows.length => at <= rows.length',
      'src/monte-carlo/statistics-cpu.ts: i < values.length => i <= values.length',
      'src/monte-carlo/statistics-cpu.ts: row < elements / rowLength => row <= elements / rowLength',
    ],
  },
  {
    because: 'The same bits on a slower path.',
    changes: [
      'src/cpu/apply.ts: -1 => +1',
      'src/cpu/apply.ts: i + 4 <= to => false',
      'src/cpu/apply.ts: i + 4 <= to => i + 4 < to',
      'src/cpu/apply.ts: (ordinary & 0x40000000) !== 0 => false',
      'src/monte-carlo/statistics-cpu.ts: { addValues(kernel, sums, x, elements, samples, (values, first) => { if (rowLeng... => {}',
      'src/monte-carlo/statistics-cpu.ts: kernel => false',
      'src/monte-carlo/statistics-cpu.ts: rowLength === 0 => false',
      'src/monte-carlo/monte-carlo.ts: performance.now() - turn > LONGEST_TURN_MS => true',
      'src/monte-carlo/monte-carlo.ts: performance.now() - turn > LONGEST_TURN_MS => performance.now() - turn >= LONGEST_TURN_MS',
      'src/monte-carlo/monte-carlo.ts: performance.now() - turn > LONGEST_TURN_MS => performance.now() - turn <= LONGEST_TURN_MS',
      'src/monte-carlo/monte-carlo.ts: performance.now() - turn => performance.now() + turn',
    ],
  },
  {
    because: 'Infinity times the scale is infinity, as its bits are.',
    changes: ['src/cpu/apply.ts: magnitude > INFINITE => magnitude >= INFINITE'],
  },
  {
    because: 'Both look at it, and nothing is computed for an empty tensor either way.',
    changes: ['src/cpu/apply.ts: x.length === 0 => false', 'src/cpu/arrays.ts: x.length === 0 => false'],
  },
  {
    because: 'It clears no bit, or bits that the next row or block writes afterwards.',
    changes: [
      'src/cpu/apply.ts: start < to => start <= to',
      'src/cpu/apply.ts: start < from => start <= from',
      'src/cpu/apply.ts: to - start < 32 => false',
      'src/cpu/apply.ts: to - start => to + start',
    ],
  },
  {
    because: 'The first member of a layout is at 0.',
    changes: ['src/monte-carlo/moments.ts: at + MEAN => at - MEAN'],
  },
  {
    because: 'Both units hold such a value, zero is the same in both, and the next row is not written yet.',
    changes: [
      'src/monte-carlo/moments.ts: abs(value) < LARGE_FROM => abs(value) <= LARGE_FROM',
      'src/monte-carlo/moments.ts: abs(mean) < LARGE_FROM => abs(mean) <= LARGE_FROM',
      'src/monte-carlo/moments.ts: held < 0 => held <= 0',
      'src/monte-carlo/moments.ts: moments[at + VARIANCE] *= -1 => moments[at + VARIANCE] /= -1',
      'src/monte-carlo/quantiles.ts: i < start + classes => i <= start + classes',
    ],
  },
  {
    because: 'The listener is added to a signal, so there is one.',
    changes: ['src/monte-carlo/monte-carlo.ts: signal?.reason => signal.reason'],
  },
  {
    because: 'It only frees memory before the run ends.',
    changes: ['src/monte-carlo/monte-carlo.ts: () => reads.delete(reading) => () => undefined'],
  },
]
