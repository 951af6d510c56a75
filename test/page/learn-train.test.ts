/** "Train three networks now" of the Learn page: a short training in workers, stopped, failing, and again. */

import type { Page } from 'puppeteer'
import { describe, expect, test } from 'vitest'
import testSplit from '../../models/digits/test-split.json'
import trainSplit from '../../models/digits/train-split.json'
import { type Progress, trainOne, variants } from '../../site/learn/train/recipe.js'
import { open, scrollWidth, site, text, useBrowser, useVisit } from './visit.js'

const browser = useBrowser({ webgpu: false })
/** Enough for the networks to differ. */
const DIGITS = 200
const address = (epochs: number) => `${site('')}?epochs=${epochs}&digits=${DIGITS}`

const shown = (page: Page, id: string) => page.$eval(`#${id}`, (node) => node.checkVisibility())
const says = (page: Page, what: string) =>
  page.waitForFunction(
    (what) => document.getElementById('train-says')?.textContent?.startsWith(what),
    {},
    what,
  )
const rows = (page: Page) =>
  page.$$eval('#train-table tr', (all) =>
    all.map(({ children }) => [...children].map(({ textContent }) => textContent)),
  )

describe('a short training', () => {
  const here = useVisit(browser, () => address(2))

  test('shows the accuracies of the recipe, in curves, a table and a sentence', async () => {
    const { page } = here()
    expect(await shown(page, 'train-results')).toBe(false)
    await page.click('#train-start')
    await says(page, 'Done in')
    const settings = { seed: 1, epochs: 2, digits: DIGITS }
    const last = variants.map(
      (_, variant) => [...trainOne(variant, trainSplit, testSplit, settings)].at(-1) as Progress,
    )
    expect(new Set(last.flatMap(({ intact, removed }) => [intact, removed])).size).toBeGreaterThan(3)
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`
    expect(await rows(page)).toEqual(
      last.map(({ variant, intact, removed }) => [variants[variant].name, percent(intact), percent(removed)]),
    )
    for (const [id, share] of [
      ['train-intact', last[2].intact],
      ['train-removed', last[2].removed],
    ] as const) {
      expect(await page.$$eval(`#${id} .curve`, (all) => all.length)).toBe(3)
      const label = await page.$eval(`#${id} svg`, (svg) => svg.getAttribute('aria-label'))
      expect(label).toContain(`SpatialDropout2D ${Math.round(100 * share)} %`)
    }
    expect(await text(page, 'train-says')).toMatch(
      /^Done in [\d.]+ s, with seed 1\. .+: no dropout \d+ %, Dropout \d+ %, SpatialDropout2D \d+ %\.$/,
    )
  })

  test('then offers the next seed, which gives other numbers', async () => {
    const { page } = here()
    const before = await rows(page)
    expect(await text(page, 'train-start')).toBe('Train again, with seed 2')
    await page.click('#train-start')
    await page.waitForFunction(() =>
      /with seed 2\./.test(document.getElementById('train-says')?.textContent ?? ''),
    )
    await says(page, 'Done in')
    expect(await rows(page)).not.toEqual(before)
  })

  test('fits a phone', async () => {
    const { page } = here()
    await page.setViewport({ width: 390, height: 800 })
    expect(await scrollWidth(page)).toBeLessThanOrEqual(390)
  })
})

describe('a long training', () => {
  const here = useVisit(browser, () => address(200))

  test('does not keep the page from answering, and can be stopped with the keyboard', async () => {
    const { page } = here()
    await page.focus('#train-start')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.querySelectorAll('#train-removed .curve').length === 3)
    const coins = () => page.$$eval('#hero-coins [data-coin]', (all) => all.map((coin) => coin.textContent))
    const before = await coins()
    await page.$eval('#hero-flip', (button) => (button as HTMLElement).click())
    expect(await coins()).not.toEqual(before)
    expect(await shown(page, 'train-bar')).toBe(true)
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('train-stop')
    await page.keyboard.press('Enter')
    expect(await text(page, 'train-says')).toMatch(/^Stopped after \d+ of 200 epochs\.$/)
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('train-start')
    expect(await shown(page, 'train-bar')).toBe(false)
    await expect.poll(() => page.workers(), { timeout: 60_000 }).toEqual([])
    expect((await rows(page))[2][2]).toMatch(/ %$/)
  })
})

test('a training that cannot be loaded says so, and can be tried again', async () => {
  const { page } = await open(browser(), address(1))
  await page.setRequestInterception(true)
  page.on('request', (request) =>
    /\/worker-[^/]*\.js$/.test(request.url()) ? request.abort() : request.continue(),
  )
  await page.click('#train-start')
  await page.waitForFunction(() => document.getElementById('train-error')?.textContent !== '')
  expect(await text(page, 'train-error')).toBe(
    'The training could not be loaded. Reload the page, and try again.',
  )
  expect(await shown(page, 'train-start')).toBe(true)
})
