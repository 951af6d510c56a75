/** Monte Carlo dropout in ONNX Runtime Web: by noiseshape/onnx, and with noise drawn on the host. */

import type { NoiseInput } from 'noiseshape/onnx'
import model from '../../models/digits/digits.onnx?url'
import type { Prepared } from '../contest.js'
import { size } from '../noise-cells.js'
import { loadOrt } from '../peers/ort.js'
import { drawNoise } from '../peers/plain.js'
import type { Prediction, Predictor } from './predictor.js'
import { createTally } from './tally.js'

/** models/digits/README.md says why the first point needs its noise shape stated. */
const POINTS = [{ node: 'spatial', noiseShape: [null, null, 1, 1] }, { node: 'dropout' }]

/** Errors only: otherwise it warns about each constant that only a Dropout node used. */
const QUIET = { logSeverityLevel: 3 } as const

async function load() {
  const [ort, noiseshape, response] = await Promise.all([loadOrt(), import('noiseshape/onnx'), fetch(model)])
  return { ort, ...noiseshape, bytes: await response.arrayBuffer() }
}

export const noiseshapeOnnx: Predictor = {
  task: 'monte-carlo',
  name: 'noiseshape-onnx',
  title: 'noiseshape/onnx, in ONNX Runtime Web',
  kind: 'gpu',
  role: 'ours',
  async prepare({ x, digits, samples }) {
    const { ort, bytes, createMonteCarloSession } = await load()
    const session = await createMonteCarloSession(ort, bytes, {
      points: POINTS,
      executionProviders: ['webgpu'],
    })
    const image = new ort.Tensor('float32', x, [digits, 1, 8, 8])
    let seed = 0
    const predict = async () =>
      (await session.predict({ image }, { samples, seed: seed++, outputs: 'logits' })) as Prediction
    return repeating(this.name, predict, session)
  },
}

/** The same stochastic model; each sample uploads its noise and reads its logits back. */
export const onnxruntimeHostNoise: Predictor = {
  task: 'monte-carlo',
  name: 'onnxruntime-host-noise',
  title: 'ONNX Runtime Web, noise by Math.random()',
  kind: 'gpu',
  role: 'peer',
  load: async () => (await loadOrt()).env.versions.web,
  async prepare({ x, digits, samples }) {
    const { ort, bytes, makeStochastic } = await load()
    const stochastic = makeStochastic(bytes, { points: POINTS })
    const session = await ort.InferenceSession.create(stochastic.model, {
      executionProviders: ['webgpu'],
      ...QUIET,
    })
    const image = new ort.Tensor('float32', x, [digits, 1, 8, 8])
    const noises = stochastic.inputs.map((input) => {
      const dims = noiseDims(input, digits)
      return { ...input, dims, values: new Float32Array(size(dims)) }
    })
    const [output] = session.outputNames
    const predict = async () => {
      const tally = createTally(digits, 10)
      for (let sample = 0; sample < samples; sample++) {
        const noise = noises.map(({ name, rate, dims, values }) => {
          drawNoise(values, rate)
          return [name, new ort.Tensor('float32', values, dims)] as const
        })
        const results = await session.run({ image, ...Object.fromEntries(noise) })
        tally.add(results[output].data as Float32Array)
      }
      return tally.read()
    }
    return repeating(this.name, predict, session)
  },
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

/** The batch is this model's only symbolic size. */
function noiseDims({ noiseShape, shape }: NoiseInput, digits: number): number[] {
  return noiseShape.map((entry, axis) => {
    const size = entry ?? shape[axis]
    return typeof size === 'number' ? size : digits
  })
}
