/** Monte Carlo dropout in ONNX Runtime Web: by noiseshape/onnx, and by hand. */

import type { NoiseInput } from 'noiseshape/onnx'
import type { Prepared } from '../contest.js'
import type { Network } from '../networks/network.js'
import { size } from '../noise-cells.js'
import { loadOrtAnywhere } from '../peers/ort.js'
import { drawNoise } from '../peers/plain.js'
import type { Kind } from '../report.js'
import { DIGITS, type Prediction, type Predictor } from './predictor.js'
import { createTally } from './tally.js'

type Ort = Awaited<ReturnType<typeof loadOrtAnywhere>>
type Session = Awaited<ReturnType<Ort['InferenceSession']['create']>>

const WHERE = {
  gpu: { provider: 'webgpu', suffix: '', networks: DIGITS },
  cpu: { provider: 'wasm', suffix: '-wasm', networks: undefined },
} as const

const ours = (kind: Kind): Predictor => ({
  task: 'monte-carlo',
  name: `noiseshape-onnx${WHERE[kind].suffix}`,
  title: `noiseshape/onnx, in ONNX Runtime Web${kind === 'cpu' ? ' on wasm' : ''}`,
  kind,
  role: 'ours',
  networks: WHERE[kind].networks,
  async prepare({ network, samples }) {
    const [ort, { createMonteCarloSession }] = await Promise.all([
      loadOrtAnywhere(),
      import('noiseshape/onnx'),
    ])
    const session = await createMonteCarloSession(ort, await network.model(), {
      points: network.points,
      executionProviders: [WHERE[kind].provider],
    })
    const { name } = network.input
    const input = tensorOf(ort, network)
    let seed = 0
    const predict = async () =>
      (await session.predict({ [name]: input }, { samples, seed: seed++, outputs: 'logits' })) as Prediction
    return repeating(this.name, predict, session)
  },
})

/** Each sample draws its noise, hands it over and reads its logits back. */
const separateRuns = (kind: Kind): Predictor => ({
  task: 'monte-carlo',
  name: `onnxruntime-host-noise${WHERE[kind].suffix}`,
  title: `ONNX Runtime Web${kind === 'cpu' ? ' on wasm' : ''}, noise by Math.random()`,
  kind,
  role: 'peer',
  networks: WHERE[kind].networks,
  load: async () => (await loadOrtAnywhere()).env.versions.web,
  async prepare({ network, samples }) {
    const { run, session } = await openStochastic(network, kind, 1)
    const predict = async () => {
      const tally = createTally(network.rows, network.classes)
      for (let sample = 0; sample < samples; sample++) tally.add(await run())
      return tally.read()
    }
    return repeating(this.name, predict, session)
  },
})

/** One run with the rows of all samples in its batch. */
const allInTheBatch = (kind: Kind): Predictor => ({
  task: 'monte-carlo',
  name: `onnxruntime-batch${WHERE[kind].suffix}`,
  title: `ONNX Runtime Web${kind === 'cpu' ? ' on wasm' : ''}, all samples in the batch`,
  kind,
  role: 'peer',
  networks: WHERE[kind].networks,
  load: async () => (await loadOrtAnywhere()).env.versions.web,
  async prepare({ network, samples }) {
    const { run, session } = await openStochastic(network, kind, samples)
    const predict = async () => {
      const tally = createTally(network.rows, network.classes)
      const logits = await run()
      const size = network.rows * network.classes
      for (let i = 0; i < samples; i++) tally.add(logits.subarray(i * size, (i + 1) * size))
      return tally.read()
    }
    return repeating(this.name, predict, session)
  },
})

/** The network without its dropout: what a prediction without uncertainty costs. */
const oneRun: Predictor = {
  task: 'monte-carlo',
  name: 'one-run-wasm',
  title: 'one run without dropout, in ONNX Runtime Web on wasm',
  kind: 'cpu',
  role: 'baseline',
  async prepare({ network }) {
    const ort = await loadOrtAnywhere()
    const session = await open(ort, await network.inferenceModel(), 'cpu')
    const feeds = { [network.input.name]: tensorOf(ort, network) }
    const [output] = session.outputNames
    const predict = async () => {
      const tally = createTally(network.rows, network.classes)
      tally.add((await session.run(feeds))[output].data as Float32Array)
      return tally.read()
    }
    return repeating(this.name, predict, session)
  },
}

export const noiseshapeOnnx = ours('gpu')
export const onnxruntimeByHand = [separateRuns('gpu'), allInTheBatch('gpu')]

export const onnxruntimeOnWasm: readonly Predictor[] = [
  ours('cpu'),
  oneRun,
  separateRuns('cpu'),
  allInTheBatch('cpu'),
]

/** The model of makeStochastic, for runs with the rows of `count` samples. */
async function openStochastic(network: Network, kind: Kind, count: number) {
  const [ort, { makeStochastic }] = await Promise.all([loadOrtAnywhere(), import('noiseshape/onnx')])
  const { model, inputs } = makeStochastic(await network.model(), { points: network.points })
  const session = await open(ort, model, kind)
  const noises = inputs.map((input) => {
    const dims = noiseDims(input, network.rows * count)
    return { ...input, dims, values: new Float32Array(size(dims)) }
  })
  const fixed = { [network.input.name]: tensorOf(ort, network, count) }
  const [output] = session.outputNames
  const run = async () => {
    const noise = noises.map(({ name, rate, dims, values }) => {
      drawNoise(values, rate)
      return [name, new ort.Tensor('float32', values, dims)] as const
    })
    const results = await session.run({ ...fixed, ...Object.fromEntries(noise) })
    return results[output].data as Float32Array
  }
  return { run, session }
}

/** Errors only: otherwise it warns about each constant that only a Dropout node used. */
function open(ort: Ort, bytes: Uint8Array, kind: Kind): Promise<Session> {
  return ort.InferenceSession.create(bytes, {
    executionProviders: [WHERE[kind].provider],
    logSeverityLevel: 3,
  })
}

/** The rows of the network, `count` times. */
function tensorOf(ort: Ort, { input }: Network, count = 1) {
  const [rows, ...rest] = input.dims
  const dims = [rows * count, ...rest]
  const { values } = input
  const { length } = values
  if (values instanceof BigInt64Array) {
    return new ort.Tensor(
      'int64',
      BigInt64Array.from({ length: length * count }, (_, i) => values[i % length]),
      dims,
    )
  }
  return new ort.Tensor(
    'float32',
    Float32Array.from({ length: length * count }, (_, i) => values[i % length]),
    dims,
  )
}

/** An entrant that predicts again and again, and frees its session. */
function repeating(
  name: string,
  predict: () => Promise<Prediction>,
  session: { release(): Promise<void> },
): Prepared<Prediction> {
  return {
    name,
    async run(times) {
      for (let i = 0; i < times; i++) await predict()
    },
    result: predict,
    close: () => session.release(),
  }
}

/** The batch is the only symbolic size of these models. */
function noiseDims({ noiseShape, shape }: NoiseInput, rows: number): number[] {
  return noiseShape.map((entry, axis) => {
    const size = entry ?? shape[axis]
    return typeof size === 'number' ? size : rows
  })
}
