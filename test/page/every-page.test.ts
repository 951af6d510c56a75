/** What holds for every page: its header, the theme, touch screens, no JavaScript, and what axe finds. */

import type { Page } from 'puppeteer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pages } from '../../site/shared/frame.js'
import { expectAxeFindsNothing } from '../support/axe.ts'
import { expectNothingWrong, open, scrollWidth, site, useBrowser, type Visit } from './visit.js'

const browser = useBrowser({ webgpu: false })

/** As an operating system reports them. Puppeteer has no name for the second. */
type Features = Record<'prefers-color-scheme' | 'forced-colors', string>

async function emulate(page: Page, features: Partial<Features>): Promise<void> {
  const session = await page.createCDPSession()
  const list = Object.entries(features).map(([name, value]) => ({ name, value }))
  await session.send('Emulation.setEmulatedMedia', { features: list })
}

/** Puppeteer's own way loads the page again. */
async function onTouchScreen(page: Page, width: number): Promise<void> {
  await page.setViewport({ width, height: 844 })
  const session = await page.createCDPSession()
  await session.send('Emulation.setTouchEmulationEnabled', { enabled: true })
  expect(await page.evaluate(() => matchMedia('(pointer: coarse)').matches)).toBe(true)
}

/** The switch is there once its script has run. */
async function chooseTheme(page: Page, theme: string): Promise<void> {
  await page.waitForSelector('#theme-switch:not([hidden])')
  await page.select('#theme', theme)
}

const background = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
const WHITE = 'rgb(255, 255, 255)'
const DARK = 'rgb(18, 20, 24)'

describe.each(pages)('$file', ({ file, label }) => {
  let visit: Visit
  let page: Page

  beforeAll(async () => {
    visit = await open(browser(), site(file))
    page = visit.page
  })
  afterAll(async () => {
    expectNothingWrong(visit)
    await page.close()
  })

  test('has the links to all pages, its own marked, and the theme switch', async () => {
    const links = await page.$$eval('nav.tabs a', (all) =>
      all.map((link) => ({
        label: link.textContent,
        file: new URL(link.href).pathname.slice(1),
        current: link.ariaCurrent,
      })),
    )
    expect(links).toEqual(
      pages.map((each) => ({
        label: each.label,
        file: each.file,
        current: each.file === file ? 'page' : null,
      })),
    )
    expect(links.find(({ current }) => current)?.label).toBe(label)
    await page.waitForSelector('#theme', { visible: true })
    const theme = await page.accessibility.snapshot({ root: (await page.$('#theme')) ?? undefined })
    expect(theme).toMatchObject({ role: 'combobox', name: 'Theme' })
  })

  test.each([
    { scheme: 'light', forced: 'none', rules: 'all' },
    { scheme: 'dark', forced: 'none', rules: 'colours' },
    { scheme: 'dark', forced: 'active', rules: 'colours' },
  ] as const)('axe finds nothing: $scheme, forced colours $forced', async ({ scheme, forced, rules }) => {
    await emulate(page, { 'prefers-color-scheme': scheme, 'forced-colors': forced })
    await expectAxeFindsNothing(page, rules)
    await emulate(page, {})
  })

  test('in forced colours, what is chosen looks different from what is not', async () => {
    await emulate(page, { 'forced-colors': 'active' })
    const looks = await page.evaluate(() => {
      const look = (selector: string) => {
        const node = document.querySelector(selector)
        if (!node) return undefined
        const { backgroundColor, borderTopColor, borderBottomColor, color } = getComputedStyle(node)
        return [backgroundColor, borderTopColor, borderBottomColor, color].join()
      }
      return [
        ['.tabs a[aria-current]', '.tabs a:not([aria-current])'],
        ['.chips :checked + span', '.chips :not(:checked) + span'],
      ].map((pair) => pair.map(look))
    })
    // Chrome paints a plate of the page's colour behind text, which hides text of that colour on the accent.
    const hidden = await page.evaluate(() => {
      const probe = document.body.appendChild(document.createElement('i'))
      probe.style.cssText = 'forced-color-adjust: none; background: Highlight'
      const accent = getComputedStyle(probe).backgroundColor
      probe.remove()
      return Array.from(document.querySelectorAll('main *, header *'))
        .filter((each) => each.textContent?.trim() && getComputedStyle(each).backgroundColor === accent)
        .filter((each) => getComputedStyle(each).getPropertyValue('forced-color-adjust') !== 'none')
        .map((each) => each.outerHTML)
    })
    await emulate(page, {})
    expect(hidden, 'text on the accent without its plate').toEqual([])
    for (const [chosen, other] of looks) if (chosen && other) expect(chosen).not.toBe(other)
    expect(looks[0][0]).toBeDefined()
  })

  test('on a touch screen, fields do not zoom and targets are 44 px high, with nothing to scroll sideways', async () => {
    await onTouchScreen(page, 390)
    const small = await page.$$eval(
      'input:not([type=radio], [type=checkbox], [type=file]), select, .button, .check, .chips span, .tabs a',
      (all) =>
        all
          .filter((each) => each.checkVisibility())
          .filter((each) => {
            const written = each.matches('input:not([type=range]), select')
            const zooms = written && Number.parseFloat(getComputedStyle(each).fontSize) < 16
            return zooms || each.getBoundingClientRect().height < 44
          })
          .map((each) => each.outerHTML),
    )
    expect(small).toEqual([])
    expect(await scrollWidth(page)).toBeLessThanOrEqual(390)
    await onTouchScreen(page, 320)
    expect(await scrollWidth(page)).toBeLessThanOrEqual(320)
  })
})

/** A guide with tables and code, and a page of the reference: the others are made in the same way. */
test.each(['docs/migration.html', 'docs/reference/webgpu.html'])(
  '%s: axe finds nothing in both themes, and a phone has nothing to scroll sideways',
  async (file) => {
    const visit = await open(browser(), site(file))
    await expectAxeFindsNothing(visit.page)
    await emulate(visit.page, { 'prefers-color-scheme': 'dark' })
    await expectAxeFindsNothing(visit.page, 'colours')
    await onTouchScreen(visit.page, 320)
    expect(await scrollWidth(visit.page)).toBeLessThanOrEqual(320)
    await expectAxeFindsNothing(visit.page)
    expectNothingWrong(visit)
    await visit.page.close()
  },
)

describe('the theme', () => {
  let page: Page
  let visit: Visit

  beforeAll(async () => {
    visit = await open(browser(), site('index.html'))
    page = visit.page
  })
  afterAll(async () => {
    await page.evaluate(() => localStorage.clear())
    await page.close()
    expectNothingWrong(visit)
  })

  test("follows the system until one is chosen by keyboard, which then wins over the system's", async () => {
    for (const [scheme, color] of [
      ['dark', DARK],
      ['light', WHITE],
    ]) {
      await emulate(page, { 'prefers-color-scheme': scheme })
      expect(await background(page)).toBe(color)
    }
    await page.waitForSelector('#theme-switch:not([hidden])')
    await page.focus('#theme')
    await page.keyboard.type('Dark')
    expect(await background(page)).toBe(DARK)
    await chooseTheme(page, 'light')
    await emulate(page, { 'prefers-color-scheme': 'dark' })
    expect(await background(page)).toBe(WHITE)
    await chooseTheme(page, 'system')
    expect(await background(page)).toBe(DARK)
  })

  test('is kept for other pages, which have it before their first paint, and for the back button', async () => {
    await emulate(page, { 'prefers-color-scheme': 'light' })
    await chooseTheme(page, 'dark')
    await page.evaluateOnNewDocument(() => {
      new MutationObserver((_, observer) => {
        if (!document.body) return
        Object.assign(globalThis, { first: document.documentElement.dataset.theme })
        observer.disconnect()
      }).observe(document, { childList: true, subtree: true })
    })
    await page.goto(site('picture.html'))
    expect(await page.evaluate(() => Reflect.get(globalThis, 'first'))).toBe('dark')
    expect(await background(page)).toBe(DARK)
    await page.waitForSelector('#theme-switch:not([hidden])')
    expect(await page.$eval('#theme', (select) => (select as HTMLSelectElement).value)).toBe('dark')
    await chooseTheme(page, 'light')
    await page.goBack()
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'light')
    expect(await background(page)).toBe(WHITE)
  })

  test('chosen in one tab, shows in the others', async () => {
    const other = await open(browser(), site('index.html'))
    await chooseTheme(other.page, 'dark')
    await other.page.close()
    await page.bringToFront()
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark')
    expect(await background(page)).toBe(DARK)
  })

  test('works where the browser refuses storage', async () => {
    const refusing = await open(browser(), site('index.html'), {
      before: (page) =>
        page
          .evaluateOnNewDocument(() => {
            Object.defineProperty(globalThis, 'localStorage', {
              get() {
                throw new DOMException('refused', 'SecurityError')
              },
            })
          })
          .then(() => {}),
    })
    await chooseTheme(refusing.page, 'dark')
    expect(await background(refusing.page)).toBe(DARK)
    expectNothingWrong(refusing)
    await refusing.page.close()
  })
})

test('without JavaScript, the switch is not shown, and pages that need it say so at their top', async () => {
  const page = await browser().newPage()
  await page.setJavaScriptEnabled(false)
  for (const { file } of pages) {
    await page.goto(site(file))
    expect(await page.$eval('#theme', (select) => select.checkVisibility())).toBe(false)
    const noscript = await page.$('noscript')
    if (!noscript) continue // it reads well without
    const below = await page.$eval('header', (header) => header.nextElementSibling?.tagName)
    expect(below, file).toBe('NOSCRIPT')
    expect(await noscript.evaluate((node) => node.textContent)).toContain('JavaScript')
  }
  await page.close()
})
