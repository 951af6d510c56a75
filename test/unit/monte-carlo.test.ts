/** Monte Carlo dropout without a GPU: what it says of a network, the passes it takes, and how it is cut short. */

import { createEngine, EngineDestroyedError } from 'noiseshape'
import {
  type ForwardOutput,
  type MonteCarloOptions,
  monteCarlo,
  type PredictionProgress,
  type SampleDraw,
} from 'noiseshape/monte-carlo'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Engine } from '../../src/index.js'
import { floats } from '../support/compare'
import { input } from '../support/inputs'
import { type Draw, judgeDropout } from '../support/judge'
import { expectMoments } from '../support/moments'
import { caught, expectRefusal } from '../support/refusals'

const cpuEngine = () => createEngine({ backend: 'cpu' })

let engine: Engine
beforeAll(async () => {
  engine = await cpuEngine()
})
afterAll(() => engine.destroy())

const never = () => new Promise<ForwardOutput>(() => {})

describe('scores of minus infinity', () => {
  test('are classes of probability 0', async () => {
    const forward = () => Float32Array.of(0, -Infinity, 0)
    const result = await monteCarlo(engine, { samples: 2, seed: 1, outputs: 'logits', classes: 3, forward })
    expect([...result.mean]).toEqual([0.5, 0, 0.5])
    expect(result.predictiveEntropy?.[0]).toBeCloseTo(Math.LN2, 6)
    expect(result.expectedEntropy?.[0]).toBeCloseTo(Math.LN2, 6)
  })
})

test('one class takes all the probability, in each row, so that nothing is in doubt', async () => {
  const forward = ({ step }: SampleDraw) => Float32Array.of(step, 5, -3)
  for (const outputs of ['logits', 'probabilities'] as const) {
    const certain = outputs === 'logits' ? forward : () => Float32Array.of(1, 1, 1)
    const result = await monteCarlo(engine, { samples: 3, seed: 1, outputs, classes: 1, forward: certain })
    expect([...result.mean]).toEqual([1, 1, 1])
    expect([...result.variance]).toEqual([0, 0, 0])
    for (const scores of [result.predictiveEntropy, result.expectedEntropy, result.mutualInformation]) {
      expect(Array.from(scores ?? [])).toEqual([0, 0, 0])
    }
  }
})

test('a small change of a large entropy is not lost in many samples', async () => {
  // In float32, a mean near ln 2 could no longer take a step below 3e-8, and these become smaller than that.
  const samples = 60_000
  const rows = [0.5, 0.53].map((p) => Float32Array.of(p, 1 - p))
  const forward = ({ step }: SampleDraw) => rows[step < samples / 2 ? 0 : 1]
  const outputs = 'probabilities'
  const { expectedEntropy } = await monteCarlo(engine, { samples, seed: 1, outputs, classes: 2, forward })
  const [first, second] = rows.map((row) => row.reduce((sum, p) => sum - p * Math.log(p), 0))
  expect(expectedEntropy?.[0]).toBeCloseTo((first + second) / 2, 6)
})

describe('passes', () => {
  const shape = [6, 40]
  const x = input(shape, 1)

  /** The outputs of a network that is one dropout, in the order of its passes, and what they say together. */
  async function passesOf(options: Partial<MonteCarloOptions>) {
    const outputs: Float32Array[] = []
    const forward = async (call: SampleDraw) => {
      const output = await engine.dropout(floats(x), { shape, rate: 0.5, stream: 3, ...call })
      outputs.push(output)
      return output
    }
    const result = await monteCarlo(engine, { samples: 4, seed: 7, forward, ...options })
    return { outputs, result }
  }
  const judged = (step: number, change: Partial<Draw> = {}) =>
    floats(judgeDropout(x, { shape, rate: 0.5, seed: 7, stream: 3, step, ...change }))

  test('sample s draws the masks of step s', async () => {
    const { outputs, result } = await passesOf({})
    const expected = [0, 1, 2, 3].map((step) => judged(step))
    expect(outputs).toEqual(expected)
    expectMoments(result, expected)
  })

  test('firstStep moves them, so that two short runs draw what a long one draws', async () => {
    const { outputs } = await passesOf({ firstStep: 2, samples: 2 })
    expect(outputs).toEqual([judged(2), judged(3)])
    expect((await passesOf({ firstStep: 2 ** 53 - 4 })).outputs[3]).toEqual(judged(2 ** 53 - 1))
  })

  test('the seed is passed on unchanged', async () => {
    const calls: SampleDraw[] = []
    const forward = (call: SampleDraw) => {
      calls.push(call)
      return new Float32Array(1)
    }
    await monteCarlo(engine, { samples: 2, seed: 2n ** 60n, firstStep: 5, oneMaskForBatch: true, forward })
    expect(calls).toEqual([
      { seed: 2n ** 60n, step: 5, oneMaskForBatch: true },
      { seed: 2n ** 60n, step: 6, oneMaskForBatch: true },
    ])
  })

  test('with oneMaskForBatch the rows of a batch share the mask of a sample, and samples differ', async () => {
    const { outputs } = await passesOf({ oneMaskForBatch: true })
    expect(outputs).toEqual([0, 1, 2, 3].map((step) => judged(step, { noiseShape: [1, null] })))
    const keptOf = (output: Float32Array, row: number) =>
      Array.from(output.subarray(row * 40, row * 40 + 40), (value) => value !== 0)
    for (const output of outputs) {
      for (let row = 1; row < 6; row++) expect(keptOf(output, row)).toEqual(keptOf(output, 0))
    }
    expect(keptOf(outputs[0], 0)).not.toEqual(keptOf(outputs[1], 0))
  })

  test('without it each row has its own mask', async () => {
    const { outputs } = await passesOf({})
    const kept = Array.from(outputs[0], (value) => value !== 0)
    expect(kept.slice(0, 40)).not.toEqual(kept.slice(40, 80))
  })

  test('a sample begins once the previous one and its progress callback have finished', async () => {
    const log: string[] = []
    const later = (what: string) =>
      new Promise<void>((resolve) => setTimeout(() => resolve(void log.push(what)), 1))
    await monteCarlo(engine, {
      samples: 3,
      seed: 1,
      forward: async ({ step }) => {
        log.push(`forward ${step}`)
        await later(`output ${step}`)
        return new Float32Array(1)
      },
      onProgress: async ({ done, samples }) => {
        log.push(`progress ${done} of ${samples}`)
        await later(`shown ${done}`)
      },
    })
    expect(log).toEqual(
      [0, 1, 2].flatMap((pass) => [
        `forward ${pass}`,
        `output ${pass}`,
        `progress ${pass + 1} of 3`,
        `shown ${pass + 1}`,
      ]),
    )
  })
})

describe('a forward that ignores its draw', () => {
  const x = Float32Array.of(1, 2, 3, 4)
  const dropout = (options: object) => engine.dropout(x, { shape: [4], rate: 0.5, seed: 1, ...options })
  /** The warnings of a run. */
  async function warningsOf(forward: MonteCarloOptions['forward'], samples = 3): Promise<string[]> {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    try {
      await monteCarlo(engine, { samples, seed: 1, forward })
      return warn.mock.calls.map(([message]) => message)
    } finally {
      warn.mockRestore()
    }
  }

  test.each<[string, MonteCarloOptions['forward']]>([
    ['all of it', () => dropout({})],
    ['its step', ({ seed }) => dropout({ seed })],
  ])('%s, is warned of once, with the cause and what to do', async (_, forward) => {
    const warnings = await warningsOf(forward)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(
      /^noiseshape: all samples gave the same output.*did not read the step of its draw\. Spread .*\.\.\.draw/,
    )
  })

  test('of gaussian heads is warned of too, whatever their variance', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    await monteCarlo(engine, {
      samples: 2,
      seed: 1,
      outputs: 'gaussian',
      forward: () => Float32Array.of(1, 2),
    })
    expect(warn).toHaveBeenCalledTimes(1)
    warn.mockRestore()
  })

  test.each<[string, MonteCarloOptions['forward'], number?]>([
    ['the rate is 0', (draw) => dropout({ rate: 0, ...draw })],
    ['the outputs agree all the same', ({ step }) => Float32Array.of(step < 0 ? 1 : 0)],
    ['it has draws of its own', () => dropout({ step: own++ })],
    ['there is one sample', () => dropout({}), 1],
    ['its outputs are not finite', () => Float32Array.of(Number.NaN)],
  ])('is not warned of where %s', async (_, forward, samples) => {
    expect(await warningsOf(forward, samples)).toEqual([])
  })
  let own = 0

  test('a draw can be cloned, compared and changed like a plain object', async () => {
    const forward = (draw: SampleDraw) => {
      const plain = { seed: 1, step: 0, oneMaskForBatch: false }
      expect(structuredClone(draw)).toStrictEqual(plain)
      expect(JSON.parse(JSON.stringify(draw))).toEqual(plain)
      draw.step += 7
      expect({ ...draw }).toEqual({ ...plain, step: 7 })
      return x
    }
    await monteCarlo(engine, { samples: 1, seed: 1, forward })
    expect.assertions(3)
  })
})

test('samples are kept as they were returned, also if forward overwrites its array', async () => {
  const output = new Float32Array(2)
  const forward = ({ step }: SampleDraw) => output.fill(step)
  const { keptSamples } = await monteCarlo(engine, { samples: 3, seed: 1, forward, keepSamples: true })
  expect([...(keptSamples as Float32Array)]).toEqual([0, 0, 1, 1, 2, 2])
})

describe('progress', () => {
  const forward = ({ step }: SampleDraw) => Float32Array.of(step, step % 2)

  test('read gives the statistics so far', async () => {
    const seen: number[][] = []
    await monteCarlo(engine, {
      samples: 3,
      seed: 1,
      forward,
      onProgress: async ({ read }) => {
        const { samples, mean, variance } = await read()
        seen.push([samples, mean[0], variance[0]])
      },
    })
    expect(seen.map(([samples, mean]) => [samples, mean])).toEqual([
      [1, 0],
      [2, 0.5],
      [3, 1],
    ])
    const variances = [0, 0.25, 2 / 3]
    seen.forEach(([, , variance], i) => {
      expect(Math.abs(variance - variances[i])).toBeLessThanOrEqual(2 ** -23 * variances[i])
    })
  })

  test('a read that is not awaited gives the statistics of the moment it was requested', async () => {
    const reads: Promise<{ samples: number; mean: Float32Array }>[] = []
    const onProgress = ({ read }: PredictionProgress) => void reads.push(read())
    await monteCarlo(engine, { samples: 3, seed: 1, forward, onProgress })
    const results = await Promise.all(reads)
    expect(results.map(({ samples, mean }) => [samples, mean[0]])).toEqual([
      [1, 0],
      [2, 0.5],
      [3, 1],
    ])
  })

  test('read rejects when the run is over', async () => {
    let progress: PredictionProgress | undefined
    const onProgress = (last: PredictionProgress) => {
      progress = last
    }
    await monteCarlo(engine, { samples: 1, seed: 1, forward, onProgress })
    await expect(progress?.read()).rejects.toThrow(/run is over/)
  })

  test('what it throws ends the run', async () => {
    const asked = vi.fn(forward)
    const onProgress = () => {
      throw new Error('no more')
    }
    await expect(monteCarlo(engine, { samples: 9, seed: 1, forward: asked, onProgress })).rejects.toThrow(
      'no more',
    )
    expect(asked).toHaveBeenCalledTimes(1)
  })
})

describe('an abort', () => {
  const run = (options: Partial<MonteCarloOptions>) =>
    monteCarlo(engine, { samples: 2 ** 24, seed: 1, forward: () => new Float32Array(1), ...options })

  test('before the run rejects with its reason, and forward is not called', async () => {
    const forward = vi.fn(never)
    const reason = new Error('not today')
    await expect(run({ forward, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(forward).not.toHaveBeenCalled()
  })

  test('ends a run whose forward never settles', async () => {
    const controller = new AbortController()
    const running = run({ forward: never, signal: controller.signal })
    controller.abort()
    expect(await caught(() => running)).toBe(controller.signal.reason)
    expect(controller.signal.reason.name).toBe('AbortError')
  })

  test('reaches a run that never waits for anything', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort('stop'), 1)
    await expect(run({ signal: controller.signal })).rejects.toBe('stop')
  })

  test('ends a run whose onProgress never settles', async () => {
    const controller = new AbortController()
    const running = run({ onProgress: () => new Promise(() => {}), signal: controller.signal })
    setTimeout(() => controller.abort(null), 1)
    await expect(running).rejects.toBe(null)
  })

  test('from within forward wins over what forward returns', async () => {
    const controller = new AbortController()
    const forward = () => {
      controller.abort('enough')
      return new Float32Array(1)
    }
    await expect(run({ forward, signal: controller.signal })).rejects.toBe('enough')
  })

  test('after the run does nothing, and no listener is left behind', async () => {
    const { signal } = new AbortController()
    const removed = vi.spyOn(signal, 'removeEventListener')
    const added = vi.spyOn(signal, 'addEventListener')
    await run({ samples: 2, signal })
    expect(removed.mock.calls).toEqual(added.mock.calls)
    expect(added).toHaveBeenCalledTimes(1)
  })
})

describe('an engine that is destroyed', () => {
  test('during a sample ends the run', async () => {
    const own = await cpuEngine()
    const running = monteCarlo(own, { samples: 2, seed: 1, forward: never })
    setTimeout(() => own.destroy(), 1)
    expect(await caught(() => running)).toBeInstanceOf(EngineDestroyedError)
  })

  test('before the run rejects it', async () => {
    const own = await cpuEngine()
    own.destroy()
    expect(await caught(() => monteCarlo(own, { samples: 2, seed: 1, forward: never }))).toBeInstanceOf(
      EngineDestroyedError,
    )
  })
})

test('what forward throws is what the run rejects with', async () => {
  const reason = new Error('the network is down')
  for (const forward of [() => Promise.reject(reason), () => thrown(reason)]) {
    await expect(monteCarlo(engine, { samples: 2, seed: 1, forward })).rejects.toBe(reason)
  }
})

function thrown(reason: Error): never {
  throw reason
}

describe('arguments', () => {
  const control: MonteCarloOptions = { samples: 2, seed: 1, forward: () => new Float32Array(6) }

  test.each<{ name: string; change: Partial<MonteCarloOptions> }>([
    { name: 'nothing else', change: {} },
    { name: 'one sample', change: { samples: 1 } },
    { name: 'the largest seed', change: { seed: 2n ** 64n - 1n } },
    { name: 'the last call', change: { firstStep: 2 ** 53 - 2 } },
    { name: 'all as classes', change: { outputs: 'logits', classes: 6 } },
    { name: 'one class', change: { outputs: 'probabilities', classes: 1 } },
    { name: 'the most samples until settled', change: { samples: { max: 2 ** 24, tolerance: 1e9 } } },
    { name: 'the outermost quantiles', change: { quantiles: [0, 1] } },
    { name: 'just enough bytes to keep', change: { keepSamples: true, maxSampleBytes: 2 * 6 * 4 } },
    { name: 'no bytes where none are kept', change: { maxSampleBytes: 0 } },
  ])('$name is allowed', async ({ change }) => {
    expect((await monteCarlo(engine, { ...control, ...change })).mean).toHaveLength(6)
  })

  test.each<{ name: string; change: object; kind: typeof RangeError | typeof TypeError; says: string[] }>([
    { name: 'no sample', change: { samples: 0 }, kind: RangeError, says: ['samples', '0', '2^24'] },
    {
      name: 'a sample too many',
      change: { samples: 2 ** 24 + 1 },
      kind: RangeError,
      says: ['samples', '16777217', '2^24'],
    },
    {
      name: 'half a sample',
      change: { samples: 1.5 },
      kind: RangeError,
      says: ['samples', '1.5', 'integer'],
    },
    { name: 'samples of text', change: { samples: '9' }, kind: TypeError, says: ['samples', "'9'"] },
    { name: 'no seed', change: { seed: undefined }, kind: TypeError, says: ['seed', 'required'] },
    { name: 'a seed of -1', change: { seed: -1 }, kind: RangeError, says: ['seed', '-1'] },
    { name: 'a firstStep of -1', change: { firstStep: -1 }, kind: RangeError, says: ['firstStep', '-1'] },
    {
      name: 'a last call of 2^53',
      change: { firstStep: 2 ** 53 - 1 },
      kind: RangeError,
      says: ['firstStep', String(2 ** 53 - 1), '2^53'],
    },
    {
      name: 'a oneMaskForBatch of 1',
      change: { oneMaskForBatch: 1 },
      kind: TypeError,
      says: ['oneMaskForBatch', '1', 'boolean'],
    },
    {
      name: 'a firstStep that leaves no room for the samples',
      change: { samples: 5, firstStep: 2 ** 53 - 4 },
      kind: RangeError,
      says: ['firstStep', '2^53 - 1 less the 4 samples after it'],
    },
    {
      name: 'classes beyond what a shader counts',
      change: { outputs: 'logits', classes: 2 ** 31 },
      kind: RangeError,
      says: ['classes is 2147483648', '2^31 - 1'],
    },
    {
      name: 'null as signal',
      change: { signal: null },
      kind: TypeError,
      says: ['signal', 'null', 'AbortSignal'],
    },
    {
      name: 'an array of numbers after a Float32Array',
      change: { forward: ({ step }: SampleDraw) => (step === 0 ? new Float32Array(6) : [1, 2]) },
      kind: TypeError,
      says: ['output', '[1, 2]', 'the previous samples returned Float32Arrays', 'same kind'],
    },
    {
      name: 'a GPUBuffer on an engine without a GPU',
      change: { forward: () => ({ buffer: { mapAsync() {}, size: 24, usage: 128 } }) },
      kind: TypeError,
      says: ['output', 'this engine runs on the CPU', 'return a Float32Array'],
    },
    { name: 'no forward', change: { forward: undefined }, kind: TypeError, says: ['forward', 'function'] },
    {
      name: 'unknown outputs',
      change: { outputs: 'classes' },
      kind: RangeError,
      says: ['outputs', 'logits', 'gaussian'],
    },
    { name: 'outputs of 3', change: { outputs: 3 }, kind: TypeError, says: ['outputs', '3', 'logits'] },
    {
      name: 'probabilities without classes',
      change: { outputs: 'probabilities' },
      kind: TypeError,
      says: ['classes', 'undefined'],
    },
    {
      name: 'logits of no class',
      change: { outputs: 'logits', classes: 0 },
      kind: RangeError,
      says: ['classes', '0'],
    },
    {
      name: 'probabilities of no class',
      change: { outputs: 'probabilities', classes: 0 },
      kind: RangeError,
      says: ['classes', '0'],
    },
    {
      name: 'values of no class',
      change: { classes: 0 },
      kind: RangeError,
      says: ['classes', '0', 'values'],
    },
    {
      name: 'values with classes',
      change: { classes: 6 },
      kind: RangeError,
      says: ['classes', '6', 'values'],
    },
    {
      name: 'values with targets',
      change: { targets: 1 },
      kind: RangeError,
      says: ['targets', '1', "'values'", 'gaussian'],
    },
    {
      name: 'targets of classes',
      change: { outputs: 'logits', classes: 6, targets: 3 },
      kind: RangeError,
      says: ['targets', '3', "'logits'"],
    },
    {
      name: 'gaussian heads with classes',
      change: { outputs: 'gaussian', classes: 6 },
      kind: RangeError,
      says: ['classes', '6', "'gaussian'"],
    },
    {
      name: 'no target',
      change: { outputs: 'gaussian', targets: 0 },
      kind: RangeError,
      says: ['targets', '0', '2^30 - 1'],
    },
    {
      name: 'targets that do not fit',
      change: { outputs: 'gaussian', targets: 2 },
      kind: RangeError,
      says: ['output.length', '6', '2 means and as many log variances', 'targets'],
    },
    {
      name: 'a tolerance without a most',
      change: { samples: { tolerance: 0.1 } },
      kind: TypeError,
      says: ['samples.max', 'undefined'],
    },
    {
      name: 'no sample at most',
      change: { samples: { max: 0, tolerance: 0.1 } },
      kind: RangeError,
      says: ['samples.max', '0', '2^24'],
    },
    {
      name: 'a most without a tolerance',
      change: { samples: { max: 10 } },
      kind: TypeError,
      says: ['samples.tolerance', 'undefined', 'finite', 'max: 1000'],
    },
    ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY].map((tolerance) => ({
      name: `a tolerance of ${tolerance}`,
      change: { samples: { max: 10, tolerance } },
      kind: RangeError,
      says: ['samples.tolerance', String(tolerance), 'above 0'],
    })),
    {
      name: 'a misspelt tolerance',
      change: { samples: { max: 10, tolerence: 0.1 } },
      kind: RangeError,
      says: ['samples.tolerence', 'Pass it as tolerance'],
    },
    {
      name: 'a first step that leaves no room for the most samples',
      change: { samples: { max: 5, tolerance: 1 }, firstStep: 2 ** 53 - 4 },
      kind: RangeError,
      says: ['firstStep', '2^53 - 1 less the 4 samples after it'],
    },
    {
      name: 'a keepSamples of 1',
      change: { keepSamples: 1 },
      kind: TypeError,
      says: ['keepSamples', '1', 'boolean'],
    },
    { name: 'a quantile', change: { quantiles: 0.5 }, kind: TypeError, says: ['quantiles', '0.5', 'array'] },
    { name: 'no quantiles', change: { quantiles: [] }, kind: RangeError, says: ['quantiles', '[]', 'empty'] },
    {
      name: 'percents as quantiles',
      change: { quantiles: [0.5, 95] },
      kind: RangeError,
      says: ['quantiles[1]', '95', '0 to 1'],
    },
    {
      name: 'a quantile below 0',
      change: { quantiles: [-0.1] },
      kind: RangeError,
      says: ['quantiles[0]', '-0.1', '0 to 1'],
    },
    {
      name: 'quantiles of text',
      change: { quantiles: ['median'] },
      kind: TypeError,
      says: ['quantiles[0]', "'median'"],
    },
    {
      name: 'a hole among the quantiles',
      change: { quantiles: new Array(1) },
      kind: TypeError,
      says: ['quantiles[0]', 'undefined'],
    },
    {
      name: 'quantiles of gaussian heads',
      change: { outputs: 'gaussian', quantiles: [0.5] },
      kind: RangeError,
      says: ['quantiles', "'gaussian'", 'mean and std'],
    },
    {
      name: 'more bytes than may be kept',
      change: { keepSamples: true, maxSampleBytes: 2 * 6 * 4 - 1 },
      kind: RangeError,
      says: ['samples is 2', '6 values', '48 bytes', 'maxSampleBytes is 47', 'pass a larger maxSampleBytes'],
    },
    {
      name: 'more bytes than quantiles may take by default',
      change: { quantiles: [0.5], samples: { max: 2 ** 24, tolerance: 1 } },
      kind: RangeError,
      says: ['samples is 16777216', '402653184 bytes', 'maxSampleBytes is 134217728'],
    },
    {
      name: 'bytes of half a number',
      change: { maxSampleBytes: 0.5 },
      kind: RangeError,
      says: ['maxSampleBytes', '0.5', 'integer'],
    },
    {
      name: 'rows that do not fit',
      change: { outputs: 'logits', classes: 4 },
      kind: RangeError,
      says: ['output.length', '6', '4 classes'],
    },
    {
      name: 'an onProgress of text',
      change: { onProgress: 'log' },
      kind: TypeError,
      says: ['onProgress', "'log'"],
    },
    {
      name: 'a controller as signal',
      change: { signal: {} },
      kind: TypeError,
      says: ['signal', 'AbortSignal'],
    },
    {
      name: 'an output of numbers',
      change: { forward: () => [1, 2] },
      kind: TypeError,
      says: ['output', '[1, 2]', 'Float32Array', 'GPUBuffer', 'forward'],
    },
    {
      name: 'no output',
      change: { forward: () => {} },
      kind: TypeError,
      says: ['output', 'undefined', 'forward'],
    },
    {
      name: 'an output that grows',
      change: { forward: ({ step }: SampleDraw) => new Float32Array(6 + step) },
      kind: RangeError,
      says: ['output.length', '7', '6 values'],
    },
    {
      name: 'a first output that does not divide into its samples',
      change: { samples: 6, samplesPerRun: 3, forward: () => new Float32Array(10) },
      kind: RangeError,
      says: ['output.length is 10', '3 samples', 'equal length', '`count`'],
    },
    {
      name: 'an output of fewer samples than asked for',
      change: {
        samples: 6,
        samplesPerRun: 3,
        forward: ({ step }: SampleDraw) => new Float32Array(step ? 8 : 12),
      },
      kind: RangeError,
      says: ['output.length is 8', '3 samples', '4 values each', '`count`'],
    },
  ])('$name is refused', async ({ change, kind, says }) => {
    const options = { ...control, ...change } as MonteCarloOptions
    expectRefusal(await caught(() => monteCarlo(engine, options)), kind, says)
  })

  test.each([undefined, null, {}, Promise.resolve()])('%s as engine is refused', async (wrong) => {
    const run = () => monteCarlo(wrong as unknown as Engine, control)
    expectRefusal(await caught(run), TypeError, ['engine', 'createEngine'])
  })

  test('options that are no object are refused', async () => {
    const run = () => monteCarlo(engine, undefined as unknown as MonteCarloOptions)
    expectRefusal(await caught(run), TypeError, ['options', 'undefined'])
  })
})
