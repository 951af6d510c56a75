/** The file of results is read back as it was written: figures to three digits, and what was not measured. */

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readResults } from '../../bench/read-results.js'
import { adapterName, type EntrantReport, type PeerReport, type Report } from '../../bench/report.js'
import { markdownTables, withSection } from '../../bench/tables.js'

const peers: PeerReport[] = [
  { name: 'copy-8', title: 'a copy kernel', kind: 'gpu', role: 'baseline', copies: 1 },
  { name: 'ours', title: 'the library', kind: 'gpu', role: 'ours', copies: 1 },
  { name: 'twice', title: 'there and back', kind: 'gpu', role: 'part', copies: 2 },
  { name: 'slow', title: 'a slow one', kind: 'gpu', role: 'peer', copies: 1 },
  { name: 'set', title: 'set', kind: 'cpu', role: 'baseline', copies: 1 },
  { name: 'on-cpu', title: 'the library on the CPU', kind: 'cpu', role: 'ours', copies: 1 },
  { name: 'noiseshape-onnx', title: 'a network', kind: 'gpu', role: 'ours', copies: 1 },
]

const ok = (peer: string, median: number, ratio: number): EntrantReport => ({
  peer,
  status: 'ok',
  median,
  min: median,
  spread: 0.1,
  repeats: 1,
  rounds: 3,
  ratio,
  gbPerS: 1,
})

const slow = { peer: 'slow', status: 'skipped', reason: 'one step took 21 s' } as const

const written: Report = {
  format: 1,
  date: '2026-01-02T03:04:05.000Z',
  machine: {
    runtime: 'Chrome 150.0.0.0',
    platform: 'X11; Linux x86_64',
    cores: 2,
    adapter: { vendor: 'acme', architecture: 'one', device: '', description: '', isFallbackAdapter: true },
  },
  quick: true,
  peers,
  cases: [
    {
      name: 'spatial1d',
      title: 'SpatialDropout1D',
      shape: [32, 1024, 512],
      noiseShape: [32, 1, 512],
      rate: 0.1,
      elements: 2 ** 24,
      cells: 2 ** 14,
      sweep: false,
      entrants: [
        ok('copy-8', 40, 1),
        ok('ours', 50, 1.25),
        ok('twice', 120, 1.5),
        slow,
        ok('set', 8, 1),
        ok('on-cpu', 16, 2),
      ],
    },
    {
      name: 'sweep-2^10',
      title: 'Dropout, 2^10 elements',
      shape: [1024],
      noiseShape: [1024],
      rate: 0.1,
      elements: 1024,
      cells: 1024,
      sweep: true,
      entrants: [ok('copy-8', 0.02, 1), ok('ours', 0.05, 2.5)],
    },
  ],
  predictions: [
    {
      name: 'monte-carlo',
      title: 'Monte Carlo dropout, 100 samples',
      network: 'digits 32',
      samples: 100,
      entrants: [ok('noiseshape-onnx', 602, 1)],
    },
  ],
  coldStart: { shape: [32, 768], samples: [12, 10, 14], median: 12, min: 10 },
  notes: ['jax-js could not be loaded: no network'],
}

test('a report that was written is read back', () => {
  const [{ title, markdown, report }, ...others] = readResults(withSection('', written), peers)
  expect(others).toEqual([])
  expect(title).toBe('Chrome, acme one (software)')
  expect(markdown).toBe(markdownTables(written))
  expect(adapterName(report.machine)).toBe('acme one (software)')
  expect(report).toMatchObject({ format: 1, date: '2026-01-02', quick: true, notes: written.notes })
  expect(report.machine).toMatchObject({
    runtime: 'Chrome 150.0.0.0',
    platform: 'X11; Linux x86_64',
    cores: 2,
  })
  expect(report.coldStart).toMatchObject({ shape: [32, 768], median: 12, min: 10 })
  expect(report.cases.map(({ name, rate, elements }) => [name, rate, elements])).toEqual([
    ['spatial1d', 0.1, 2 ** 24],
    ['sweep-2^10', 0.1, 1024],
  ])
  const figures = (entrants: readonly object[]) =>
    entrants.map((entrant) => {
      const { peer, status, median, ratio, reason } = entrant as Record<string, unknown>
      return [peer, status, median ?? reason, ratio]
    })
  const [spatial, sweep] = report.cases
  expect(figures(spatial.entrants)).toEqual([
    ['copy-gpu', 'ok', 40, 1],
    ['ours', 'ok', 50, 1.25],
    ['twice', 'ok', 120, 1.5],
    ['slow', 'skipped', 'one step took 21 s', undefined],
    ['copy-cpu', 'ok', 8, 1],
    ['on-cpu', 'ok', 16, 2],
  ])
  expect(figures(sweep.entrants)).toEqual([
    ['copy-gpu', 'ok', 0.02, 1],
    ['ours', 'ok', 0.05, 2.5],
  ])
  expect(figures(report.predictions[0].entrants)).toEqual([['noiseshape-onnx', 'ok', 602, 1]])
})

test('every section of the repository is read, and no row of it is lost', () => {
  const file = readFileSync('bench/RESULTS.md', 'utf8')
  const sections = readResults(file, peers)
  expect(sections.map(({ title }) => title)).toEqual(
    Array.from(file.matchAll(/^## (.*)$/gm), ([, title]) => title),
  )
  for (const { markdown, report } of sections) {
    const rows = Array.from(markdown.matchAll(/^\| (\S+), rate \S+ \|/gm), ([, name]) => name)
    const named = new Set(report.cases.map(({ name }) => name))
    expect(named).toEqual(new Set(rows))
    // A network is a row of two tables, too: of WebGPU and of wasm.
    const networks = Array.from(
      markdown.matchAll(/^\| monte-carlo, (.*?), samples/gm),
      ([, network]) => network,
    )
    expect(report.predictions.map(({ network }) => network)).toEqual([...new Set(networks)])
  }
})
