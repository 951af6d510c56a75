/** The benchmark page as a person uses it: what it measures is asserted, not how fast that was. All peers: test/long/page. */

import { describe, expect, test } from 'vitest'
import { cases } from '../../bench/cases.js'
import type { Measured } from '../../bench/report.js'
import { choose, download, run } from './measuring.js'
import {
  expectNothingWrong,
  layoutShift,
  open,
  scrollWidth,
  text,
  useBrowser,
  useSite,
  useVisit,
} from './visit.js'

const site = useSite()
const address = () => site('benchmark.html')

describe('with WebGPU', () => {
  const browser = useBrowser({ webgpu: true })

  test('it measures the small case to a plot, a table and a report', async () => {
    const visit = await open(browser(), address())
    const { page } = visit
    expect(await text(page, 'badge')).toMatch(/^WebGPU on /)
    await choose(page, ['small', 'noiseshape', 'hash-kernel', 'noiseshape-cpu'])
    expect(await run(page)).toBe('done')
    expect(await page.$$eval('.case .plot svg[role=img]', (plots) => plots.length)).toBe(2)
    const heads = await page.$$eval('.case tbody th', (all) => all.map((each) => each.textContent))
    expect(heads).toEqual([
      expect.stringMatching(/^the copy baseline: copy kernel/),
      'noiseshape',
      'hand-written kernel, pcg hash per element',
      'the copy baseline: TypedArray.set',
      'noiseshape/cpu',
    ])
    expect(await text(page, 'results')).toContain('Cold start: ')
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
    expectNothingWrong(visit)
  })

  test.each([1280, 390])('nothing moves while it loads, %i pixels wide', async (width) => {
    expect(await layoutShift(browser(), address(), width)).toBeLessThan(0.01)
  })
})

describe('without WebGPU', () => {
  const here = useVisit(useBrowser({ webgpu: false }), address)

  test('presets choose cases; every choice has a name', async () => {
    const { page } = here()
    const chosen = () =>
      page.$$eval('[name=case]', (all) => all.filter((each) => (each as HTMLInputElement).checked).length)
    expect(await chosen()).toBeLessThan(cases.length)
    await page.click('#presets button:last-child')
    expect(await chosen()).toBe(cases.length)
    expect(await page.$eval('#quick', (box) => (box as HTMLInputElement).checked)).toBe(false)
    await page.click('#presets button:first-child')
    expect(await page.$eval('#quick', (box) => (box as HTMLInputElement).checked)).toBe(true)
    expect(
      await page.$$eval(
        'input',
        (all) => all.filter((each) => !each.labels?.[0]?.textContent?.trim()).length,
      ),
    ).toBe(0)
  })

  test('it says why, and measures the peers on the CPU', async () => {
    const { page } = here()
    expect(await text(page, 'badge')).toContain('CPU')
    expect(await text(page, 'no-gpu')).toMatch(/adapter|WebGPU/)
    expect(
      await page.$$eval('#gpu input', (all) => all.every((each) => (each as HTMLInputElement).disabled)),
    ).toBe(true)
    await choose(page, ['small', 'noiseshape-cpu', 'math-random'])
    expect(await run(page)).toBe('done')
    const report = await download(page)
    expect(report.machine.adapter).toBeUndefined()
    expect(report.machine.noAdapter).toBeTruthy()
    expect(report.coldStart).toBeUndefined()
    expect(report.cases[0].entrants.map(({ peer, status }) => [peer, status])).toEqual([
      ['typed-array-set', 'ok'],
      ['noiseshape-cpu', 'ok'],
      ['math-random', 'ok'],
    ])
  })

  test('a run can be cancelled with the keyboard, and another one started', async () => {
    const { page } = here()
    await choose(page, [...cases.map(({ name }) => name), 'noiseshape-cpu'])
    await page.focus('#run')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.getElementById('doing')?.textContent?.includes('checking'))
    expect(await page.$$eval('fieldset', (all) => all.every((each) => each.disabled))).toBe(true)
    await page.keyboard.press('Enter') // the focus is on Cancel
    await page.waitForSelector('#bench[data-state=cancelled]')
    expect(await text(page, 'status')).toMatch(/^Cancelled/)
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('run')
    await choose(page, ['small', 'noiseshape-cpu'])
    expect(await run(page)).toBe('done')
  })

  test('a run of nothing is refused with a sentence', async () => {
    const { page } = here()
    await choose(page, ['noiseshape-cpu'])
    expect(await run(page)).toBe('error')
    expect(await text(page, 'run-error')).toContain('No case is chosen')
    await choose(page, ['small'])
    expect(await run(page)).toBe('error')
    expect(await text(page, 'run-error')).toContain('No peer is chosen')
  })

  test('a narrow window has no horizontal scroll, before a run and after it', async () => {
    const { page } = here()
    await page.setViewport({ width: 390, height: 900 })
    expect(await scrollWidth(page)).toBeLessThanOrEqual(390)
    await choose(page, ['small', 'sweep-2^10', 'sweep-2^12', 'noiseshape-cpu'])
    expect(await run(page)).toBe('done')
    await page.waitForSelector('#download')
    expect(await scrollWidth(page)).toBeLessThanOrEqual(390)
  })

  test('the tabs lead to the other pages and back', async () => {
    const { page } = here()
    await Promise.all([page.waitForNavigation(), page.click('.tabs a:first-child')])
    await page.waitForSelector('#learn[data-state=ready]')
    await Promise.all([page.waitForNavigation(), page.click('.tabs a:last-child')])
    await page.waitForSelector('#bench[data-state=ready]')
  })
})
