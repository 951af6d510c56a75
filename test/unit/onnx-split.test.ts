/** Models that are cut at their noise, and samples that are stacked in the batch, against one run for each sample. */

import { noise } from 'noiseshape/cpu'
import { makeStochastic, type PredictOptions } from 'noiseshape/onnx'
import * as ort from 'onnxruntime-web'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { attribute, encode, floats, type GraphInit, INT64, info, node } from '../support/onnx-models'
import { useWasm } from '../support/onnx-wasm'

const { open, release } = useWasm()
afterEach(() => void vi.restoreAllMocks())

const plain = async (model: Uint8Array) =>
  release(await ort.InferenceSession.create(model, { executionProviders: ['wasm'], logSeverityLevel: 4 }))

const values = (count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => Math.sin(seed * 12.9 + i * 7.3))
const tensor = (...dims: number[]) =>
  new ort.Tensor(
    'float32',
    Float32Array.from(
      values(
        dims.reduce((a, b) => a * b, 1),
        3,
      ),
    ),
    dims,
  )
const weights = (name: string, ...dims: number[]) =>
  floats(
    name,
    dims,
    values(
      dims.reduce((a, b) => a * b, 1),
      name.length + dims[0],
    ),
  )
const ints = (name: string, ...numbers: number[]) => ({
  name,
  dataType: INT64,
  dims: [BigInt(numbers.length)],
  int64Data: numbers.map(BigInt),
})

/** The dims of the feeds of each run of ONNX Runtime, by name. */
function watchRuns() {
  const runs: Record<string, readonly number[]>[] = []
  const { create } = ort.InferenceSession
  vi.spyOn(ort.InferenceSession, 'create').mockImplementation((async (model: Uint8Array, options: object) => {
    const session = await create.call(ort.InferenceSession, model, options)
    const { run } = session
    session.run = ((feeds: Record<string, ort.Tensor>, ...rest: []) => {
      runs.push(Object.fromEntries(Object.entries(feeds).map(([name, { dims }]) => [name, dims])))
      return run.call(session, feeds, ...(rest as unknown as [string[]]))
    }) as typeof run
    return session
  }) as typeof create)
  return runs
}

const axes = (axis: number) => ({ name: 'axes', type: 7, ints: [BigInt(axis)] })

const RATE = floats('rate', [], [0.4])

/** y = relu(x W + b) with dropout, times V: the product with W comes before all noise. */
const NETWORK: GraphInit = {
  name: 'network',
  node: [
    node('MatMul', ['x', 'W'], ['product']),
    node('Add', ['product', 'b'], ['sum']),
    node('Relu', ['sum'], ['hidden']),
    node('Dropout', ['hidden', 'rate'], ['dropped']),
    node('MatMul', ['dropped', 'V'], ['y']),
  ],
  input: [info('x', ['n', 6])],
  output: [info('y', ['n', 3])],
  initializer: [weights('W', 6, 8), weights('b', 8), weights('V', 8, 3), RATE],
}

/** The outputs of separate runs of the whole model, each with the noise of `noiseshape/cpu`. */
async function separateRuns(
  model: Uint8Array,
  feeds: Record<string, ort.Tensor>,
  { samples, shapes, output = 'y' }: { samples: number; shapes: readonly number[][]; output?: string },
) {
  const stochastic = makeStochastic(model)
  const session = await plain(stochastic.model)
  const outputs: Float32Array[] = []
  for (let step = 0; step < samples; step++) {
    const drawn = stochastic.inputs.map(({ name, rate, stream }, i) => [
      name,
      new ort.Tensor('float32', noise({ shape: shapes[i], rate, seed: 5, stream, step }), shapes[i]),
    ])
    const results = await session.run({ ...feeds, ...Object.fromEntries(drawn) })
    outputs.push(results[output].data as Float32Array)
  }
  return outputs
}

const DRAW = { seed: 5, keepSamples: true } as const
function expectClose(got: (Float32Array | undefined)[], expected: Float32Array[], digits = 5) {
  expect(got).toHaveLength(expected.length)
  expected.forEach((values, s) => {
    expect(got[s]).toHaveLength(values.length)
    for (const [i, value] of values.entries()) {
      expect(got[s]?.[i], `sample ${s}, value ${i}`).toBeCloseTo(value, digits)
    }
  })
}

/** Each sample of a prediction, and how many there were. */
async function samplesOf(
  session: Awaited<ReturnType<typeof open>>,
  feeds: Record<string, ort.Tensor>,
  options: Partial<PredictOptions> & { samples: number },
) {
  const { samples } = options
  const { keptSamples } = await session.predict(feeds, { ...DRAW, ...options })
  const length = (keptSamples?.length ?? 0) / samples
  return Array.from({ length: samples }, (_, s) => keptSamples?.slice(s * length, (s + 1) * length))
}

describe('what comes before all noise', () => {
  test('runs once per prediction, and the outputs are those of whole runs, to the bit', async () => {
    const model = encode(NETWORK)
    const runs = watchRuns()
    const session = await open(model)
    // Per example: 6 x 8 multiplications with W, 8 x 3 with V.
    expect(session.split).toEqual({ trunkNodes: 3, tailNodes: 2, trunkShare: 48 / 72, reason: undefined })
    const feeds = { x: tensor(2, 6) }
    const got = await samplesOf(session, feeds, { samples: 5, samplesPerRun: 1 })
    expect(runs.filter(({ x }) => x)).toHaveLength(1)
    expect(runs.filter(({ noise_0 }) => noise_0)).toHaveLength(5)
    expect(got).toEqual(await separateRuns(model, feeds, { samples: 5, shapes: [[2, 8]] }))
  })

  test('is nothing to cut off where noise comes first, or without a product', async () => {
    const noiseFirst = {
      ...NETWORK,
      node: [node('Dropout', ['x', 'rate'], ['d']), node('MatMul', ['d', 'U'], ['y'])],
      initializer: [weights('U', 6, 3), RATE],
    }
    expect((await open(encode(noiseFirst))).split).toMatchObject({
      trunkNodes: 0,
      reason: expect.stringContaining('no product'),
    })
  })

  test('is described by its share of the multiplications, where the sizes are known', async () => {
    const convolution = (size: number | string) =>
      encode({
        node: [
          node('Conv', ['x', 'kernel'], ['maps'], {
            attribute: [
              { name: 'pads', type: 7, ints: [1n, 1n, 1n, 1n] },
              { name: 'strides', type: 7, ints: [2n, 2n] },
            ],
          }),
          node('GlobalAveragePool', ['maps'], ['means']),
          node('Flatten', ['means'], ['features']),
          node('Dropout', ['features', 'rate'], ['dropped']),
          node('MatMul', ['dropped', 'V'], ['y']),
        ],
        input: [info('x', ['n', 2, size, size])],
        output: [info('y', ['n', 3])],
        initializer: [weights('kernel', 8, 2, 3, 3), weights('V', 8, 3), RATE],
      })
    // 8 maps of 5 x 5 places, each a window of 2 x 3 x 3; then 8 x 3.
    const work = 8 * 5 * 5 * (2 * 3 * 3)
    expect((await open(convolution(9))).split.trunkShare).toBe(work / (work + 24))
    expect((await open(convolution('size'))).split.trunkShare).toBeUndefined()
  })

  test('gives the outputs that no noise changes', async () => {
    const model = encode({ ...NETWORK, output: [info('y', ['n', 3]), info('hidden', ['n', 8])] })
    const session = await open(model)
    const feeds = { x: tensor(2, 6) }
    const { mean, variance } = await session.predict(feeds, { samples: 4, seed: 5, output: 'hidden' })
    const whole = await (await plain(model)).run(feeds)
    expect(mean).toEqual(whole.hidden.data)
    expect(variance).toEqual(new Float32Array(16))
  })

  test('is read inside a branch behind the cut', async () => {
    const branch = (op: string) => ({
      name: op,
      node: [node(op, ['dropped', 'sum'], [`of ${op}`])],
      output: [info(`of ${op}`, ['n', 8])],
    })
    const model = encode({
      ...NETWORK,
      node: [
        ...(NETWORK.node ?? []).slice(0, 4),
        node('If', ['flag'], ['chosen'], {
          attribute: [attribute('then_branch', branch('Add')), attribute('else_branch', branch('Sub'))],
        }),
        node('MatMul', ['chosen', 'V'], ['y']),
      ],
      input: [info('x', ['n', 6]), info('flag', [], 9)],
    })
    const feeds = { x: tensor(2, 6), flag: new ort.Tensor('bool', [true], []) }
    const session = await open(model)
    expect(session.split.trunkNodes).toBe(3)
    const got = await samplesOf(session, feeds, { samples: 3, samplesPerRun: 1 })
    expect(got).toEqual(await separateRuns(model, feeds, { samples: 3, shapes: [[2, 8]] }))
  })
})

test('makeStochastic gives the two parts as ordinary models', async () => {
  const model = encode(NETWORK)
  const { trunk, tail, crossing, inputs } = makeStochastic(model, { split: true })
  expect(crossing).toEqual(['hidden'])
  const feeds = { x: tensor(2, 6) }
  const drawn = noise({ shape: [2, 8], rate: inputs[0].rate, seed: 5, stream: 0, step: 0 })
  const shared = await (await plain(trunk as Uint8Array)).run(feeds)
  const noise_0 = new ort.Tensor('float32', drawn, [2, 8])
  const { y } = await (await plain(tail)).run({ ...shared, noise_0 })
  expect([y.data]).toEqual(await separateRuns(model, feeds, { samples: 1, shapes: [[2, 8]] }))
  expect((trunk?.length ?? 0) + tail.length, 'no weight is in both').toBeLessThan(model.length + 400)

  const whole = makeStochastic(model, { split: true, points: [{ tensor: 'x', rate: 0.5 }] })
  expect(whole).toMatchObject({
    trunk: undefined,
    crossing: [],
    reason: expect.stringContaining('no product'),
  })
})

/** Behind the dropout of NETWORK: what a model does with 8 features per row. */
const behind = (nodes: GraphInit['node'], initializer: GraphInit['initializer'] = []): GraphInit => ({
  ...NETWORK,
  node: [...(NETWORK.node ?? []).slice(0, 4), ...(nodes ?? [])],
  output: [info('y')],
  initializer: [...(NETWORK.initializer ?? []), ...initializer],
})

describe('samples that are stacked in the batch', () => {
  test.each([1, 3])('have the noise that each has alone, with a batch of %i', async (rows) => {
    const model = encode(NETWORK)
    const runs = watchRuns()
    const session = await open(model)
    const feeds = { x: tensor(rows, 6) }
    await samplesOf(session, feeds, { samples: 2 }) // compares a stacked run with single ones, once
    runs.splice(0)
    const got = await samplesOf(session, feeds, { samples: 7, samplesPerRun: 3 })
    expect(runs.flatMap(({ noise_0 }) => (noise_0 ? [noise_0] : []))).toEqual(
      [3, 3, 1].map((count) => [count * rows, 8]),
    )
    expectClose(got, await separateRuns(model, feeds, { samples: 7, shapes: [[rows, 8]] }))
  })

  test('are as many as likely gain: all small ones, and none that have a megabyte of noise', async () => {
    const runs = watchRuns()
    const session = await open(encode(NETWORK))
    const stacksOf = async (rows: number, samples: number) => {
      runs.splice(0)
      await samplesOf(session, { x: tensor(rows, 6) }, { samples })
      return runs.flatMap(({ noise_0 }) => (noise_0 ? [noise_0[0] / rows] : []))
    }
    await stacksOf(2, 2) // compares a stacked run with single ones, once
    expect(await stacksOf(2, 9)).toEqual([9])
    expect(await stacksOf(2 ** 15, 2), 'of 8 features').toEqual([1, 1])
  })

  test('share the noise of a sample in all of its rows with oneMaskForBatch', async () => {
    const model = encode(NETWORK)
    const runs = watchRuns()
    const session = await open(model)
    const feeds = { x: tensor(4, 6) }
    const got = await samplesOf(session, feeds, { samples: 6, oneMaskForBatch: true })
    expect(runs.at(-1)?.noise_0, 'all six at once').toEqual([24, 8])
    expectClose(got, await separateRuns(model, feeds, { samples: 6, shapes: [[1, 8]] }))
  })

  test('stop where they are settled, as single ones do', async () => {
    const session = await open(encode(NETWORK))
    const until = { samples: { max: 500, tolerance: 0.1 }, seed: 5 }
    const single = await session.predict({ x: tensor(2, 6) }, { ...until, samplesPerRun: 1 })
    const stacked = await session.predict({ x: tensor(2, 6) }, until)
    expect(single.samples).toBeGreaterThan(16)
    expect(single.samples).toBeLessThan(500)
    expect(stacked.samples).toBe(single.samples)
  })

  test.each([
    [
      'asks for the size of the batch',
      behind(
        [
          node('Shape', ['x'], ['sizes']),
          node('Gather', ['sizes', 'zero'], ['rows']),
          node('Concat', ['rows', 'twoByFour'], ['wanted'], { attribute: [attribute('axis', 0n)] }),
          node('Reshape', ['dropped', 'wanted'], ['y']),
        ],
        [ints('zero', 0), ints('twoByFour', 2, 4)],
      ),
    ],
    [
      'adds what is the same for all rows',
      behind([node('Add', ['dropped', 'row'], ['y'])], [weights('row', 1, 8)]),
    ],
  ])('run together where the model %s', async (_, graph) => {
    const model = encode(graph)
    const runs = watchRuns()
    const session = await open(model)
    const feeds = { x: tensor(2, 6) }
    const got = await samplesOf(session, feeds, { samples: 6 })
    expect(runs.at(-1)?.noise_0).toEqual([12, 8])
    expectClose(got, await separateRuns(model, feeds, { samples: 6, shapes: [[2, 8]] }))
  })

  test.each([
    [
      'mixes the rows of the batch',
      behind([
        node('ReduceMean', ['dropped'], ['center'], { attribute: [attribute('keepdims', 1n), axes(0)] }),
        node('Sub', ['dropped', 'center'], ['y']),
      ]),
    ],
    [
      'states the size of the batch',
      behind([node('Reshape', ['dropped', 'fixed'], ['y'])], [ints('fixed', 2, 2, 4)]),
    ],
    [
      'takes the first row',
      behind([node('Slice', ['dropped', 'from', 'to'], ['y'])], [ints('from', 0), ints('to', 1)]),
    ],
    [
      'adds a row for each example',
      behind([node('Add', ['dropped', 'rows'], ['y'])], [weights('rows', 2, 8)]),
    ],
  ])('run one by one where the model %s', async (_, graph) => {
    const model = encode(graph)
    const printed = vi.spyOn(console, 'error')
    const runs = watchRuns()
    const session = await open(model)
    const feeds = { x: tensor(2, 6) }
    const got = await samplesOf(session, feeds, { samples: 6 })
    expect(runs.at(-1)?.noise_0).toEqual([2, 8])
    expect(got).toEqual(await separateRuns(model, feeds, { samples: 6, shapes: [[2, 8]] }))
    expect(printed).not.toHaveBeenCalled()
  })

  test('run one by one where the model points at rows by number, however little the noise changes', async () => {
    const input = [info('x', ['n', 6]), info('row', ['n', 1], INT64)]
    const nodes = [
      node('GatherND', ['dropped', 'row'], ['rows']),
      node('Mul', ['rows', 'little'], ['small']),
      node('Add', ['small', 'much'], ['y']),
    ]
    const graph = behind(nodes, [floats('little', [], [2 ** -16]), floats('much', [], [1])])
    const model = encode(Object.assign(graph, { input }))
    const feeds = { x: tensor(2, 6), row: new ort.Tensor('int64', [0n, 1n], [2, 1]) }
    const got = await samplesOf(await open(model), feeds, { samples: 6 })
    expect(got).toEqual(await separateRuns(model, feeds, { samples: 6, shapes: [[2, 8]] }))
  })

  test('run one by one where the noise is that of a weight', async () => {
    const session = await open(encode(NETWORK), { points: [{ tensor: 'V', rate: 0.5 }] })
    const feeds = { x: tensor(2, 6) }
    const { mean } = await session.predict(feeds, { samples: 4, seed: 5 })
    const single = await session.predict(feeds, { samples: 4, seed: 5, samplesPerRun: 1 })
    expect(mean).toEqual(single.mean)
  })
})
