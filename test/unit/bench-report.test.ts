/** A whole run with hand-made peers, and what its report says. */

import { dropout } from 'noiseshape/cpu'
import { describe, expect, test } from 'vitest'
import type { Prediction, Predictor } from '../../bench/monte-carlo/predictor.js'
import type { Peer, Setting } from '../../bench/peers/peer.js'
import { adapterName, baselineOf, type EntrantReport, withRatios, withRatiosTo } from '../../bench/report.js'
import { runBenchmark } from '../../bench/run.js'
import { select, selectPeers } from '../../bench/select.js'
import { markdownTables, textTables, withSection } from '../../bench/tables.js'
import { samples as expected } from '../../models/digits/expected.json'

const machine = { runtime: 'test', platform: 'none', cores: 1, noAdapter: 'this is a test' }
const tiny = { name: 'tiny', title: 'Tiny', shape: [40, 50], noiseShape: [40, 50], rates: [0.25] }

function peer(name: string, result: (setting: Setting) => Float32Array, more: Partial<Peer> = {}): Peer {
  return {
    name,
    title: `the ${name}`,
    kind: 'cpu',
    role: 'peer',
    async prepare(setting) {
      return { name, run: async () => {}, result: async () => result(setting), close() {} }
    },
    ...more,
  }
}

const copy = peer('copy', ({ x }) => x.slice(), { role: 'baseline' })
const good = peer('good', ({ x, shape, rate }) => dropout(x, { shape: [...shape], rate, seed: 1 }))

function run(peers: Peer[], more: Partial<Parameters<typeof runBenchmark>[0]> = {}) {
  return runBenchmark({ cases: [tiny], peers, machine, quick: true, ...more })
}

const outcome = (entrants: EntrantReport[], name: string) => entrants.find(({ peer }) => peer === name)

describe('a run', () => {
  test('measures what is a dropout, and compares it with the copy baseline', async () => {
    const report = await run([copy, good])
    expect(report.cases[0].entrants.map(({ peer, status }) => [peer, status])).toEqual([
      ['copy', 'ok'],
      ['good', 'ok'],
    ])
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  })

  test('reports what fails, and continues with the rest', async () => {
    const closed: string[] = []
    const wrong = peer('wrong', ({ x }) => x)
    const throws = peer('throws', () => {
      throw new Error('no memory')
    })
    const missing = peer('missing', ({ x }) => x, {
      load: async () => {
        throw new Error('not installed')
      },
    })
    const late: Peer = {
      ...good,
      name: 'late',
      prepare: async (setting) => ({
        ...(await good.prepare(setting)),
        run: async () => {
          throw new Error('device lost')
        },
        close() {
          closed.push('late')
        },
      }),
    }
    const report = await run([copy, wrong, throws, missing, late, good])
    const { entrants } = report.cases[0]
    expect(outcome(entrants, 'wrong')).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/neither 0 nor/),
    })
    expect(outcome(entrants, 'throws')).toMatchObject({ status: 'failed', reason: 'no memory' })
    expect(outcome(entrants, 'late')).toMatchObject({ status: 'failed', reason: 'device lost' })
    expect(outcome(entrants, 'good')?.status).toBe('ok')
    expect(report.notes).toEqual(['the missing could not be loaded: not installed'])
    expect(closed).toEqual(['late'])
    for (const said of ['no memory', 'device lost', 'not installed'])
      expect(textTables(report)).toContain(said)
  })

  test('a result that is a dropout, but not the bits expected, is a failure', async () => {
    const unequal: Peer = {
      ...good,
      prepare: async (setting) => ({
        ...(await good.prepare(setting)),
        expected: () => dropout(setting.x, { shape: [...setting.shape], rate: setting.rate, seed: 2 }),
      }),
    }
    const [{ entrants }] = (await run([copy, unequal])).cases
    expect(outcome(entrants, 'good')).toMatchObject({ status: 'failed' })
  })

  test('a peer that is too slow is skipped, reported, and not tried again on a larger case', async () => {
    let calls = 0
    const slow = peer('slow', (setting) => {
      calls++
      const end = performance.now() + 30
      while (performance.now() < end);
      return dropout(setting.x, { shape: [...setting.shape], rate: setting.rate, seed: 1 })
    })
    const larger = { ...tiny, name: 'larger', shape: [80, 50], noiseShape: [80, 50] }
    const report = await run([copy, slow], { cases: [tiny, larger], limitMs: 20 })
    expect(report.cases.map(({ entrants }) => outcome(entrants, 'slow')?.status)).toEqual([
      'skipped',
      'skipped',
    ])
    expect(calls).toBe(1)
  })

  test('without WebGPU the peers that need it are left out, and the report says so', async () => {
    const report = await run([peer('gpu', ({ x }) => x, { kind: 'gpu' }), copy, good])
    expect(report.peers.map(({ name }) => name)).toEqual(['copy', 'good'])
    expect(report.notes[0]).toContain('no WebGPU')
    expect(textTables(report)).toContain('none (this is a test)')
  })

  test('parts take part in the cases with a name, and not in the growth', async () => {
    const part = peer('part', (setting) => dropout(setting.x, { ...tiny, rate: setting.rate, seed: 1 }), {
      role: 'part',
    })
    const report = await run([copy, part], { cases: [tiny, { ...tiny, name: 'sweep-2^11', sweep: true }] })
    expect(report.cases.map(({ entrants }) => entrants.map(({ peer }) => peer))).toEqual([
      ['copy', 'part'],
      ['copy'],
    ])
  })

  describe('of Monte Carlo dropout', () => {
    const network = {
      task: 'monte-carlo',
      name: 'network',
      title: 'Network',
      samples: 100,
      networks: ['digits 1', 'digits 32'],
    } as const
    const cases = [network]
    /** Stands in for the GPU that predictors ask for; none of these has work for it. */
    const device = {} as GPUDevice

    function predictor(
      name: string,
      predict: (digits: number) => Partial<Prediction> = () => ({}),
    ): Predictor {
      return {
        task: 'monte-carlo',
        name,
        title: `the ${name}`,
        kind: 'gpu',
        role: 'peer',
        async prepare({ network: { rows: digits } }) {
          const rows = Array.from({ length: digits }, (_, i) => expected.probability.mean.length - 1 - i)
          const { mean, sdOfOnePass } = expected.probability
          const result: Prediction = {
            mean: Float32Array.from(rows.flatMap((row) => mean[row])),
            variance: Float32Array.from(rows.flatMap((row) => sdOfOnePass[row].map((sd) => sd ** 2))),
            mutualInformation: Float32Array.from(rows, (row) => expected.mutualInformation.mean[row]),
            ...predict(digits),
          }
          return { name, run: async () => {}, result: async () => result, close() {} }
        },
      }
    }

    test('measures predictors at each number of digits, and reports those whose samples are all the same', async () => {
      const still = predictor('still', (digits) => ({ variance: new Float32Array(digits * 10) }))
      const all = [predictor('noiseshape-onnx'), still, predictor('other')]
      const report = await run([], { cases, peers: [copy, ...all], quick: false, device })
      expect(report.peers.map(({ name }) => name)).toEqual(['noiseshape-onnx', 'still', 'other'])
      expect(report.predictions.map(({ network, samples }) => [network, samples])).toEqual([
        ['digits 1', 100],
        ['digits 32', 100],
      ])
      for (const { entrants } of report.predictions) {
        expect(entrants).toMatchObject([
          { peer: 'noiseshape-onnx', status: 'ok', ratio: 1 },
          { peer: 'still', status: 'failed', reason: expect.stringContaining('variance of all rows is 0') },
          { peer: 'other', status: 'ok' },
        ])
      }
      expect(textTables(report)).toContain('network, digits 32: still failed')
      expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    })

    test('a case in which no peer takes part is reported', async () => {
      const report = await run([copy, good], { cases: [tiny, ...cases] })
      expect(report.notes).toEqual(['network: no peer takes part in it.'])
    })

    test('times are compared with those of noiseshape-onnx, and stand alone without it', () => {
      const [ours, other] = [timing('noiseshape-onnx', 20), timing('other', 50)]
      const ratios = (timings: readonly ReturnType<typeof timing>[]) =>
        withRatiosTo('noiseshape-onnx', timings).map(({ ratio }) => ratio)
      expect(ratios([ours, other])).toEqual([1, 2.5])
      expect(ratios([other])).toEqual([undefined])
    })
  })

  test('ends when it is aborted', async () => {
    const controller = new AbortController()
    const stopping = peer('stopping', ({ x }) => {
      controller.abort(new Error('enough'))
      return x
    })
    await expect(run([copy, stopping, good], { signal: controller.signal })).rejects.toThrow('enough')
  })

  test('progress goes from 0 to 1 and never back', async () => {
    const shares: number[] = []
    await run([copy, good], { cases: [tiny, tiny], onProgress: ({ share }) => shares.push(share) })
    expect(shares).toEqual(shares.toSorted((a, b) => a - b))
    expect([shares[0], shares.at(-1)]).toEqual([0, 1])
  })
})

const timing = (peer: string, median: number) =>
  ({ peer, status: 'ok', median, min: median, spread: 0, repeats: 1, rounds: 3 }) as const
const peers = [
  { name: 'copy-1', title: 'copy 1', kind: 'gpu', role: 'baseline', copies: 1 },
  { name: 'copy-8', title: 'copy 8', kind: 'gpu', role: 'baseline', copies: 1 },
  { name: 'ours', title: 'ours', kind: 'gpu', role: 'ours', copies: 1 },
  { name: 'both', title: 'both', kind: 'gpu', role: 'part', copies: 2 },
  { name: 'set', title: 'set', kind: 'cpu', role: 'baseline', copies: 1 },
  { name: 'loop', title: 'loop', kind: 'cpu', role: 'peer', copies: 1 },
] as const

test('an adapter is called by what the runtime says of it in words', () => {
  const silent = { vendor: '65541', architecture: '', device: '0', description: '', isFallbackAdapter: false }
  expect(adapterName({ ...machine, adapter: silent })).toBe('an unnamed adapter')
  expect(adapterName({ ...machine, adapter: { ...silent, description: 'llvmpipe' } })).toBe('llvmpipe')
})

describe('the numbers', () => {
  const million = [timing('copy-1', 4), timing('copy-8', 2), timing('ours', 3), timing('both', 6)]
  const entrants = withRatios(1e6, [...million, timing('set', 1), timing('loop', 5)], peers)

  test('the baseline is the fastest copy of its kind, and two copies count twice', () => {
    expect(entrants.map(({ peer, ratio }) => [peer, ratio])).toEqual([
      ['copy-1', 2],
      ['copy-8', 1],
      ['ours', 1.5],
      ['both', 1.5],
      ['set', 1],
      ['loop', 5],
    ])
  })

  test('GB/s count four bytes read and four written for each element', () => {
    expect(entrants.map(({ gbPerS }) => gbPerS)).toEqual([2, 4, 8 / 3, 16 / 6, 8, 1.6])
  })

  test('without a baseline there is a throughput and no ratio', () => {
    expect(withRatios(1e6, [timing('ours', 2)], peers)[0]).toEqual({ ...timing('ours', 2), gbPerS: 4 })
  })

  const report = {
    format: 1 as const,
    date: '2031-02-03T04:05:06.000Z',
    machine: { ...machine, adapter: undefined },
    quick: false,
    peers: peers.map((peer) => ({ ...peer })),
    cases: [{ ...tiny, rate: 0.1, elements: 1e6, cells: 1e6, sweep: false, entrants }],
    predictions: [],
    notes: [],
  }

  test('the tables have a row for each case, with the copy baseline first', () => {
    expect(baselineOf(report, report.cases[0], 'gpu')?.peer).toBe('copy-8')
    expect(markdownTables(report)).toContain('| tiny, rate 0.1 | 2 ms, 4 GB/s | 1.5x | 1.5x |')
    expect(textTables(report)).toMatch(/^ {2}tiny, rate 0\.1 +1 ms, 8 GB\/s +5x$/m)
    expect(textTables(report)).toContain('2031-02-03')
  })

  test('predictions have a table of their own, with times and ratios', () => {
    const timed = withRatiosTo('ours', [timing('ours', 20), timing('both', 50)])
    const predictions = [
      { name: 'network', title: 'Network', network: 'digits 32', samples: 100, entrants: timed },
    ]
    const text = markdownTables({ ...report, predictions })
    expect(text).toContain('| case | ours | both |')
    expect(text).toContain('| network, digits 32, samples 100 | 20 (1x) | 50 (2.5x) |')
  })

  test('a file of results has one section for each runtime and adapter, and a run replaces its own', () => {
    const other = { ...report, machine: { ...report.machine, runtime: 'other 1.0' } }
    const both = withSection(withSection('', report), other)
    expect(both.match(/^## .*$/gm)).toEqual([
      '## test, none (this is a test)',
      '## other, none (this is a test)',
    ])
    expect(withSection(both, report)).toBe(both)
    const later = withSection(both, { ...report, date: '2032-02-03T04:05:06.000Z' })
    expect(later).toBe(both.replace('2031', '2032'))
  })
})

test('names select in the order of the list, and an unknown name is refused with the list of known ones', () => {
  const all = [{ name: 'a' }, { name: 'b' }, { name: 'c' }]
  expect(select('case', all, ['c', 'a'])).toEqual([{ name: 'a' }, { name: 'c' }])
  expect(select('case', all, [])).toEqual(all)
  expect(() => select('case', all, ['d'])).toThrow('There is no case d. Pick from: a, b, c.')
})

test('the copy baseline of its kind comes with a peer', () => {
  const gpuCopy = peer('gpu-copy', ({ x }) => x, { kind: 'gpu', role: 'baseline' })
  expect(selectPeers([gpuCopy, copy, good], ['good'])).toEqual([copy, good])
})
