/** The benchmark page as a person meets it: what it measures is asserted, how fast that was is not. */

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'puppeteer'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { cases } from '../../bench/cases.js'
import type { Measured, Report } from '../../bench/report.js'
import { launchBrowser, type Served, servePage, watch } from '../support/browser.js'

let served: Served
let folder: string

beforeAll(async () => {
  served = await servePage()
  folder = await mkdtemp(join(tmpdir(), 'noiseshape-benchmark-'))
})

afterAll(async () => {
  await served?.close()
  if (folder) await rm(folder, { recursive: true })
})

async function visit(browser: Browser, width = 1280) {
  const page = await browser.newPage()
  const wrong = watch(page, served.url)
  await page.setViewport({ width, height: 900 })
  await page.goto(`${served.url}benchmark.html`)
  await page.waitForSelector('#bench[data-state=ready]')
  return { page, wrong }
}

const text = (page: Page, selector: string) =>
  page.$eval(selector, (node) => node.textContent?.replace(/\s+/g, ' ').trim() ?? '')

/** Leaves just these cases and peers chosen. */
async function choose(page: Page, names: string[]) {
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

async function finished(page: Page): Promise<string> {
  await page.click('#run')
  const bench = await page.waitForSelector('#bench:not([data-state=running]):not([data-state=ready])', {
    timeout: 0, // the test has one of its own
  })
  return (await bench?.evaluate((node) => (node as HTMLElement).dataset.state)) ?? ''
}

async function download(page: Page): Promise<Report> {
  const session = await page.createCDPSession()
  await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder })
  await page.waitForSelector('#download')
  await page.click('#download')
  for (;;) {
    const file = (await readdir(folder)).find((name) => name.endsWith('.json'))
    if (file) {
      expect(file).toMatch(/^noiseshape-bench-\d{4}-\d\d-\d\d\.json$/)
      const report = JSON.parse(await readFile(join(folder, file), 'utf8'))
      await rm(join(folder, file))
      return report
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('with WebGPU', () => {
  let browser: Browser
  let here: Awaited<ReturnType<typeof visit>>

  beforeAll(async () => {
    browser = await launchBrowser({ webgpu: true })
  })
  afterAll(() => browser?.close())
  afterEach(async () => {
    const { page, wrong } = here
    await page.close()
    expect(wrong, 'errors and requests to other hosts').toEqual([])
  })

  test('it measures the small case to a plot, a table and a report', async () => {
    here = await visit(browser)
    const { page } = here
    expect(await text(page, '#badge')).toMatch(/^WebGPU on /)
    await choose(page, ['small', 'noiseshape', 'noiseshape-mask', 'hash-kernel', 'noiseshape-cpu'])
    expect(await finished(page)).toBe('done')
    expect(await page.$$eval('.case .plot svg[role=img]', (plots) => plots.length)).toBe(2)
    const heads = await page.$$eval('.case tbody th', (all) => all.map((each) => each.textContent))
    expect(heads).toEqual([
      expect.stringMatching(/^the copy baseline: copy kernel/),
      'noiseshape',
      'noiseshape, mask pass alone',
      'hand-written kernel, pcg hash per element',
      'the copy baseline: TypedArray.set',
      'noiseshape/cpu',
    ])
    expect(await text(page, '#results')).toContain('Cold start: ')
    const report = await download(page)
    expect(report).toMatchObject({ format: 1, quick: true, notes: [] })
    expect(report.machine.adapter?.architecture).toBe('swiftshader')
    const [{ name, rate, elements, entrants }] = report.cases
    expect({ name, rate, elements }).toEqual({ name: 'small', rate: 0.1, elements: 32 * 768 })
    for (const entrant of entrants as Measured[]) {
      expect(entrant.status).toBe('ok')
      for (const value of [entrant.median, entrant.min, entrant.ratio, entrant.gbPerS]) {
        expect(value).toBeGreaterThan(0)
      }
    }
  })

  test('other libraries are loaded, found to do a dropout, and measured', async () => {
    here = await visit(browser)
    const { page } = here
    const peers = ['tensorflow-webgpu', 'jax-js', 'onnxruntime-web', 'math-random', 'tensorflow-cpu']
    await choose(page, ['small', 'sweep-2^10', ...peers])
    expect(await finished(page)).toBe('done')
    const report = await download(page)
    expect(report.notes).toEqual([])
    for (const { entrants } of report.cases) {
      const others = entrants.filter(({ peer }) => peers.includes(peer))
      expect(others.map(({ peer, status }) => [peer, status])).toEqual(peers.map((peer) => [peer, 'ok']))
    }
    expect(await text(page, '#results')).toContain('Growth, on WebGPU')
  })

  test('100 passes of a network are found to be Monte Carlo dropout and measured, ours and those of others', async () => {
    here = await visit(browser)
    const { page } = here
    const peers = ['noiseshape-onnx', 'noiseshape-tfjs', 'tensorflow-training', 'onnxruntime-host-noise']
    await choose(page, ['monte-carlo', ...peers])
    expect(await finished(page)).toBe('done')
    expect(await text(page, '.case h2')).toBe('Monte Carlo dropout, 100 samples, on WebGPU')
    const report = await download(page)
    expect(report).toMatchObject({ cases: [], notes: [] })
    expect(report.predictions.map(({ digits, samples }) => [digits, samples])).toEqual([[1, 100]])
    const [{ entrants }] = report.predictions
    expect(entrants).toMatchObject(peers.map((peer) => ({ peer, status: 'ok' })))
    for (const { ratio } of entrants as Measured[]) expect(ratio).toBeGreaterThan(0)
  }, 300_000) // TensorFlow.js takes seconds for one call on a software GPU

  test('a run can be cancelled with the keyboard, and another one started', async () => {
    here = await visit(browser)
    const { page } = here
    await choose(page, [...cases.map(({ name }) => name), 'noiseshape', 'noiseshape-cpu'])
    await page.focus('#run')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.getElementById('doing')?.textContent?.includes('checking'))
    expect(await page.$$eval('fieldset', (all) => all.every((each) => each.disabled))).toBe(true)
    await page.keyboard.press('Enter') // the focus is on Cancel
    await page.waitForSelector('#bench[data-state=cancelled]')
    expect(await text(page, '#status')).toMatch(/^Cancelled/)
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('run')
    await choose(page, ['small', 'noiseshape-cpu'])
    expect(await finished(page)).toBe('done')
  })

  test('a run of nothing is refused with a sentence', async () => {
    here = await visit(browser)
    const { page } = here
    await choose(page, ['noiseshape'])
    expect(await finished(page)).toBe('error')
    expect(await text(page, '#run-error')).toContain('No case is chosen')
    await choose(page, ['small'])
    expect(await finished(page)).toBe('error')
    expect(await text(page, '#run-error')).toContain('No peer is chosen')
  })

  test('presets choose cases; every choice has a name; the pages link to each other', async () => {
    here = await visit(browser)
    const { page } = here
    const chosen = () =>
      page.$$eval('[name=case]', (all) => all.filter((each) => (each as HTMLInputElement).checked).length)
    expect(await chosen()).toBeLessThan(cases.length)
    await page.click('#presets button:last-child')
    expect(await chosen()).toBe(cases.length)
    expect(await page.$eval('#quick', (box) => (box as HTMLInputElement).checked)).toBe(false)
    expect(
      await page.$$eval(
        'input',
        (all) => all.filter((each) => !each.labels?.[0]?.textContent?.trim()).length,
      ),
    ).toBe(0)
    await Promise.all([page.waitForNavigation(), page.click('.tabs a:first-child')])
    await page.waitForSelector('#demo[data-state=ready]')
    await Promise.all([page.waitForNavigation(), page.click('.tabs a:last-child')])
    await page.waitForSelector('#bench[data-state=ready]')
  })

  test('a narrow window has no horizontal scroll, before a run and after it', async () => {
    here = await visit(browser, 390)
    const { page } = here
    const width = () => page.evaluate(() => document.documentElement.scrollWidth)
    expect(await width()).toBeLessThanOrEqual(390)
    await choose(page, ['small', 'sweep-2^10', 'sweep-2^12', 'noiseshape', 'noiseshape-cpu'])
    expect(await finished(page)).toBe('done')
    await page.waitForSelector('#download')
    expect(await width()).toBeLessThanOrEqual(390)
  })
})

test('without WebGPU it says why, and measures the peers on the CPU', async () => {
  const browser = await launchBrowser({ webgpu: false })
  try {
    const { page, wrong } = await visit(browser)
    expect(await text(page, '#badge')).toContain('CPU')
    expect(await text(page, '#no-gpu')).toMatch(/adapter|WebGPU/)
    expect(
      await page.$$eval('#gpu input', (all) => all.every((each) => (each as HTMLInputElement).disabled)),
    ).toBe(true)
    await choose(page, ['small', 'noiseshape-cpu', 'math-random'])
    expect(await finished(page)).toBe('done')
    const report = await download(page)
    expect(report.machine.adapter).toBeUndefined()
    expect(report.machine.noAdapter).toBeTruthy()
    expect(report.coldStart).toBeUndefined()
    expect(report.cases[0].entrants.map(({ peer, status }) => [peer, status])).toEqual([
      ['typed-array-set', 'ok'],
      ['noiseshape-cpu', 'ok'],
      ['math-random', 'ok'],
    ])
    expect(wrong).toEqual([])
  } finally {
    await browser.close()
  }
})
