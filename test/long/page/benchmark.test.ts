/** Every peer of the benchmark, measured by the page on a software GPU: found to do its work, and measured. */

import type { Page } from 'puppeteer'
import { afterEach, expect, test } from 'vitest'
import type { Measured } from '../../../bench/report.js'
import { choose, download, ended, run, shownFrom } from '../../page/measuring.js'
import { expectNothingWrong, open, site, text, useBrowser, type Visit } from '../../page/visit.js'

const browser = useBrowser({ webgpu: true })
let here: Visit

afterEach(async () => {
  await here.page.close()
  expectNothingWrong(here)
})

/** The peers that the page offers in some of its groups. */
async function peersIn(page: Page, ...groups: string[]): Promise<string[]> {
  const selector = groups.map((group) => `#${group} [name=peer]`).join(', ')
  return page.$$eval(selector, (inputs) => inputs.map((input) => (input as HTMLInputElement).value))
}

test('every peer is loaded, found to do a dropout, and measured', async () => {
  here = await open(browser(), site('benchmark.html'))
  const { page } = here
  const peers = await peersIn(page, 'gpu', 'cpu')
  await choose(page, ['small', 'sweep-2^10', ...peers])
  expect(await run(page)).toBe('done')
  const report = await download(page)
  expect(report.notes).toEqual([])
  const [small, sweep] = report.cases
  for (const peer of peers) {
    expect(small.entrants.find((entrant) => entrant.peer === peer)).toMatchObject({ peer, status: 'ok' })
  }
  for (const entrant of sweep.entrants) expect(entrant).toMatchObject({ status: 'ok' })
  expect(await text(page, 'results')).toContain('Growth, on WebGPU')
}, 600_000)

test('the one button measures two cases on GPU and CPU', async () => {
  here = await open(browser(), site('benchmark.html'))
  const { page } = here
  expect(await run(page, 'measure')).toBe('done')
  const report = await download(page)
  expect(report.notes).toEqual([])
  expect(report.cases.map(({ name }) => name)).toEqual(['elementwise', 'spatial1d'])
  for (const { entrants } of report.cases) {
    for (const entrant of entrants) expect(entrant).toMatchObject({ status: 'ok' })
  }
  expect(await text(page, 'verdict')).toMatch(/^Dropout .* here; .*\.$/)
}, 600_000)

test('100 samples of a network are found to be Monte Carlo dropout, and measured', async () => {
  here = await open(browser(), site('benchmark.html'))
  const { page } = here
  const peers = await peersIn(page, 'monte-carlo-gpu', 'monte-carlo-cpu')
  await choose(page, ['monte-carlo', ...peers])
  expect(await run(page)).toBe('done')
  expect(await page.$eval('.case h2', (node) => node.textContent)).toBe(
    'Monte Carlo dropout, 100 samples, on WebGPU',
  )
  const report = await download(page)
  expect(report).toMatchObject({ cases: [], notes: [] })
  expect(report.predictions.map(({ network, samples }) => [network, samples])).toEqual([['digits 1', 100]])
  const [{ entrants }] = report.predictions
  const all = [...peers, 'one-run-wasm'] // the baseline cannot be deselected
  expect(entrants.map(({ peer }) => peer).toSorted()).toEqual(all.toSorted())
  for (const entrant of entrants) expect(entrant).toMatchObject({ status: 'ok' })
  for (const { ratio } of entrants as Measured[]) expect(ratio).toBeGreaterThan(0)
}, 600_000) // TensorFlow.js takes seconds for one call on a software GPU

test('a GPU that is lost in the middle of a run leaves what was measured, and the next run has a new one', async () => {
  here = await open(browser(), site('benchmark.html'))
  const { page } = here
  await choose(page, ['small', 'sweep-2^20', 'sweep-2^22', 'noiseshape', 'hash-kernel'])
  await page.click('#run')
  await page.waitForFunction(() => document.getElementById('doing')?.textContent?.includes('sweep-2^2'))
  const session = await browser().target().createCDPSession()
  await session.send('Browser.crashGpuProcess').catch(() => {}) // it is no longer there to answer
  expect(await ended(page)).toBe('lost')
  expect(await text(page, 'run-error')).toMatch(/^The GPU was lost .*The finished cases are below/)
  expect(await text(page, 'about')).toContain('Partial: the GPU was lost')
  expect(await shownFrom(page)).toContain('partial')
  const partial = await download(page)
  expect(partial.cases[0]).toMatchObject({
    name: 'small',
    entrants: expect.arrayContaining([expect.objectContaining({ peer: 'noiseshape', status: 'ok' })]),
  })
  expect(partial.cases.length).toBeLessThan(3)

  await choose(page, ['small', 'noiseshape'])
  await Promise.all([page.waitForNavigation(), page.click('#run')]) // a page has a new device after a new start
  expect(await ended(page)).toBe('done')
  expect(await text(page, 'run-error')).toBe('')
  expect((await download(page)).notes).toEqual([])
})
