/** What the tests of the benchmark page share, the long ones too. */

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'puppeteer'
import { expect } from 'vitest'
import type { Report } from '../../bench/report.js'

/** Leaves just these cases and peers chosen. */
export async function choose(page: Page, names: readonly string[]) {
  if (!(await page.$('#detail[open]'))) await page.click('#detail > summary')
  await page.$$eval(
    '#choices input[name]',
    (inputs, names) => {
      for (const input of inputs as HTMLInputElement[]) {
        if (!input.disabled && input.checked !== names.includes(input.value)) input.click()
      }
    },
    names,
  )
}

/** Runs what is chosen, or with `measure` what the page proposes; the state that the page ends in. */
export async function run(page: Page, button: 'run' | 'measure' = 'run'): Promise<string> {
  await page.click(`#${button}`)
  return ended(page)
}

/** The state that a run ends in. */
export async function ended(page: Page): Promise<string> {
  const bench = await page.waitForSelector(
    '#bench:not([data-state=running], [data-state=ready], [data-state=starting])',
    { timeout: 0 }, // the test has its own
  )
  return (await bench?.evaluate((node) => (node as HTMLElement).dataset.state)) ?? ''
}

/** What the shown results are of, as the list names it. */
export const shownFrom = (page: Page) =>
  page.$eval('#source', (list) => (list as HTMLSelectElement).selectedOptions[0].textContent ?? '')

/** Downloads the report as a person does. */
export async function download(page: Page): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'noiseshape-benchmark-'))
  const session = await page.createCDPSession()
  try {
    await session.send('Browser.setDownloadBehavior', {
      behavior: 'allow',
      downloadPath: folder,
      eventsEnabled: true,
    })
    const name = new Promise<string>((resolve) => {
      session.once('Browser.downloadWillBegin', ({ suggestedFilename }) => resolve(suggestedFilename))
    })
    const done = new Promise<void>((resolve) => {
      session.on('Browser.downloadProgress', ({ state }) => {
        if (state === 'completed') resolve()
      })
    })
    await page.waitForSelector('#download')
    await page.click('#download')
    expect(await name).toMatch(/^noiseshape-bench-\d{4}-\d\d-\d\d\.json$/)
    await done
    return JSON.parse(await readFile(join(folder, await name), 'utf8'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** A report as a run makes it, with the times of each case by peer; the copy takes 10 ms. */
export function reportOf(cases: Record<string, Record<string, number>>, more: Partial<Report> = {}): Report {
  const names = ['copy-1', 'noiseshape', 'hash-kernel', 'tensorflow-webgpu', 'typed-array-set']
  const onCpu = [
    'typed-array-set',
    'noiseshape-cpu',
    'noiseshape-cpu-output',
    'math-random',
    'tensorflow-cpu',
    'tensorflow-wasm',
    'noiseshape-tensorflow-wasm',
  ]
  return {
    format: 1,
    date: '2026-11-27T01:00:00.000Z',
    machine: {
      runtime: 'Chrome 150',
      platform: 'a test',
      cores: 2,
      adapter: {
        vendor: 'acme',
        architecture: 'one',
        device: '',
        description: '',
        isFallbackAdapter: false,
      },
    },
    quick: true,
    peers: [...new Set([...names, ...onCpu])].map((name) => ({
      name,
      title: name,
      kind: onCpu.includes(name) ? 'cpu' : 'gpu',
      role: /^(copy|typed)/.test(name) ? 'baseline' : name.startsWith('noiseshape') ? 'ours' : 'peer',
      copies: 1,
    })),
    cases: Object.entries(cases).map(([title, times]) => {
      const kinds = Object.keys(times).some((name) => !onCpu.includes(name)) ? ['copy-1'] : []
      const copies = Object.keys(times).some((name) => onCpu.includes(name)) ? ['typed-array-set'] : []
      return {
        name: title,
        title,
        shape: [4096, 4096],
        noiseShape: [4096, 4096],
        rate: 0.1,
        elements: 2 ** 24,
        cells: 2 ** 24,
        sweep: title.includes('2^'),
        entrants: [...[...kinds, ...copies].map((name) => [name, 10] as const), ...Object.entries(times)].map(
          ([peer, median]) => ({
            peer,
            status: 'ok',
            median,
            min: median,
            spread: 0.02,
            repeats: 1,
            rounds: 3,
            ratio: median / 10,
            gbPerS: 134 / median,
          }),
        ),
      }
    }),
    predictions: [],
    notes: [],
    ...more,
  }
}

/** In place of measuring: a page gets what the test gives it. */
declare global {
  var stub: {
    selection: unknown
    hooks: { onProgress(progress: object): void; onCase(report: object): void; signal: AbortSignal }
    finish(report: object): void
  }
}

/** Replaces the benchmark in a page that is opened from now on, served from its sources: `globalThis.stub` there decides what it finds. */
export async function stubMeasuring(page: Page): Promise<void> {
  const code = `
    export const describeMachine = () => (${JSON.stringify(reportOf({}).machine)})
    export const runInBrowser = (selection, hooks) => new Promise((finish, reject) => {
      globalThis.stub = { selection, hooks, finish }
      hooks.signal.addEventListener('abort', () => reject(hooks.signal.reason))
    })`
  await page.setRequestInterception(true)
  page.on('request', (request) => {
    if (/\/bench\/in-browser\.ts/.test(request.url())) {
      void request.respond({ contentType: 'text/javascript', body: code })
    } else void request.continue()
  })
}
